//! The constructor of the store.

use std::sync::Arc;

use tenantry_application::ports::PortError;

use super::{bucket::Bucket, options::S3Options};
use crate::{
    backend::open::{BucketExpectation, open_bucket},
    network::ServiceClient,
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
        open_bucket(s3, Arc::new(bucket), context, expectation).await
    }
}
