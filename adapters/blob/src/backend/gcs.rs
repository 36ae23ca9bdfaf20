//! Google Cloud Storage.

use std::{path::PathBuf, sync::Arc};

use object_store::gcp::GoogleCloudStorageBuilder;
use tenantry_application::ports::{PortError, PortErrorKind};

use crate::{
    backend::objects::Objects,
    error::from_store,
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
        let gcs = gcs.map_err(|error| match &options.credentials_file {
            Some(file) => {
                let context = format!("{} holds no key of a service account", file.display());
                PortError::new(PortErrorKind::Internal, context)
            }
            None => from_store("use", "the settings of the bucket")(error),
        })?;
        let objects = Objects::new(Arc::new(gcs), context.upload_memory.clone());
        let store = Self::new(Arc::new(objects.clone()), context);
        let place = Place {
            create: false,
            may_be_new: options.may_be_new,
        };
        open(store, &objects, &client, place, async || Ok(())).await
    }
}
