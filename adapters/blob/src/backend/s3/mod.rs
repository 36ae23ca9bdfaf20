//! Amazon S3, and services that speak its protocol.

mod signature;
mod uploads;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use object_store::{
    aws::{AmazonS3, AmazonS3Builder, AwsCredential, S3ConditionalPut},
    path::Path,
};
use tenantry_application::ports::{
    BlobCapabilities, Clock, PortError, PresignAccess, PresignCapability, PresignedRequest,
};
use url::Url;

use self::signature::{Keys, Signature};
use crate::{
    backend::objects::{Objects, Service, Uploads},
    error::{from_http, from_store, unusable},
    network::{Place, ServiceClient, open, retries},
    store::{ObjectBlobStore, StoreContext},
};

/// Where nothing tells.
const DEFAULT_REGION: &str = "us-east-1";
/// How long a request that is sent at once stays good: what services bear
/// between the clocks of other requests.
const AT_ONCE: Duration = Duration::from_mins(15);

/// A bucket, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Options {
    /// The bucket.
    pub bucket: String,
    /// Its region; `us-east-1` where none is given.
    pub region: Option<String>,
    /// The service; Amazon's where none is given.
    pub endpoint: Option<Url>,
    /// The same service as clients reach it.
    pub public_endpoint: Option<Url>,
    /// Without keys: those of the environment, of the web identity or of the
    /// machine.
    pub keys: Option<S3Keys>,
    /// Whether the bucket stands in the path rather than in the host name.
    pub path_style: bool,
    /// PEM file of further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// Whether a missing bucket is made.
    pub create: bool,
    /// Whether it may be new. Where blobs are known to lie in it, a bucket
    /// that never held any is the wrong one.
    pub may_be_new: bool,
}

/// An access key. Debug output shows its name alone.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Keys {
    /// Its name.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// Its token, where it is good for a while only.
    pub session_token: Option<String>,
}

impl ObjectBlobStore {
    /// Blobs in a bucket. It is written to and read from before this returns.
    ///
    /// Unavailable where the service cannot be reached or cannot serve now;
    /// any other failure is one of the configuration.
    pub async fn s3(options: &S3Options, context: StoreContext) -> Result<Self, PortError> {
        let client = ServiceClient::new(options.ca_file.as_deref(), Arc::clone(&context.clock))?;
        let bucket = Bucket::new(options, client, Arc::clone(&context.clock))?;
        // Apart, so that a machine without an identity is not taken for a
        // service out of reach.
        bucket.credential().await?;
        let bucket = Arc::new(bucket);
        let (s3, memory) = (Arc::new(bucket.s3.clone()), context.upload_memory.clone());
        let objects = Objects::of(s3, Arc::<Bucket>::clone(&bucket), memory);
        let store = Self::new(Arc::new(objects.clone()), context);
        let place = Place {
            create: options.create,
            may_be_new: options.may_be_new,
        };
        open(store, &objects, &bucket.client, place, async || {
            bucket.make().await
        })
        .await
    }
}

/// A bucket, and what can be done with it beside reading and writing.
struct Bucket {
    s3: AmazonS3,
    client: ServiceClient,
    clock: Arc<dyn Clock>,
    /// The address of the bucket.
    url: Url,
    /// The same for clients.
    public_url: Url,
    region: String,
}

impl Bucket {
    fn new(
        options: &S3Options,
        client: ServiceClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        let region = options.region.as_deref().unwrap_or(DEFAULT_REGION);
        let url = bucket_url(options, region, options.endpoint.as_ref())?;
        let public_endpoint = options.public_endpoint.as_ref();
        let public_endpoint = public_endpoint.or(options.endpoint.as_ref());
        let public_url = bucket_url(options, region, public_endpoint)?;
        let builder = match &options.keys {
            Some(keys) => keys.given_to(AmazonS3Builder::new()),
            None => AmazonS3Builder::from_env(),
        };
        let s3 = builder
            .with_bucket_name(&options.bucket)
            .with_region(region)
            // Complete, with the bucket in it, so that it is made in one place.
            .with_endpoint(url.as_str().trim_end_matches('/'))
            .with_virtual_hosted_style_request(true)
            // Bytes are guarded by TLS on their way and by their checksums at
            // rest: to hash every part once more would cost a third of an
            // upload's work.
            .with_unsigned_payload(true)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            // One object at a time: not every service knows the other request.
            .with_disable_bulk_delete(true)
            .with_retry(retries())
            .with_http_connector(client.clone())
            .build()
            .map_err(|_| unusable("the environment holds settings of S3 that are none"))?;
        Ok(Self {
            s3,
            client,
            clock,
            url,
            public_url,
            region: region.to_owned(),
        })
    }

