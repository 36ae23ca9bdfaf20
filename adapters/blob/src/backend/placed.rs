//! What becomes of an object that was made visible for somebody who no longer
//! waits for it.

use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::{runtime::Handle, sync::oneshot};

use super::Backend;
use crate::name::ObjectName;

/// Runs what makes an object visible to its end, whatever becomes of whoever
/// waits for it; where nobody does any more, the object goes.
pub(super) async fn place<B, T>(
    backend: &B,
    name: ObjectName,
    step: impl Future<Output = Result<T, PortError>> + Send + 'static,
) -> Result<T, PortError>
where
    B: Backend + Clone + 'static,
    T: Send + 'static,
{
    let (answer, waits) = oneshot::channel();
    let backend = backend.clone();
    tokio::spawn(async move {
        let outcome = step.await.map(|value| {
            let placed = Placed::new(backend, name);
            (placed, value)
        });
        // Nobody waits any more: what is sent is dropped here.
        let _ = answer.send(outcome);
    });
    let (placed, value) = waits.await.map_err(|error| {
        let context = format!("the write of {name} ended early");
        PortError::new(PortErrorKind::Unavailable, context).caused_by(error)
    })??;
    placed.keep();
    Ok(value)
}

/// An object that is visible, and goes again unless it is kept.
pub(super) struct Placed<B: Backend + 'static>(Option<(B, ObjectName)>);

impl<B: Backend + 'static> Placed<B> {
    pub(super) fn new(backend: B, name: ObjectName) -> Self {
        Self(Some((backend, name)))
    }

    fn keep(mut self) {
        self.0 = None;
    }
}

impl<B: Backend + 'static> Drop for Placed<B> {
    fn drop(&mut self) {
        if let (Some((backend, name)), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = backend.delete(name).await {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, blob.name = %name, "an object that nobody wants stays");
                }
            });
        }
    }
}
