//! The first steps with a bucket or container: that it is there, that it is
//! the right one, and that it can be written.

use std::time::Duration;

#[cfg(feature = "objects")]
use tenantry_application::ports::BlobStore;
use tenantry_application::ports::{PortError, PortErrorKind};

use super::client::ServiceClient;
#[cfg(feature = "objects")]
use super::refusal::Refusal;
#[cfg(feature = "objects")]
use crate::{backend::objects::Objects, store::ObjectBlobStore};

#[cfg(feature = "objects")]
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

#[cfg(feature = "objects")]
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
    settle(place.may_be_new, objects.mark(), objects.is_marked()).await?;
    compare_clocks(client);
    Ok(store)
}

/// Marks a place that may be new; any other has to bear the mark.
pub(crate) async fn settle(
    may_be_new: bool,
    mark: impl Future<Output = Result<(), PortError>>,
    is_marked: impl Future<Output = Result<bool, PortError>>,
) -> Result<(), PortError> {
    if may_be_new {
        mark.await
    } else if is_marked.await? {
        Ok(())
    } else {
        let context = "no blobs were ever kept in this bucket, container or collection, although \
                       files are known to lie in it: was another one configured under this name \
                       before?";
        Err(PortError::new(PortErrorKind::Internal, context))
    }
}

/// Warns of a clock that is about to become a failure.
pub(crate) fn compare_clocks(client: &ServiceClient) {
    if let Some(difference) = client.clock_difference()
        && difference > CLOCKS
    {
        let seconds = difference.as_secs();
        tracing::warn!(seconds, "the clocks of this machine and the storage differ");
    }
}

#[cfg(feature = "objects")]
fn is_missing_bucket(error: &PortError) -> bool {
    Refusal::behind(error).is_some_and(Refusal::is_missing_bucket)
}
