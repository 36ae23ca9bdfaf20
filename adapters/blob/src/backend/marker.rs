//! The marker object, which exists wherever blobs have been stored.

use tenantry_application::ports::{PortError, PortErrorKind};

pub(super) const MARKER: &str = "tenantry";
pub(super) const MARKER_TEXT: &[u8] =
    b"Tenantry stores files under t/. Do not delete this object.\n";

/// Writes the marker where it may be missing; otherwise requires it.
pub(super) async fn check_marker(
    may_be_new: bool,
    write: impl Future<Output = Result<(), PortError>>,
    exists: impl Future<Output = Result<bool, PortError>>,
) -> Result<(), PortError> {
    if may_be_new {
        write.await
    } else if exists.await? {
        Ok(())
    } else {
        let context = "no blobs were ever stored in this bucket, container or collection, \
                       although files are recorded for it; check whether another one was \
                       configured under this name";
        Err(PortError::new(PortErrorKind::Internal, context))
    }
}
