//! The conformance suite of signed requests, whether a storage or the service
//! signs and serves them.

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
        unsigned_requests_are_rejected
        expired_requests_are_rejected
        bindings_match_the_declaration;
} }

/// A store under test, and its signer.
pub struct SignedFixture {
    store: Arc<dyn BlobStore>,
    signer: Box<dyn Signer>,
}

/// Signs requests for objects of a store.
#[async_trait]
pub trait Signer: Send + Sync {
    /// Returns the properties that a signed write binds.
    fn binds(&self) -> PresignCapability;

    /// Returns a tenant whose objects may be signed for.
    fn tenant(&self) -> TenantId {
        TenantId::from_uuid(UuidV7Ids.next())
    }

    /// Records that an object is stored.
    async fn stored(&self, _key: BlobKey, _content: &Content) {}

    /// Signs a request; for a write, first records the intent to store the
    /// object.
    async fn sign(&self, request: &PresignRequest) -> PresignedRequest;
}

/// Signs by the store itself.
struct StoreSigner(Arc<dyn BlobStore>);

#[async_trait]
impl Signer for StoreSigner {
    fn binds(&self) -> PresignCapability {
        let presign = self.0.capabilities().presign;
        presign.expect("a store that presigns")
    }

    async fn sign(&self, request: &PresignRequest) -> PresignedRequest {
        self.0.presign(request).await.expect("signed")
    }
}

impl SignedFixture {
    /// Creates a fixture of a store and its signer.
    pub fn new(store: Arc<dyn BlobStore>, signer: Box<dyn Signer>) -> Self {
        Self { store, signer }
    }

    /// Creates a fixture of a store that presigns.
    pub fn of_store(store: Arc<dyn BlobStore>) -> Self {
        Self::new(Arc::clone(&store), Box::new(StoreSigner(store)))
    }

    /// Returns an unused key.
    fn key(&self) -> BlobKey {
        BlobKey {
            tenant_id: self.signer.tenant(),
            blob_id: BlobId::from_uuid(UuidV7Ids.next()),
        }
    }

    async fn stored(&self, key: BlobKey, bytes: &[u8]) {
        let body = super::bodies::body(bytes, usize::MAX);
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
