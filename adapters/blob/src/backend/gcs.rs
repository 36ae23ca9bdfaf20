//! Google Cloud Storage.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{HeaderName, Method};
use object_store::{
    gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder},
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use tenantry_application::ports::{
    BlobCapabilities, Clock, PortError, PresignAccess, PresignCapability, PresignedRequest,
};

use super::{
    objects::{Service, from_store},
    open::{BucketExpectation, open_bucket},
};
use crate::{
    error::invalid_config,
    network::{ServiceClient, retry_config},
    store::{ObjectBlobStore, StoreContext},
};

/// A bucket and its credentials. Debug output omits the key.
#[derive(Clone, PartialEq, Eq)]
pub struct GcsOptions {
    /// The name of the bucket.
    pub bucket: String,
    /// The key of a service account, as the JSON of its file; if `None`, the
    /// credentials of the environment or the machine.
    pub service_account_key: Option<String>,
    /// Whether the bucket may be new. If blobs are known to be stored in it, one
    /// that never held any is the wrong one.
    pub may_be_new: bool,
}

impl fmt::Debug for GcsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GcsOptions")
            .field("bucket", &self.bucket)
            .field("may_be_new", &self.may_be_new)
            .finish_non_exhaustive()
    }
}

impl ObjectBlobStore {
    /// Opens a store in an existing bucket, after a test write and read.
    ///
    /// Fails with [`Unavailable`](PortErrorKind::Unavailable) if the service
    /// cannot be reached or is temporarily unavailable; any other error is one
    /// of the configuration.
    pub async fn gcs(options: &GcsOptions, context: StoreContext) -> Result<Self, PortError> {
        let client = ServiceClient::new(None, Arc::clone(&context.clock))?;
        let builder = match &options.service_account_key {
            Some(key) => GoogleCloudStorageBuilder::new().with_service_account_key(key),
            None => GoogleCloudStorageBuilder::from_env(),
        };
        let gcs = builder
            .with_bucket_name(&options.bucket)
            .with_retry(retry_config())
            .with_http_connector(client.clone())
            .build();
        // The error is dropped because it may quote the key.
        let gcs = gcs.map_err(|_| {
            invalid_config("the service account key is not valid; check credentials_file")
        })?;
        let bucket = Arc::new(Bucket {
            gcs: gcs.clone(),
            client,
            clock: Arc::clone(&context.clock),
        });
        let expectation = BucketExpectation {
            create: false,
            may_be_new: options.may_be_new,
        };
        open_bucket(Arc::new(gcs), bucket, context, expectation).await
    }
}

/// A bucket and its operations besides reading and writing.
struct Bucket {
    gcs: GoogleCloudStorage,
    client: ServiceClient,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Service for Bucket {
    fn capabilities(&self) -> BlobCapabilities {
        BlobCapabilities {
            kind: "gcs",
            multipart: true,
            conditional_write: true,
            ends_unfinished: false,
            presign: Some(PresignCapability {
                binds_size: true,
                binds_content_type: true,
                binds_absence: true,
            }),
        }
    }

    async fn presign(
        &self,
        path: &Path,
        access: &PresignAccess,
        lifetime: Duration,
    ) -> Result<PresignedRequest, PortError> {
        let (method, verb, headers) = match access {
            PresignAccess::Get => ("GET", Method::GET, Vec::new()),
            PresignAccess::Put {
                size_bytes,
                content_type,
            } => {
                let headers = vec![
                    ("content-type", content_type.as_str().to_owned()),
                    (
                        "x-goog-content-length-range",
                        format!("{size_bytes},{size_bytes}"),
                    ),
                    ("x-goog-if-generation-match", "0".to_owned()),
                ];
                ("PUT", Method::PUT, headers)
            }
        };
        let mut options = SignedUrlOptions::default();
        for (name, value) in &headers {
            let value = value.parse();
            let value = value.map_err(|_| invalid_config("the content type is not valid"))?;
            options = options.with_signed_header(HeaderName::from_static(name), value);
        }
        let url = self.gcs.signed_url_opts(verb, path, lifetime, &options);
        let url = url.await.map_err(from_store("presign", "a request"))?;
        let headers = headers.into_iter();
        Ok(PresignedRequest {
            method,
            url: url.into(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            expires_at: self.clock.now().plus(lifetime),
        })
    }

    fn client(&self) -> Option<&ServiceClient> {
        Some(&self.client)
    }
}
