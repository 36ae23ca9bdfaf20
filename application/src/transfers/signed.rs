//! What the service itself signs.

use tenantry_domain::blob::{BackendName, Digest};

use crate::{
    error::{Error, Result},
    ports::{BlobKey, SealPurpose},
    services::Services,
};

/// Below which path the service serves what it signed.
const PREFIX: &str = "/transfers";

/// The address of an object in a backend, good until some moment. The path and
/// query of `/transfers/{backend}/t/{tenant}/{blob}?expires={seconds}&signature={hex}`.
///
/// Nothing of what is signed beside the object and the end stands in it: the
/// request itself says it, by its method and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAddress {
    /// The backend.
    pub backend: BackendName,
    /// The object in it.
    pub key: BlobKey,
    /// When it ends, in seconds since the epoch.
    pub expires: i64,
}

/// What a request does to the object, as it is signed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signed<'a> {
    /// Reads it.
    Get,
    /// Writes it, if it is not there.
    Put {
        size_bytes: u64,
        content_type: &'a str,
    },
}

impl SignedAddress {
    /// Path and query, for a request of that kind.
    pub(super) fn sign(&self, services: &Services, request: Signed<'_>) -> String {
        let Self {
            backend,
            key,
            expires,
        } = self;
        let message = self.message(request);
        let seal = services
            .seals
            .seal(SealPurpose::Transfer, message.as_bytes());
        // Written as every other SHA-256.
        let signature = Digest::from_bytes(seal);
        format!("{PREFIX}/{backend}/{key}?expires={expires}&signature={signature}")
    }

    /// Whether that kind of request was signed, and has not ended.
    pub(super) fn check(
        &self,
        services: &Services,
        request: Signed<'_>,
        signature: Digest,
    ) -> Result<()> {
        let message = self.message(request);
        let (purpose, seal) = (SealPurpose::Transfer, signature.as_bytes());
        if !services.seals.is_seal(purpose, message.as_bytes(), seal) {
            return Err(Error::AccessDenied(
                "this is not the request that was signed: method, address and the headers that \
                 came with it must be sent exactly so"
                    .to_owned(),
            ));
        }
        if self.expires <= services.now().as_seconds() {
            return Err(Error::AccessDenied("the signed address is over".to_owned()));
        }
        Ok(())
    }

    /// No part but the last can hold a line break.
    fn message(&self, request: Signed<'_>) -> String {
        let Self {
            backend,
            key,
            expires,
        } = self;
        match request {
            Signed::Get => format!("GET\n{backend}\n{key}\n{expires}"),
            Signed::Put {
                size_bytes,
                content_type,
            } => format!("PUT\n{backend}\n{key}\n{expires}\n{size_bytes}\n{content_type}"),
        }
    }
}
