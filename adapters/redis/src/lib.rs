//! What several processes share through a Redis server: counts of tries, and
//! hints of what another process committed.
//!
//! Nothing depends on it. [`RedisServer`] says at once when the server is away
//! and looks for it in the background; [`RedisRateLimiter`] then counts in
//! this process, from what it has seen, and [`RedisSignals`] keeps quiet.
//!
//! | to find | look in |
//! |---|---|
//! | a port | the file of its name |
//! | when the server counts as away, and how it is found again | `server/` |
//! | the arithmetic of a limit, here and as a script | `bucket.rs`, `take.lua` |
//! | what is counted while the server is away | `seen.rs` |
//! | the form of a message | `message.rs` |

mod bucket;
mod error;
mod message;
mod rate_limiter;
mod seen;
mod server;
mod signals;

pub use rate_limiter::RedisRateLimiter;
pub use server::{RedisOptions, RedisServer};
pub use signals::RedisSignals;
