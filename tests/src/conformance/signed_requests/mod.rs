//! What every signed request must do and refuse, whoever signs and serves it.

#![expect(clippy::expect_used, reason = "a failed case may panic")]

mod requests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tenantry_application::ports::{
    BlobKey, BlobStore, IdGenerator, PresignAccess, PresignCapability, PresignRequest,
    PresignedRequest,
};
use tenantry_crypto::UuidV7Ids;
use tenantry_domain::{
    blob::Content,
    id::{BlobId, TenantId},
};

use super::suite::suite;

suite! { $ signed_requests_suite: signed_requests::SignedFixture {
    requests:
        signed_reads_work
        signed_writes_work
        what_was_not_signed_is_refused
        what_has_ended_is_refused
        what_is_bound_cannot_be_changed;
} }

/// A store, and who signs for it.
pub struct SignedFixture {
    store: Arc<dyn BlobStore>,
    signer: Box<dyn Signer>,
}

/// Who signs.
#[async_trait]
pub trait Signer: Send + Sync {
    /// What an address for writing binds.
    fn binds(&self) -> PresignCapability;

    /// A tenant whose objects it signs for.
    fn tenant(&self) -> TenantId {
        TenantId::from_uuid(UuidV7Ids.next())
    }

    /// Hears that an object is stored.
    async fn stored(&self, _key: BlobKey, _content: &Content) {}

    /// Signs; before a write it sees to it that the object is expected.
    async fn sign(&self, request: &PresignRequest) -> PresignedRequest;
}

/// A store that signs by itself.
struct Itself(Arc<dyn BlobStore>);

#[async_trait]
impl Signer for Itself {
    fn binds(&self) -> PresignCapability {
        let presign = self.0.capabilities().presign;
        presign.expect("a store that signs")
    }

    async fn sign(&self, request: &PresignRequest) -> PresignedRequest {
        self.0.presign(request).await.expect("signed")
    }
}

impl SignedFixture {
    /// A store, and who signs for it.
    pub fn new(store: Arc<dyn BlobStore>, signer: Box<dyn Signer>) -> Self {
        Self { store, signer }
    }

    /// A store that signs by itself.
    pub fn by_itself(store: Arc<dyn BlobStore>) -> Self {
        Self::new(Arc::clone(&store), Box::new(Itself(store)))
    }

    /// A key that was never used.
    fn key(&self) -> BlobKey {
        BlobKey {
            tenant_id: self.signer.tenant(),
            blob_id: BlobId::from_uuid(UuidV7Ids.next()),
        }
    }

    async fn stored(&self, key: BlobKey, bytes: &[u8]) {
        let body = super::blob_store::body(bytes, usize::MAX);
        let content = self.store.put(key, body, u64::MAX).await.expect("stored");
        self.signer.stored(key, &content).await;
    }

    async fn signed(
        &self,
        key: BlobKey,
        access: PresignAccess,
        expires_in: Duration,
    ) -> PresignedRequest {
        let request = PresignRequest {
            key,
            access,
            expires_in,
        };
        let signed = self.signer.sign(&request).await;
        assert!(!format!("{signed:?}").contains("http"));
        signed
    }
}
