//! Objects in a collection of a `WebDAV` server (RFC 4918):
//!
//! ```text
//! tenantry            the mark
//! t/<tenant>/<blob>   blobs
//! staging/<uuid>      writes under way
//! probe/<uuid>        probes
//! ```
//!
//! The collections are made once, when the store is first opened; only those
//! of tenants come later. Where an object is not found the mark is looked for:
//! when that is missing too the server has lost its disk, and nothing may be
//! concluded from the absence of anything.

mod collection;
mod multistatus;
mod staging;

use std::{fmt, ops::Range, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future::ready, stream, stream::BoxStream};
use tenantry_application::ports::{
    BlobCapabilities, BlobEntry, BlobStore, BlobStream, IdGenerator, PortError, PortErrorKind,
    SweepResult,
};
use tenantry_domain::{Timestamp, blob::Content};
use url::Url;
use uuid::Uuid;

use self::{
    collection::Collection,
    multistatus::Member,
    staging::{Staged, UnderWay, WebdavUpload},
};
use super::{Backend, Upload, objects::promptly, placed::place};
use crate::{
    error::{blocking, not_found, unusable},
    hash::ContentHasher,
    name::{BLOBS, MARK, MARK_TEXT, ObjectName, PROBES},
    network::{ServiceClient, compare_clocks, settle},
    store::{ObjectBlobStore, StoreContext},
};

const STAGING: &str = "staging";

/// A collection, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebdavOptions {
    /// The collection.
    pub url: Url,
    /// Who asks for it; nobody in particular where none is given.
    pub login: Option<WebdavLogin>,
    /// PEM file of further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// Whether a missing collection is made, in one that is there.
    pub create: bool,
    /// Whether it may be new. Where blobs are known to lie in it, a
    /// collection that never held any is the wrong one.
    pub may_be_new: bool,
}

/// A name and its password. Debug output shows the name alone.
#[derive(Clone, PartialEq, Eq)]
pub struct WebdavLogin {
    /// The name; it holds no colon.
    pub username: String,
    /// Its password.
    pub password: String,
}

impl ObjectBlobStore {
    /// Blobs in a collection. It is written to and read from before this
    /// returns.
    ///
    /// Unavailable where the server cannot be reached or cannot serve now;
    /// any other failure is one of the configuration.
    pub async fn webdav(options: &WebdavOptions, context: StoreContext) -> Result<Self, PortError> {
        let client = ServiceClient::new(options.ca_file.as_deref(), Arc::clone(&context.clock))?;
        let folder = WebdavFolder {
            collection: Collection::new(client.clone(), options)?,
            ids: Arc::clone(&context.ids),
            under_way: UnderWay::default(),
        };
        let can_be_made = options.create && options.may_be_new;
        if !folder.collection.is_there().await? {
            if !can_be_made {
                let context = "the collection does not exist: make it, or set create";
                return Err(unusable(context));
            }
            folder.collection.make("").await?;
        }
        if options.may_be_new {
            for part in [BLOBS, STAGING, PROBES] {
                folder.collection.make(&format!("{part}/")).await?;
            }
        }
        settle(options.may_be_new, folder.mark(), folder.is_marked()).await?;
        let store = Self::new(Arc::new(folder), context);
        store.probe().await?;
        compare_clocks(&client);
        Ok(store)
    }
}

/// A collection of a server.
#[derive(Clone)]
struct WebdavFolder {
    collection: Collection,
    ids: Arc<dyn IdGenerator>,
    under_way: UnderWay,
}

impl WebdavFolder {
    /// Says that blobs are kept here; once is enough.
    async fn mark(&self) -> Result<(), PortError> {
        if self.is_marked().await? {
            return Ok(());
        }
        let text = Bytes::from_static(MARK_TEXT);
        self.collection.write(MARK, text).await
    }

    /// Whether blobs were ever kept here.
    async fn is_marked(&self) -> Result<bool, PortError> {
        Ok(self.collection.find(MARK).await?.is_some())
    }

    fn stage(&self) -> Staged {
        let id = self.ids.next();
        Staged::new(self.collection.clone(), self.under_way.clone(), id)
    }