    async fn credential(&self) -> Result<Arc<AwsCredential>, PortError> {
        let credential = self.s3.credentials().get_credential().await;
        credential.map_err(from_store(
            "take",
            "the credentials of this machine (none are configured)",
        ))
    }

    /// Makes the bucket.
    async fn make(&self) -> Result<(), PortError> {
        let body = if self.region == DEFAULT_REGION {
            String::new()
        } else {
            format!(
                "<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint>\
                 </CreateBucketConfiguration>",
                self.region
            )
        };
        let none = HeaderMap::new();
        let url = self.sign(&Method::PUT, &self.url, &none, AT_ONCE).await?;
        let sent = self.client.send(Method::PUT, url, none, body).await;
        sent.map_err(from_http("make", "the bucket"))?;
        Ok(())
    }

    /// An address that carries the signature of a request.
    async fn sign(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        lifetime: Duration,
    ) -> Result<Url, PortError> {
        let credential = self.credential().await?;
        let signature = Signature {
            keys: Keys {
                id: &credential.key_id,
                secret: &credential.secret_key,
                token: credential.token.as_deref(),
            },
            region: &self.region,
            at: self.clock.now(),
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

    fn uploads(&self) -> Option<&dyn Uploads> {
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
        let (method, sent, implied) = match access {
            PresignAccess::Get => (Method::GET, Vec::new(), None),
            PresignAccess::Put {
                size_bytes,
                content_type,
            } => {
                let sent = vec![
                    (header::CONTENT_TYPE, content_type.as_str().to_owned()),
                    (header::IF_NONE_MATCH, "*".to_owned()),
                ];
                // Every client sends it by itself.
                let length = (header::CONTENT_LENGTH, size_bytes.to_string());
                (Method::PUT, sent, Some(length))
            }
        };
        let mut signed = HeaderMap::new();
        for (name, value) in sent.iter().chain(&implied) {
            let value = value.parse();
            let value = value.map_err(|_| unusable("the type of a content is none"))?;
            signed.insert(name, value);
        }
        let url = self.sign(&method, &url, &signed, lifetime).await?;
        let headers = sent.into_iter();
        Ok(PresignedRequest {
            method: if method == Method::GET { "GET" } else { "PUT" },
            url: url.into(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value))
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

/// The address of the bucket, ending with a slash.
fn bucket_url(options: &S3Options, region: &str, endpoint: Option<&Url>) -> Result<Url, PortError> {
    let unusable = || unusable("the bucket's name does not fit into the endpoint: set path_style");
    let bucket = &options.bucket;
    let mut url = match endpoint {
        Some(endpoint) => endpoint.clone(),
        None => {
            let url = format!("https://s3.{region}.amazonaws.com/");
            url.parse().map_err(|_| unusable())?
        }
    };
    // A certificate covers no name with further dots.
    let in_path = options.path_style || bucket.contains('.');
    if in_path {
        let base = url.path().trim_end_matches('/');
        url.set_path(&format!("{base}/{bucket}/"));
    } else {
        let host = url.host_str().ok_or_else(unusable)?;
        let host = format!("{bucket}.{host}");
        url.set_host(Some(&host)).map_err(|_| unusable())?;
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}

impl S3Keys {
    fn given_to(&self, builder: AmazonS3Builder) -> AmazonS3Builder {
        let builder = builder
            .with_access_key_id(&self.access_key_id)
            .with_secret_access_key(&self.secret_access_key);
        match &self.session_token {
            Some(token) => builder.with_token(token),
            None => builder,
        }
    }
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Keys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_bucket_stands_in_the_host_or_in_the_path() {
        let mut options = S3Options {
            bucket: "files".to_owned(),
            region: None,
            endpoint: None,
            public_endpoint: None,
            keys: None,
            path_style: false,
            ca_file: None,
            create: false,
            may_be_new: true,
        };
        let url = |options: &S3Options| {
            let url = bucket_url(options, "eu-west-1", options.endpoint.as_ref());
            url.unwrap().to_string()
        };
        assert_eq!(url(&options), "https://files.s3.eu-west-1.amazonaws.com/");
        options.endpoint = Some("http://minio:9000/base/".parse().unwrap());
        assert_eq!(url(&options), "http://files.minio:9000/base/");
        options.path_style = true;
        assert_eq!(url(&options), "http://minio:9000/base/files/");
        options.path_style = false;
        options.bucket = "files.example.com".to_owned();
        assert_eq!(url(&options), "http://minio:9000/base/files.example.com/");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let keys = S3Keys {
            access_key_id: "name".to_owned(),
            secret_access_key: "hunter2".to_owned(),
            session_token: Some("hunter2".to_owned()),
        };
        let shown = format!("{keys:?}");
        assert!(shown.contains("name") && !shown.contains("hunter2"));
    }
}
