//! Making an object visible, with cleanup if the caller no longer waits.

use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::{runtime::Handle, sync::oneshot};

use crate::{contract::Backend, name::ObjectName};

/// Runs the step that makes an object visible to its end, even if this future is
/// dropped; in that case the object is deleted.
pub(super) async fn publish<B, T>(
    backend: &B,
    name: ObjectName,
    step: impl Future<Output = Result<T, PortError>> + Send + 'static,
) -> Result<T, PortError>
where
    B: Backend + Clone + 'static,
    T: Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let backend = backend.clone();
    tokio::spawn(async move {
        let result = step.await.map(|value| {
            let guard = ObjectGuard::new(backend, name);
            (guard, value)
        });
        // If the receiver is gone, the guard is dropped here.
        let _ = sender.send(result);
    });
    let (guard, value) = receiver.await.map_err(|error| {
        let context = format!("the write of {name} did not finish");
        PortError::new(PortErrorKind::Unavailable, context).caused_by(error)
    })??;
    guard.keep();
    Ok(value)
}

/// A visible object that is deleted on drop unless kept.
pub(super) struct ObjectGuard<B: Backend + 'static>(Option<(B, ObjectName)>);

impl<B: Backend + 'static> ObjectGuard<B> {
    pub(super) fn new(backend: B, name: ObjectName) -> Self {
        Self(Some((backend, name)))
    }

    fn keep(mut self) {
        self.0 = None;
    }
}

impl<B: Backend + 'static> Drop for ObjectGuard<B> {
    fn drop(&mut self) {
        if let (Some((backend, name)), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = backend.delete(name).await {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, blob.name = %name, "cannot delete an orphaned object");
                }
            });
        }
    }
}
