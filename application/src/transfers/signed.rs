//! URLs signed by the service.

use tenantry_domain::blob::{BackendName, Digest};

use crate::{
    error::{Error, Result},
    ports::{BlobKey, SealPurpose},
    services::Services,
};

/// The path under which the service serves signed URLs.
const PREFIX: &str = "/transfers";

/// The URL of an object in a backend, valid until it expires: the path and
/// query of
/// `/transfers/{backend}/t/{tenant}/{blob}?expires={seconds}&signature={hex}`.
///
/// Other signed values are not part of the URL; the request provides them by
/// its method and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAddress {
    /// The backend.
    pub backend: BackendName,
    /// The object's key.
    pub key: BlobKey,
    /// The expiry time in seconds since the epoch.
    pub expires: i64,
}

/// The signed operation on the object.
#[derive(Debug, Clone, Copy)]
pub(super) enum SignedOperation<'a> {
    /// Reads the object.
    Get,
    /// Writes the object if it does not exist.
    Put {
        size_bytes: u64,
        content_type: &'a str,
    },
}

impl SignedAddress {
    /// Returns the path and query for an operation.
    pub(super) fn sign(&self, services: &Services, operation: SignedOperation<'_>) -> String {
        let Self {
            backend,
            key,
            expires,
        } = self;
        let message = self.message(operation);
        let seal = services
            .seals
            .seal(SealPurpose::Transfer, message.as_bytes());
        // Formatted like every other SHA-256.
        let signature = Digest::from_bytes(seal);
        format!("{PREFIX}/{backend}/{key}?expires={expires}&signature={signature}")
    }

    /// Fails unless a read was signed and has not expired. [`read`](super::read())
    /// checks it too.
    pub fn check_read(&self, services: &Services, signature: Digest) -> Result<()> {
        self.check(services, SignedOperation::Get, signature)
    }

    /// Fails unless a write of this size and type was signed and has not expired.
    /// [`write`](super::write()) checks it too.
    pub fn check_write(
        &self,
        services: &Services,
        signature: Digest,
        size_bytes: u64,
        content_type: &str,
    ) -> Result<()> {
        let operation = SignedOperation::Put {
            size_bytes,
            content_type,
        };
        self.check(services, operation, signature)
    }

    /// Fails unless this operation was signed and has not expired.
    pub(super) fn check(
        &self,
        services: &Services,
        operation: SignedOperation<'_>,
        signature: Digest,
    ) -> Result<()> {
        let message = self.message(operation);
        let (purpose, seal) = (SealPurpose::Transfer, signature.as_bytes());
        if !services.seals.verify(purpose, message.as_bytes(), seal) {
            return Err(Error::AccessDenied(
                "the signature does not match: send the method, URL and headers unchanged"
                    .to_owned(),
            ));
        }
        if self.expires <= services.now().as_seconds() {
            return Err(Error::AccessDenied("the signed URL has expired".to_owned()));
        }
        Ok(())
    }

    /// Returns the message to sign. Only its last part can contain a line
    /// break.
    fn message(&self, operation: SignedOperation<'_>) -> String {
        let Self {
            backend,
            key,
            expires,
        } = self;
        match operation {
            SignedOperation::Get => format!("GET\n{backend}\n{key}\n{expires}"),
            SignedOperation::Put {
                size_bytes,
                content_type,
            } => format!("PUT\n{backend}\n{key}\n{expires}\n{size_bytes}\n{content_type}"),
        }
    }
}
