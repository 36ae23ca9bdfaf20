//! What all services that are reached over HTTP have in common.
//!
//! | file | holds |
//! |---|---|
//! | `client.rs` | the connections, and how long anything may take |
//! | `pace.rs` | bodies that are watched for progress |
//! | `refusal.rs` | what a service's refusals mean, in one line each |
//! | `fault.rs` | failures below HTTP, and the way from any error to the port's |
//! | `open.rs` | the first steps with a bucket |

mod client;
mod fault;
mod open;
mod pace;
mod refusal;

pub(crate) use self::{
    client::ServiceClient,
    fault::explain,
    open::{Place, open},
};

use std::time::Duration;

use object_store::{BackoffConfig, RetryConfig};

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
