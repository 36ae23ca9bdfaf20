//! The constructor of the store.

use std::sync::Arc;

use tenantry_application::ports::PortError;
use url::Url;

use super::{bucket::Bucket, options::S3Options};
use crate::{
    backend::open::{BucketExpectation, open_bucket},
    error::invalid_config,
    network::{ErrorResponse, ServiceClient},
    store::{ObjectBlobStore, StoreContext},
};

impl ObjectBlobStore {
    /// Opens a store in a bucket, after a test write and read.
    ///
    /// Fails with [`Unavailable`] if the service cannot be reached or is
    /// temporarily unavailable; any other error is one of the configuration.
    ///
    /// [`Unavailable`]: tenantry_application::ports::PortErrorKind::Unavailable
    pub async fn s3(options: &S3Options, context: StoreContext) -> Result<Self, PortError> {
        let client =
            ServiceClient::new(options.authorities.as_deref(), Arc::clone(&context.clock))?;
        let bucket = Bucket::new(options, client, Arc::clone(&context.clock))?;
        // Checked first, because missing credentials would otherwise be reported
        // as an unreachable service.
        bucket.credential().await?;
        let s3 = Arc::new(bucket.s3.clone());
        let expectation = BucketExpectation {
            create: options.create,
            may_be_new: options.may_be_new,
        };
        let opened = open_bucket(s3, Arc::new(bucket), context, expectation).await;
        opened.map_err(|error| explain(error, options))
    }
}

/// Explains a rejected signature at an endpoint with a path. Signatures include
/// the path, so that a proxy that removes it from requests invalidates them.
fn explain(error: PortError, options: &S3Options) -> PortError {
    let mismatch = ErrorResponse::behind(&error);
    let has_path = |endpoint: &Url| endpoint.path() != "/";
    if mismatch.is_some_and(ErrorResponse::is_signature_mismatch)
        && options.endpoint.as_ref().is_some_and(has_path)
    {
        return invalid_config(
            "the service rejected the signature (SignatureDoesNotMatch), which includes the path \
             of the endpoint; unless the secret key is wrong, a proxy removes the path from \
             requests: give the service a separate host name, since MinIO supports no path",
        );
    }
    error
}
