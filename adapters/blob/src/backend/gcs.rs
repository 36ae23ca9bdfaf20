//! Google Cloud Storage.

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderName, Method};
use object_store::{
    gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder},
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use tenantry_application::ports::{
    BlobCapabilities, Clock, PortError, PortErrorKind, PresignAccess, PresignCapability,
    PresignedRequest,
};

use crate::{
    backend::objects::{Objects, Service},
    error::{from_store, unusable},
    network::{Place, ServiceClient, open, retries},
    store::{ObjectBlobStore, StoreContext},
};

/// A bucket, and who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcsOptions {
    /// The bucket.
    pub bucket: String,
    /// JSON file of a service account; the identity of the environment or of
    /// the machine where none is given.
    pub credentials_file: Option<PathBuf>,
    /// Whether it may be new. Where blobs are known to lie in it, a bucket
    /// that never held any is the wrong one.
    pub may_be_new: bool,
}

impl ObjectBlobStore {
    /// Blobs in a bucket, which has to be there. It is written to and read
    /// from before this returns.
    ///
    /// Unavailable where the service cannot be reached or cannot serve now;
    /// any other failure is one of the configuration.
    pub async fn gcs(options: &GcsOptions, context: StoreContext) -> Result<Self, PortError> {
        let client = ServiceClient::new(None, Arc::clone(&context.clock))?;
        let builder = match &options.credentials_file {
            Some(file) => {
                // Of the error nothing is told: it may quote the file.
                let text = std::fs::read_to_string(file).map_err(|error| {
                    let context = format!("cannot read {}", file.display());
                    PortError::new(PortErrorKind::Internal, context).caused_by(error)
                })?;
                GoogleCloudStorageBuilder::new().with_service_account_key(text)
            }
            None => GoogleCloudStorageBuilder::from_env(),
        };
        let gcs = builder
            .with_bucket_name(&options.bucket)
            .with_retry(retries())
            .with_http_connector(client.clone())
            .build();
        // Of the error nothing is told: it may quote the key.
        let gcs = gcs.map_err(|_| unusable("there is no usable key of a service account"))?;
        let bucket = Arc::new(Bucket {
            gcs: gcs.clone(),
            client: client.clone(),
            clock: Arc::clone(&context.clock),
        });
        let objects = Objects::of(Arc::new(gcs), bucket, context.upload_memory.clone());
        let store = Self::new(Arc::new(objects.clone()), context);
        let place = Place {
            create: false,
            may_be_new: options.may_be_new,
        };
        open(store, &objects, &client, place, async || Ok(())).await
    }
}

/// A bucket, and what can be done with it beside reading and writing.
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
            let value = value.map_err(|_| unusable("the type of a content is none"))?;
            options = options.with_signed_header(HeaderName::from_static(name), value);
        }
        let signed = self.gcs.signed_url_opts(verb, path, lifetime, &options);
        let url = signed.await.map_err(from_store("sign", "a request"))?;
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

    async fn follow(&self, request: PresignedRequest, body: Bytes) -> Result<Bytes, PortError> {
        self.client.follow(&request, body).await
    }

    fn clock_difference(&self) -> Option<Duration> {
        self.client.clock_difference()
    }
}
