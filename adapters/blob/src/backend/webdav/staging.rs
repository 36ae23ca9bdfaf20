//! Objects on their way to their name.

use std::{
    collections::HashSet,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame};
use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use uuid::Uuid;

use super::{
    STAGING, WebdavFolder,
    collection::{Collection, Moved},
};
use crate::{
    backend::{Upload, placed::place},
    error::already_there,
    name::ObjectName,
};

/// How often a step that may have been done is looked at and tried again.
const TRIES: usize = 3;

/// What this process writes at the moment, which no sweep of it may take for
/// left over. Clones share it.
#[derive(Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashSet<Uuid>>>);

impl UnderWay {
    pub(super) fn holds(&self, id: Uuid) -> bool {
        self.ids().contains(&id)
    }

    fn ids(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An object that nobody sees yet. Dropped before it has its name, it goes.
pub(super) struct Staged {
    collection: Collection,
    under_way: UnderWay,
    id: Uuid,
    has_its_name: bool,
}

impl Staged {
    pub(super) fn new(collection: Collection, under_way: UnderWay, id: Uuid) -> Self {
        under_way.ids().insert(id);
        Self {
            collection,
            under_way,
            id,
            has_its_name: false,
        }
    }

    fn path(&self) -> String {
        format!("{STAGING}/{}", self.id.hyphenated())
    }

    pub(super) async fn write(&self, body: Bytes) -> Result<(), PortError> {
        self.collection.write(&self.path(), body).await
    }

    /// Gives the object its name, once all of it has arrived.
    pub(super) async fn place(mut self, name: ObjectName, size: u64) -> Result<(), PortError> {
        let arrived = self.size_of(&self.path()).await?;
        if arrived != Some(size) {
            let arrived = arrived.unwrap_or(0);
            let context = format!("of {size} bytes of {name} only {arrived} have arrived");
            return Err(PortError::new(PortErrorKind::Unavailable, context));
        }
        let target = name.to_string();
        for left in (0..TRIES).rev() {
            match self.collection.rename(&self.path(), &target).await {
                Ok(Moved::Done) => {
                    self.has_its_name = true;
                    return Ok(());
                }
                Ok(Moved::Taken) => return Err(already_there(name)),
                // The first of its tenant.
                Ok(Moved::NoParent) if left > 0 => self.make_parent(&target).await?,
                Ok(Moved::NoParent) => break,
                // The answer may have been lost after it was done.
                Err(error) if error.is_retryable() && left > 0 => {
                    if self.size_of(&self.path()).await?.is_none()
                        && self.size_of(&target).await? == Some(size)
                    {
                        self.has_its_name = true;
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let context = format!("cannot write {name}: there is no collection for it");
        Err(PortError::new(PortErrorKind::Unavailable, context))
    }

    /// Makes a tenant's collection, and none above it.
    async fn make_parent(&self, target: &str) -> Result<(), PortError> {
        let parent = target.rsplit_once('/').map(|(parent, _)| parent);
        self.collection
            .make(&format!("{}/", parent.unwrap_or_default()))
            .await
    }

    async fn size_of(&self, path: &str) -> Result<Option<u64>, PortError> {
        let found = self.collection.find(path).await?;
        Ok(found.and_then(|member| member.size()))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let forget = {
            let (under_way, id) = (self.under_way.clone(), self.id);
            move || {
                under_way.ids().remove(&id);
            }
        };
        if self.has_its_name {
            return forget();
        }
        let Ok(runtime) = Handle::try_current() else {
            return forget();
        };
        let (collection, path) = (self.collection.clone(), self.path());
        runtime.spawn(async move {
            if let Err(error) = collection.delete(&path).await {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, path, "cannot remove an unfinished write");
            }
            forget();
        });
    }
}

/// A large object on its way in: one request, whose body is what is written.
pub(super) struct WebdavUpload {
    folder: WebdavFolder,
    name: ObjectName,
    sent_bytes: u64,
    chunks: mpsc::Sender<Chunk>,
    /// Ends with the answer. Where the upload is dropped the body ends there,
    /// the server answers, and then what it has written is removed.
    sending: JoinHandle<Result<Staged, PortError>>,
}

/// Bytes, and who waits until they are taken.
type Chunk = (Bytes, oneshot::Sender<()>);

impl WebdavUpload {
    pub(super) fn begin(folder: WebdavFolder, name: ObjectName) -> Self {
        let (chunks, receiver) = mpsc::channel(1);
        let staged = folder.stage();
        let pipe = Pipe {
            chunks: receiver,
            taken: None,
        };
        let sending = tokio::spawn(async move {
            let path = staged.path();
            staged.collection.write_piped(&path, pipe).await?;
            Ok(staged)
        });
        Self {
            folder,
            name,
            sent_bytes: 0,
            chunks,
            sending,
        }
    }
}

#[async_trait]
impl Upload for WebdavUpload {
    async fn write(&mut self, chunk: Bytes) -> Result<(), PortError> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.sent_bytes += chunk.len() as u64;
        let (taken, is_taken) = oneshot::channel();
        if self.chunks.send((chunk, taken)).await.is_ok() && is_taken.await.is_ok() {
            return Ok(());
        }
        // It has ended before its body: its answer says why.
        let name = self.name;
        answered(name, &mut self.sending).await?;
        let context = format!("cannot write {name}: the server answered before it had all of it");
        Err(PortError::new(PortErrorKind::Unavailable, context))
    }

    async fn finish(self: Box<Self>) -> Result<(), PortError> {
        let Self {
            folder,
            name,
            sent_bytes,
            chunks,
            mut sending,
        } = *self;
        drop(chunks);
        let staged = answered(name, &mut sending).await?;
        place(&folder, name, staged.place(name, sent_bytes)).await
    }
}

async fn answered(
    name: ObjectName,
    sending: &mut JoinHandle<Result<Staged, PortError>>,
) -> Result<Staged, PortError> {
    sending.await.unwrap_or_else(|error| {
        let context = format!("the write of {name} ended early");
        Err(PortError::new(PortErrorKind::Unavailable, context).caused_by(error))
    })
}

/// A body that is written while it is sent.
pub(super) struct Pipe {
    chunks: mpsc::Receiver<Chunk>,
    /// Who waits until the last chunk is taken.
    taken: Option<oneshot::Sender<()>>,
}

impl Body for Pipe {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        // Who asks for more has taken what there was.
        if let Some(taken) = self.taken.take() {
            // Whoever is gone needs no answer.
            let _ = taken.send(());
        }
        let next = ready!(self.chunks.poll_recv(context));
        Poll::Ready(next.map(|(bytes, taken)| {
            self.taken = Some(taken);
            Ok(Frame::data(bytes))
        }))
    }
}
