//! Resolving spaces named by clients.

use tenantry_domain::{
    file::{Bucket, Place},
    id::{TenantId, UserId},
};
use uuid::Uuid;

use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
};

/// Returns the space of a bucket and an owner id; by default the caller's own
/// or their tenant's. Access is not checked here.
pub(super) fn resolve(caller: &Caller, bucket: Bucket, id: Option<Uuid>) -> Result<Place> {
    match bucket {
        Bucket::Users => Ok(Place::User(id.map_or(caller.user_id, UserId::from_uuid))),
        Bucket::Companies => Ok(Place::Company(
            id.map_or(caller.tenant_id(), TenantId::from_uuid),
        )),
        // Projects have no spaces yet.
        Bucket::Projects => Err(Error::NotFound(Thing::Bucket)),
    }
}
