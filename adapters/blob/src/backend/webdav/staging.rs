//! Objects that are not yet visible.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{
    collection::{Collection, MoveOutcome},
    pipe::PipeBody,
};
use crate::{error::already_exists, name::ObjectName};

pub(super) const STAGING: &str = "staging";

/// The maximum number of attempts to publish an object.
const MAX_ATTEMPTS: usize = 3;

/// The staging objects that this process is writing, which its sweep must not
/// delete. Clones share them.
#[derive(Clone, Default)]
pub(super) struct ActiveWrites(Arc<Mutex<HashSet<Uuid>>>);

impl ActiveWrites {
    pub(super) fn contains(&self, id: Uuid) -> bool {
        self.ids().contains(&id)
    }

    fn ids(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An object in the staging collection, deleted on drop unless published.
pub(super) struct StagingObject {
    collection: Collection,
    active_writes: ActiveWrites,
    id: Uuid,
    is_published: bool,
}

impl StagingObject {
    pub(super) fn new(collection: Collection, active_writes: ActiveWrites, id: Uuid) -> Self {
        active_writes.ids().insert(id);
        Self {
            collection,
            active_writes,
            id,
            is_published: false,
        }
    }

    fn path(&self) -> String {
        format!("{STAGING}/{}", self.id.hyphenated())
    }

    pub(super) async fn write(&self, body: Bytes) -> Result<(), PortError> {
        self.collection.write(&self.path(), body).await
    }

    pub(super) async fn write_streamed(&self, body: PipeBody) -> Result<(), PortError> {
        self.collection.write_streamed(&self.path(), body).await
    }

    /// Makes the object visible after checking its size.
    pub(super) async fn publish(mut self, name: ObjectName, size: u64) -> Result<(), PortError> {
        let stored = self.size_of(&self.path()).await?;
        if stored != Some(size) {
            let stored = stored.unwrap_or(0);
            let context = format!("cannot write {name}: only {stored} of {size} bytes arrived");
            return Err(PortError::new(PortErrorKind::Unavailable, context));
        }
        let target = name.to_string();
        for left in (0..MAX_ATTEMPTS).rev() {
            match self.collection.rename(&self.path(), &target).await {
                Ok(MoveOutcome::Moved) => {
                    self.is_published = true;
                    return Ok(());
                }
                Ok(MoveOutcome::TargetExists) => return Err(already_exists(name)),
                // The first object of its tenant.
                Ok(MoveOutcome::MissingParent) if left > 0 => self.create_parent(&target).await?,
                Ok(MoveOutcome::MissingParent) => break,
                // The move may have succeeded with only the response lost.
                Err(error) if error.is_retryable() && left > 0 => {
                    if self.size_of(&self.path()).await?.is_none()
                        && self.size_of(&target).await? == Some(size)
                    {
                        self.is_published = true;
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let context = format!("cannot write {name}: its parent collection does not exist");
        Err(PortError::new(PortErrorKind::Unavailable, context))
    }

    /// Creates the collection of a tenant, but none above it.
    async fn create_parent(&self, target: &str) -> Result<(), PortError> {
        let parent = target.rsplit_once('/').map(|(parent, _)| parent);
        self.collection
            .create(&format!("{}/", parent.unwrap_or_default()))
            .await
    }

    async fn size_of(&self, path: &str) -> Result<Option<u64>, PortError> {
        let member = self.collection.lookup(path).await?;
        Ok(member.and_then(|member| member.size()))
    }
}

impl Drop for StagingObject {
    fn drop(&mut self) {
        let deactivate = {
            let (active_writes, id) = (self.active_writes.clone(), self.id);
            move || {
                active_writes.ids().remove(&id);
            }
        };
        if self.is_published {
            return deactivate();
        }
        let Ok(runtime) = Handle::try_current() else {
            return deactivate();
        };
        let (collection, path) = (self.collection.clone(), self.path());
        runtime.spawn(async move {
            if let Err(error) = collection.delete(&path).await {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, path, "cannot delete an unfinished write");
            }
            deactivate();
        });
    }
}
