//! Signing.

use tenantry_domain::blob::BackendName;

use super::signed::{Signed, SignedAddress};
use crate::{
    error::{Error, Result},
    ports::{BlobStore, PresignAccess, PresignCapability, PresignRequest, PresignedRequest},
    services::Services,
};

/// What every address binds that the service signs itself.
pub const SERVICE_BINDS: PresignCapability = PresignCapability {
    binds_size: true,
    binds_content_type: true,
    binds_absence: true,
};

/// Who signs for a storage, and what that binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presigning {
    /// Who signs, and serves.
    pub by: SignedBy,
    /// What an address for writing binds.
    pub binds: PresignCapability,
}

/// Who signs an address, and serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedBy {
    /// The storage: bytes go past this service.
    Storage,
    /// This service: bytes go through it.
    Service,
}

/// Who signs for a storage.
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

/// Signs a request that its holder makes without any other credential, within
/// what it binds as often as they like.
///
/// Whoever asks for it has decided that they may. A record of the blob has to
/// be there: stored for reading, open for writing.
///
/// Where the service signs and does not know its public URL, the address is
/// a reference relative to the API (RFC 3986, section 4.2).
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
        PresignAccess::Get => ("GET", address.sign(services, Signed::Get), Vec::new()),
        PresignAccess::Put {
            size_bytes,
            content_type,
        } => {
            let signed = Signed::Put {
                size_bytes: *size_bytes,
                content_type: content_type.as_str(),
            };
            // As the storages ask for it that sign by themselves, so that a
            // client does not notice which it is.
            let headers = vec![
                ("content-type".to_owned(), content_type.as_str().to_owned()),
                ("if-none-match".to_owned(), "*".to_owned()),
            ];
            ("PUT", address.sign(services, signed), headers)
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
