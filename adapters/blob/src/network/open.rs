//! The first steps with a bucket or container: that it is there, that it is
//! the right one, and that it can be written.

use std::time::Duration;

use tenantry_application::ports::{BlobStore, PortError, PortErrorKind};

use super::{client::ServiceClient, refusal::Refusal};
use crate::{backend::objects::Objects, store::ObjectBlobStore};

/// What is known of a bucket or container before it is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Whether a missing one is made.
    pub(crate) create: bool,
    /// Whether it may be new. Where blobs are known to lie in it, one without
    /// any is the wrong one.
    pub(crate) may_be_new: bool,
}

/// Clocks that differ by this much are about to become a failure: services
/// refuse signatures that are five to fifteen minutes off.
const CLOCKS: Duration = Duration::from_mins(2);

/// Opens it. `make` makes it.
pub(crate) async fn open(
    store: ObjectBlobStore,
    objects: &Objects,
    client: &ServiceClient,
    place: Place,
    make: impl AsyncFnOnce() -> Result<(), PortError>,
) -> Result<ObjectBlobStore, PortError> {
    // Answers of a `HEAD` have no body that says why: this one has.
    match store.probe().await {
        Err(error) if place.create && place.may_be_new && is_missing_bucket(&error) => {
            make().await?;
            store.probe().await?;
        }
        probed => probed?,
    }
    if place.may_be_new {
        objects.mark().await?;
    } else if !objects.is_marked().await? {
        let context = "no blobs were ever kept in this bucket or container, although files are \
                       known to lie in it: was another one configured under this name before?";
        return Err(PortError::new(PortErrorKind::Internal, context));
    }
    if let Some(difference) = client.clock_difference()
        && difference > CLOCKS
    {
        let seconds = difference.as_secs();
        tracing::warn!(seconds, "the clocks of this machine and the storage differ");
    }
    Ok(store)
}

fn is_missing_bucket(error: &PortError) -> bool {
    let source = error.source.as_deref();
    source
        .and_then(|source| source.downcast_ref::<Refusal>())
        .is_some_and(Refusal::is_missing_bucket)
}
