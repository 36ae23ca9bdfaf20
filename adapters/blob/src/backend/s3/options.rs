//! The configuration of a bucket.

use std::fmt;

use object_store::aws::AmazonS3Builder;
use tenantry_application::ports::PortError;
use url::Url;

use crate::error::invalid_config;

/// The region if none is configured.
pub(super) const DEFAULT_REGION: &str = "us-east-1";

/// A bucket, its service and credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Options {
    /// The name of the bucket.
    pub bucket: String,
    /// The region; `us-east-1` by default.
    pub region: Option<String>,
    /// The URL of the service; Amazon's by default.
    pub endpoint: Option<Url>,
    /// The URL of the service for clients, if different.
    pub public_endpoint: Option<Url>,
    /// The access key; if `None`, the credentials of the environment, the web
    /// identity or the machine.
    pub keys: Option<S3Keys>,
    /// Whether the bucket is part of the path rather than the host name.
    pub path_style: bool,
    /// Additional certificate authorities, in PEM.
    pub authorities: Option<String>,
    /// Whether to create the bucket if missing.
    pub create: bool,
    /// Whether the bucket may be new. If blobs are known to be stored in it, one
    /// that never held any is the wrong one.
    pub may_be_new: bool,
}

/// An access key. Debug output shows only its id.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Keys {
    /// The id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

impl S3Options {
    pub(super) fn region(&self) -> &str {
        self.region.as_deref().unwrap_or(DEFAULT_REGION)
    }

    /// Returns the URL of the bucket at an endpoint, ending with a slash.
    pub(super) fn bucket_url(&self, endpoint: Option<&Url>) -> Result<Url, PortError> {
        let invalid =
            || invalid_config("the bucket name cannot be part of the host name; set path_style");
        let mut url = match endpoint {
            Some(endpoint) => endpoint.clone(),
            None => {
                let url = format!("https://s3.{}.amazonaws.com/", self.region());
                url.parse().map_err(|_| invalid())?
            }
        };
        // A wildcard certificate does not cover names with further dots.
        let in_path = self.path_style || self.bucket.contains('.');
        if in_path {
            let base = url.path().trim_end_matches('/');
            url.set_path(&format!("{base}/{}/", self.bucket));
        } else {
            let host = url.host_str().ok_or_else(invalid)?;
            let host = format!("{}.{host}", self.bucket);
            url.set_host(Some(&host)).map_err(|_| invalid())?;
            let path = format!("{}/", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        Ok(url)
    }
}

impl S3Keys {
    pub(super) fn apply_to(&self, builder: AmazonS3Builder) -> AmazonS3Builder {
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
    fn the_bucket_is_part_of_host_or_path() {
        let mut options = S3Options {
            bucket: "files".to_owned(),
            region: Some("eu-west-1".to_owned()),
            endpoint: None,
            public_endpoint: None,
            keys: None,
            path_style: false,
            authorities: None,
            create: false,
            may_be_new: true,
        };
        let url = |options: &S3Options| {
            let url = options.bucket_url(options.endpoint.as_ref());
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
    fn debug_output_hides_secrets() {
        let keys = S3Keys {
            access_key_id: "name".to_owned(),
            secret_access_key: "hunter2".to_owned(),
            session_token: Some("hunter2".to_owned()),
        };
        let debug = format!("{keys:?}");
        assert!(debug.contains("name") && !debug.contains("hunter2"));
    }
}
