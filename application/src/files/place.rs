//! From what a client names to a space for files.

use tenantry_domain::{
    file::{Bucket, Place},
    id::{TenantId, UserId},
};
use uuid::Uuid;

use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
};

/// The space of a bucket and an id; without an id the caller's own, or the
/// tenant's. What it opens is for the file rule to say.
pub(super) fn resolve(caller: &Caller, bucket: Bucket, id: Option<Uuid>) -> Result<Place> {
    match bucket {
        Bucket::Users => Ok(Place::User(id.map_or(caller.user_id, UserId::from_uuid))),
        Bucket::Companies => Ok(Place::Company(
            id.map_or(caller.tenant_id(), TenantId::from_uuid),
        )),
        // There are no projects yet, so no project has a space.
        Bucket::Projects => Err(Error::NotFound(Thing::Bucket)),
    }
}
