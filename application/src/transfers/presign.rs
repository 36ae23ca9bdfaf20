//! Signing transfer URLs.

use tenantry_domain::blob::BackendName;

use super::signed::{SignedAddress, SignedOperation};
use crate::{
    error::{Error, Result},
    ports::{BlobStore, PresignAccess, PresignCapability, PresignRequest, PresignedRequest},
    services::Services,
};

/// The constraints that URLs signed by the service enforce.
pub const SERVICE_BINDS: PresignCapability = PresignCapability {
    binds_size: true,
    binds_content_type: true,
    binds_absence: true,
};

/// The presigning of a backend's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presigning {
    /// The signer, which also serves the URL.
    pub by: SignedBy,
    /// The constraints that a URL for writing enforces.
    pub binds: PresignCapability,
}

/// The signer of a URL, which also serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedBy {
    /// The storage backend: the bytes bypass this service.
    Storage,
    /// This service: the bytes pass through it.
    Service,
}

/// Returns the presigning of a backend's objects.
pub fn presigning(store: &dyn BlobStore) -> Presigning {
    match store.capabilities().presign {
        Some(binds) => Presigning {
            by: SignedBy::Storage,
            binds,
        },
        None => Presigning {
            by: SignedBy::Service,
            binds: SERVICE_BINDS,
        },
    }
}

/// Presigns a request that needs no other credential and can be repeated within
/// its constraints.
///
/// The caller must be authorized already, and a record of the blob must exist:
/// stored for reading, open for writing.
///
/// If the service signs and does not know its public URL, the URL is a
/// reference relative to the API (RFC 3986, section 4.2).
pub async fn presign(
    services: &Services,
    backend: &BackendName,
    request: &PresignRequest,
) -> Result<PresignedRequest> {
    let store = services.blobs.get(backend)?;
    match presigning(store.as_ref()).by {
        SignedBy::Storage => store.presign(request).await.map_err(Error::storage),
        SignedBy::Service => Ok(sign(services, backend, request)),
    }
}

fn sign(services: &Services, backend: &BackendName, request: &PresignRequest) -> PresignedRequest {
    let expires_at = services.now().plus(request.lifetime());
    let address = SignedAddress {
        backend: backend.clone(),
        key: request.key,
        expires: expires_at.as_seconds(),
    };
    let (method, path, headers) = match &request.access {
        PresignAccess::Get => (
            "GET",
            address.sign(services, SignedOperation::Get),
            Vec::new(),
        ),
        PresignAccess::Put {
            size_bytes,
            content_type,
        } => {
            let operation = SignedOperation::Put {
                size_bytes: *size_bytes,
                content_type: content_type.as_str(),
            };
            // The same headers as for storage backends, so that clients need
            // not distinguish them.
            let headers = vec![
                ("content-type".to_owned(), content_type.as_str().to_owned()),
                ("if-none-match".to_owned(), "*".to_owned()),
            ];
            ("PUT", address.sign(services, operation), headers)
        }
    };
    let base = services.settings.public_url.as_deref().unwrap_or_default();
    PresignedRequest {
        method,
        url: format!("{base}{path}"),
        headers,
        expires_at,
    }
}
