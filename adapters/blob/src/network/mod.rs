//! What all services that are reached over HTTP have in common.
//!
//! | file | holds |
//! |---|---|
//! | `client.rs` | the connections, and how long anything may take |
//! | `pace.rs` | bodies that are watched for progress |
//! | `refusal.rs` | what a service's refusals mean, in one line each |
//! | `fault.rs` | failures below HTTP, and the way from any error to the port's |
//! | `signed.rs` | requests that carry their own signature |
//! | `open.rs` | the first steps with a bucket |

mod client;
mod fault;
mod open;
mod pace;
mod refusal;
#[cfg(feature = "objects")]
mod signed;

#[cfg(feature = "objects")]
pub(crate) use self::open::{Place, open};
#[cfg(feature = "webdav")]
pub(crate) use self::open::{compare_clocks, settle};
pub(crate) use self::{client::ServiceClient, fault::explain, refusal::Refusal};

#[cfg(feature = "objects")]
use std::time::Duration;

#[cfg(feature = "objects")]
use object_store::{BackoffConfig, RetryConfig};

#[cfg(feature = "objects")]
/// Few tries, close together: who waits is a client, and a server in trouble
/// is not helped by more of them.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_millis(500),
            base: 2.0,
        },
        max_retries: 3,
        retry_timeout: Duration::from_secs(10),
    }
}