    /// Answers for what was not found, unless all the rest is gone as well.
    async fn absent<T>(&self, answer: T) -> Result<T, PortError> {
        if self.is_marked().await? {
            return Ok(answer);
        }
        let context = "the collection is not the one it was, nothing is in it any more: \
                       is the disk of its server mounted?";
        Err(PortError::new(PortErrorKind::Unavailable, context))
    }

    /// The members of a collection of tenants' collections, or of objects.
    async fn members(
        &self,
        path: String,
    ) -> Result<BoxStream<'static, Result<Member, PortError>>, PortError> {
        match self.collection.members(path).await? {
            Some(members) => Ok(members),
            // Removed since its name was read, most likely.
            None => self.absent(stream::empty().boxed()).await,
        }
    }

    /// The blobs of a tenant, whose collection has that name.
    async fn blobs_of(
        self,
        tenant: String,
    ) -> Result<BoxStream<'static, Result<BlobEntry, PortError>>, PortError> {
        let members = self.members(format!("{BLOBS}/{tenant}/")).await?;
        let blobs = members.try_filter_map(move |member| {
            let name = format!("{BLOBS}/{tenant}/{}", member.name);
            ready(member.into_blob(&name))
        });
        Ok(blobs.boxed())
    }
}

#[async_trait]
impl Backend for WebdavFolder {
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError> {
        let hashed = body.clone();
        let content = blocking(move || ContentHasher::content_of(&hashed)).await?;
        let staged = self.stage();
        let put = async move {
            let size = body.len() as u64;
            staged.write(body).await?;
            staged.place(name, size).await
        };
        place(self, name, put).await?;
        Ok(content)
    }

    async fn begin(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError> {
        Ok(Box::new(WebdavUpload::begin(self.clone(), name)))
    }

    async fn open(&self, name: ObjectName, range: Range<u64>) -> Result<BlobStream, PortError> {
        promptly("read", name, async {
            match self.collection.read(name, range).await? {
                Some(bytes) => Ok(bytes),
                None => Err(self.absent(not_found(name)).await?),
            }
        })
        .await
    }

    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        promptly("find", name, async {
            match self.collection.find(&name.to_string()).await? {
                Some(found) => Ok(found.size()),
                None => self.absent(None).await,
            }
        })
        .await
    }

    async fn delete(&self, name: ObjectName) -> Result<(), PortError> {
        if self.collection.delete(&name.to_string()).await? {
            return Ok(());
        }
        self.absent(()).await
    }

    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>> {
        let (tenants, folder) = (self.clone(), self.clone());
        stream::once(async move { tenants.members(format!("{BLOBS}/")).await })
            .try_flatten()
            .try_filter(|member| ready(member.is_collection && is_id(&member.name)))
            .and_then(move |tenant| folder.clone().blobs_of(tenant.name))
            .try_flatten()
            .boxed()
    }

    async fn sweep(&self, before: Timestamp) -> Result<SweepResult, PortError> {
        let mut swept = SweepResult::default();
        for part in [STAGING, PROBES] {
            let members = self.members(format!("{part}/")).await?;
            // To delete while the answer is read would change what it tells.
            let old = members.try_filter(|member| ready(member.is_older(before)));
            let old: Vec<_> = old.map_ok(|member| member.name).try_collect().await?;
            for name in old {
                let is_under_way = |id: Uuid| self.under_way.holds(id);
                if name.parse().is_ok_and(|id| !is_under_way(id))
                    && self.collection.delete(&format!("{part}/{name}")).await?
                {
                    swept.pieces += 1;
                }
            }
        }
        Ok(swept)
    }

    fn capabilities(&self) -> BlobCapabilities {
        BlobCapabilities {
            kind: "webdav",
            multipart: false,
            conditional_write: true,
            ends_unfinished: true,
            presign: None,
        }
    }

    fn clock_difference(&self) -> Option<Duration> {
        self.collection.clock_difference()
    }
}

/// Foreign collections are not even looked into.
fn is_id(name: &str) -> bool {
    name.parse::<Uuid>().is_ok()
}

impl fmt::Debug for WebdavLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebdavLogin")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WebdavFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebdavFolder({})", self.collection)
    }
}
