//! A bucket and its operations besides reading and writing.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{HeaderMap, Method, header};
use object_store::{
    aws::{AmazonS3, AmazonS3Builder, AwsCredential, S3ConditionalPut},
    path::Path,
};
use tenantry_application::ports::{
    BlobCapabilities, Clock, PortError, PresignAccess, PresignCapability, PresignedRequest,
};
use url::Url;

use super::{
    options::{DEFAULT_REGION, S3Options},
    signature::{AccessKey, Signature},
};
use crate::{
    backend::objects::{MultipartUploads, Service, from_store},
    error::invalid_config,
    network::{ServiceClient, from_http, retry_config},
};

/// The lifetime of requests that are sent immediately: the clock skew that
/// services accept for signed requests.
pub(super) const LIFETIME: Duration = Duration::from_mins(15);

/// A bucket and its operations besides reading and writing.
pub(super) struct Bucket {
    pub(super) s3: AmazonS3,
    pub(super) client: ServiceClient,
    clock: Arc<dyn Clock>,
    /// The URL of the bucket.
    pub(super) url: Url,
    /// The URL of the bucket for clients.
    public_url: Url,
    region: String,
}

impl Bucket {
    pub(super) fn new(
        options: &S3Options,
        client: ServiceClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        let region = options.region();
        let url = options.bucket_url(options.endpoint.as_ref())?;
        let public_endpoint = options.public_endpoint.as_ref();
        let public_url = options.bucket_url(public_endpoint.or(options.endpoint.as_ref()))?;
        let builder = match &options.keys {
            Some(keys) => keys.apply_to(AmazonS3Builder::new()),
            None => AmazonS3Builder::from_env(),
        };
        let s3 = builder
            .with_bucket_name(&options.bucket)
            .with_region(region)
            // The endpoint includes the bucket, so that its URL is built only once.
            .with_endpoint(url.as_str().trim_end_matches('/'))
            .with_virtual_hosted_style_request(true)
            // TLS protects bytes in transit, and checksums at rest. Hashing every
            // part again would cost a third of an upload's CPU time.
            .with_unsigned_payload(true)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            // Not every service supports bulk deletes.
            .with_disable_bulk_delete(true)
            .with_retry(retry_config())
            .with_http_connector(client.clone())
            .build()
            .map_err(|_| invalid_config("the S3 settings of the environment are not valid"))?;
        Ok(Self {
            s3,
            client,
            clock,
            url,
            public_url,
            region: region.to_owned(),
        })
    }

    pub(super) async fn credential(&self) -> Result<Arc<AwsCredential>, PortError> {
        let credential = self.s3.credentials().get_credential().await;
        credential.map_err(from_store(
            "load",
            "the credentials of this machine (none are configured)",
        ))
    }

    /// Returns the presigned URL of a request.
    pub(super) async fn sign(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        lifetime: Duration,
    ) -> Result<Url, PortError> {
        let credential = self.credential().await?;
        let signature = Signature {
            key: AccessKey {
                id: &credential.key_id,
                secret: &credential.secret_key,
                session_token: credential.token.as_deref(),
            },
            region: &self.region,
            signed_at: self.clock.now(),
            lifetime,
        };
        Ok(signature.sign(method, url, headers))
    }
}

#[async_trait]
impl Service for Bucket {
    fn capabilities(&self) -> BlobCapabilities {
        BlobCapabilities {
            kind: "s3",
            multipart: true,
            conditional_write: true,
            ends_unfinished: true,
            presign: Some(PresignCapability {
                binds_size: true,
                binds_content_type: true,
                binds_absence: true,
            }),
        }
    }

    fn multipart_uploads(&self) -> Option<&dyn MultipartUploads> {
        Some(self)
    }

    async fn presign(
        &self,
        path: &Path,
        access: &PresignAccess,
        lifetime: Duration,
    ) -> Result<PresignedRequest, PortError> {
        let mut url = self.public_url.clone();
        url.set_path(&format!("{}{path}", url.path()));
        let (method, headers, implied) = match access {
            PresignAccess::Get => (Method::GET, Vec::new(), None),
            PresignAccess::Put {
                size_bytes,
                content_type,
            } => {
                let headers = vec![
                    (header::CONTENT_TYPE, content_type.as_str().to_owned()),
                    (header::IF_NONE_MATCH, "*".to_owned()),
                ];
                // Every HTTP client sends the length.
                let length = (header::CONTENT_LENGTH, size_bytes.to_string());
                (Method::PUT, headers, Some(length))
            }
        };
        let mut signed_headers = HeaderMap::new();
        for (name, value) in headers.iter().chain(&implied) {
            let value = value.parse();
            let value = value.map_err(|_| invalid_config("the content type is not valid"))?;
            signed_headers.insert(name, value);
        }
        let url = self.sign(&method, &url, &signed_headers, lifetime).await?;
        let headers = headers.into_iter();
        Ok(PresignedRequest {
            method: if method == Method::GET { "GET" } else { "PUT" },
            url: url.into(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
            expires_at: self.clock.now().plus(lifetime),
        })
    }

    fn client(&self) -> Option<&ServiceClient> {
        Some(&self.client)
    }

    async fn create_bucket(&self) -> Result<(), PortError> {
        let body = if self.region == DEFAULT_REGION {
            String::new()
        } else {
            format!(
                "<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint>\
                 </CreateBucketConfiguration>",
                self.region
            )
        };
        let (url, headers) = (&self.url, HeaderMap::new());
        let url = self.sign(&Method::PUT, url, &headers, LIFETIME).await?;
        let response = self.client.send(Method::PUT, url, headers, body).await;
        response.map_err(from_http("create", "the bucket"))?;
        Ok(())
    }
}
