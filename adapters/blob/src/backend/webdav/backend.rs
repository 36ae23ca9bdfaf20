//! The backend for a `WebDAV` server.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, future::ready, stream, stream::BoxStream};
use tenantry_application::ports::{
    BlobCapabilities, BlobEntry, BlobStore, BlobStream, IdGenerator, PortError, PortErrorKind,
    SweepResult,
};
use tenantry_domain::{Timestamp, blob::Content};
use uuid::Uuid;

use super::{
    collection::Collection,
    multistatus::Member,
    options::WebdavOptions,
    staging::{ActiveWrites, STAGING, StagingObject},
    upload::WebdavUpload,
};
use crate::{
    backend::{
        deadline::with_deadline,
        marker::{MARKER, MARKER_TEXT, check_marker},
        publish::publish,
    },
    contract::{Backend, Prefetch, Upload},
    error::{invalid_config, not_found, run_blocking},
    hash::ContentHasher,
    name::{BLOBS, ObjectName, PROBES},
    network::ServiceClient,
    store::{ObjectBlobStore, StoreContext},
};

impl ObjectBlobStore {
    /// Opens a store in a collection, after a test write and read.
    ///
    /// Fails with [`Unavailable`](PortErrorKind::Unavailable) if the server
    /// cannot be reached or is temporarily unavailable; any other error is one
    /// of the configuration.
    pub async fn webdav(options: &WebdavOptions, context: StoreContext) -> Result<Self, PortError> {
        let client =
            ServiceClient::new(options.authorities.as_deref(), Arc::clone(&context.clock))?;
        let backend = WebdavBackend {
            collection: Collection::new(client.clone(), options)?,
            ids: Arc::clone(&context.ids),
            active_writes: ActiveWrites::default(),
        };
        let may_create = options.create && options.may_be_new;
        if !backend.collection.exists().await? {
            if !may_create {
                let context = "the collection does not exist; create it, or set create";
                return Err(invalid_config(context));
            }
            backend.collection.create("").await?;
        }
        if options.may_be_new {
            for part in [BLOBS, STAGING, PROBES] {
                backend.collection.create(&format!("{part}/")).await?;
            }
        }
        let (write, exists) = (backend.write_marker(), backend.has_marker());
        check_marker(options.may_be_new, write, exists).await?;
        let store = Self::new(Arc::new(backend), context);
        store.probe().await?;
        client.warn_of_clock_skew();
        Ok(store)
    }
}

/// A backend that stores objects on a `WebDAV` server.
#[derive(Clone)]
struct WebdavBackend {
    collection: Collection,
    ids: Arc<dyn IdGenerator>,
    active_writes: ActiveWrites,
}

impl WebdavBackend {
    /// Writes the marker unless it exists.
    async fn write_marker(&self) -> Result<(), PortError> {
        if self.has_marker().await? {
            return Ok(());
        }
        let text = Bytes::from_static(MARKER_TEXT);
        self.collection.write(MARKER, text).await
    }

    /// Returns whether the marker exists.
    async fn has_marker(&self) -> Result<bool, PortError> {
        Ok(self.collection.lookup(MARKER).await?.is_some())
    }

    fn stage(&self) -> StagingObject {
        let id = self.ids.next();
        StagingObject::new(self.collection.clone(), self.active_writes.clone(), id)
    }

    /// Fails if the server has lost its disk, in which case a missing object does
    /// not mean that it was deleted.
    async fn check_mounted(&self) -> Result<(), PortError> {
        if self.has_marker().await? {
            return Ok(());
        }
        let context = "the collection has lost its marker object; \
                       check whether the server's disk is mounted";
        Err(PortError::new(PortErrorKind::Unavailable, context))
    }

    /// Lists the members of a collection.
    async fn members(
        &self,
        path: String,
    ) -> Result<BoxStream<'static, Result<Member, PortError>>, PortError> {
        match self.collection.members(path).await? {
            Some(members) => Ok(members),
            // Most likely deleted after it was listed.
            None => {
                self.check_mounted().await?;
                Ok(stream::empty().boxed())
            }
        }
    }

    /// Lists the blobs of a tenant.
    async fn blobs_of_tenant(
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
impl Backend for WebdavBackend {
    async fn put_whole(&self, name: ObjectName, body: Bytes) -> Result<Content, PortError> {
        let bytes = body.clone();
        let content = run_blocking(move || ContentHasher::content_of(&bytes)).await?;
        let object = self.stage();
        let put = async move {
            let size = body.len() as u64;
            object.write(body).await?;
            object.publish(name, size).await
        };
        publish(self, name, put).await?;
        Ok(content)
    }

    async fn begin_upload(&self, name: ObjectName) -> Result<Box<dyn Upload>, PortError> {
        let upload = WebdavUpload::begin(self.clone(), name, self.stage());
        Ok(Box::new(upload))
    }

    async fn open(
        &self,
        name: ObjectName,
        range: Range<u64>,
        _prefetch: Prefetch,
    ) -> Result<BlobStream, PortError> {
        with_deadline("read", name, async {
            if let Some(bytes) = self.collection.read(name, range).await? {
                return Ok(bytes);
            }
            self.check_mounted().await?;
            Err(not_found(name))
        })
        .await
    }

    async fn size(&self, name: ObjectName) -> Result<Option<u64>, PortError> {
        with_deadline("find", name, async {
            if let Some(member) = self.collection.lookup(&name.to_string()).await? {
                return Ok(member.size());
            }
            self.check_mounted().await?;
            Ok(None)
        })
        .await
    }

    async fn delete(&self, name: ObjectName) -> Result<(), PortError> {
        if self.collection.delete(&name.to_string()).await? {
            return Ok(());
        }
        self.check_mounted().await
    }

    fn list(&self) -> BoxStream<'static, Result<BlobEntry, PortError>> {
        let (tenants, backend) = (self.clone(), self.clone());
        stream::once(async move { tenants.members(format!("{BLOBS}/")).await })
            .try_flatten()
            // Foreign collections are not listed.
            .try_filter(|member| ready(member.is_collection && is_id(&member.name)))
            .and_then(move |tenant| backend.clone().blobs_of_tenant(tenant.name))
            .try_flatten()
            .boxed()
    }

    async fn sweep(&self, before: Timestamp) -> Result<SweepResult, PortError> {
        let mut swept = SweepResult::default();
        for part in [STAGING, PROBES] {
            let members = self.members(format!("{part}/")).await?;
            // Collected first, because deleting could change the response that is
            // being read.
            let old = members.try_filter(|member| ready(member.is_older(before)));
            let old: Vec<_> = old.map_ok(|member| member.name).try_collect().await?;
            for name in old {
                let is_active = |id: Uuid| self.active_writes.contains(id);
                if name.parse().is_ok_and(|id| !is_active(id))
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

    fn clock_skew(&self) -> Option<Duration> {
        self.collection.clock_skew()
    }
}

fn is_id(name: &str) -> bool {
    name.parse::<Uuid>().is_ok()
}

impl fmt::Debug for WebdavBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebdavBackend({})", self.collection)
    }
}
