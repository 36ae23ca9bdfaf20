//! The deadline of requests that a client waits for.

use std::time::Duration;

use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::time::timeout;

use crate::name::ObjectName;

/// The time limit for a short request, including retries.
const DEADLINE: Duration = Duration::from_millis(1900);

/// Runs a step, and fails if it exceeds the deadline.
pub(super) async fn with_deadline<T>(
    action: &str,
    name: ObjectName,
    step: impl Future<Output = Result<T, PortError>>,
) -> Result<T, PortError> {
    timeout(DEADLINE, step).await.unwrap_or_else(|elapsed| {
        let context = format!("cannot {action} {name}: the service did not respond in time");
        Err(PortError::new(PortErrorKind::Unavailable, context).caused_by(elapsed))
    })
}
