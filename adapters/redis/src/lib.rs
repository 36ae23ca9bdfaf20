//! State that several processes share through a Redis server: rate limits, and
//! signals about committed changes.
//!
//! Nothing depends on the server. While it is unreachable, [`RedisServer`]
//! fails immediately and reconnects in the background, [`RedisRateLimiter`]
//! counts in this process, starting from the last known state, and
//! [`RedisSignals`] drops signals to other processes.
//!
//! | topic | file |
//! |---|---|
//! | a port | the file named after it |
//! | connection state and reconnection | `server/` |
//! | the rate limit algorithms as scripts | `scripts/`, after `rates` in the application |
//! | the message format | `message.rs` |

mod error;
mod message;
mod rate_limiter;
mod server;
mod signals;

pub use rate_limiter::RedisRateLimiter;
pub use server::{RedisOptions, RedisServer};
pub use signals::RedisSignals;
