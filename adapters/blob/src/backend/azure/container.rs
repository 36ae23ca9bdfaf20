//! A container of Azure Blob Storage.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{Method, StatusCode, header};
use object_store::{
    ObjectStore,
    azure::{
        AzureAuthorizer, AzureCredential as StoreCredential, MicrosoftAzure, MicrosoftAzureBuilder,
        split_sas,
    },
    client::{HttpClient, HttpRequestBody},
    path::Path,
    signer::Signer,
};
use tenantry_application::ports::{
    BlobCapabilities, Clock, PortError, PortErrorKind, PresignAccess, PresignCapability,
    PresignedRequest,
};
use url::Url;

use super::{connection_string, credential::AzureCredential};
use crate::{
    backend::{
        objects::{Service, from_store},
        open::{BucketExpectation, open_bucket},
    },
    error::invalid_config,
    network::{ServiceClient, retry_config},
    store::{ObjectBlobStore, StoreContext},
};

/// A container, its service and credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureOptions {
    /// The storage account; optional with a connection string.
    pub account: Option<String>,
    /// The name of the container.
    pub container: String,
    /// The credentials.
    pub credential: AzureCredential,
    /// The URL of the service, including the account; by default that of the
    /// connection string, else Azure's.
    pub endpoint: Option<Url>,
    /// The URL of the service for clients, if different.
    pub public_endpoint: Option<Url>,
    /// Whether to create the container if missing.
    pub create: bool,
    /// Whether the container may be new. If blobs are known to be stored in it,
    /// one that never held any is the wrong one.
    pub may_be_new: bool,
}

impl ObjectBlobStore {
    /// Opens a store in a container, after a test write and read.
    ///
    /// Fails with [`Unavailable`](PortErrorKind::Unavailable) if the service
    /// cannot be reached or is temporarily unavailable; any other error is one
    /// of the configuration.
    pub async fn azure(options: &AzureOptions, context: StoreContext) -> Result<Self, PortError> {
        let client = ServiceClient::new(None, Arc::clone(&context.clock))?;
        let container = Container::new(options, client, Arc::clone(&context.clock))?;
        // Checked first, because missing credentials would otherwise be reported
        // as an unreachable service.
        container.credential().await?;
        let azure = Arc::new(container.azure.clone());
        let expectation = BucketExpectation {
            create: options.create,
            may_be_new: options.may_be_new,
        };
        open_bucket(azure, Arc::new(container), context, expectation).await
    }
}

/// A container and its operations besides reading and writing.
struct Container {
    azure: MicrosoftAzure,
    /// The container at its public endpoint; `None` if requests cannot be
    /// presigned.
    signer: Option<MicrosoftAzure>,
    client: ServiceClient,
    clock: Arc<dyn Clock>,
    account: String,
    /// The URL of the container.
    url: Url,
}

impl Container {
    fn new(
        options: &AzureOptions,
        client: ServiceClient,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        let mut account = options.account.clone();
        let mut credential = options.credential.clone();
        let mut endpoint = options.endpoint.clone();
        if let AzureCredential::ConnectionString(text) = &options.credential {
            let parsed = connection_string::parse(text).ok_or_else(|| {
                invalid_config(
                    "the connection string is incomplete; \
                     add AccountName, and AccountKey or SharedAccessSignature, \
                     or use UseDevelopmentStorage=true for the emulator",
                )
            })?;
            account = account.or(Some(parsed.account));
            endpoint = endpoint.or(Some(parsed.endpoint));
            credential = parsed.credential;
        }
        let account =
            account.ok_or_else(|| invalid_config("the storage account is missing; set account"))?;
        let endpoint = match endpoint {
            Some(endpoint) => endpoint,
            None => {
                let url = format!("https://{account}.blob.core.windows.net/");
                let url = url.parse();
                url.map_err(|_| invalid_config("the storage account name is not valid"))?
            }
        };
        let builder = match &credential {
            AzureCredential::AccessKey(key) => MicrosoftAzureBuilder::new().with_access_key(key),
            AzureCredential::Sas(sas) => {
                // The error is dropped because it may quote the signature.
                let pairs = split_sas(sas)
                    .map_err(|_| invalid_config("the shared access signature is not valid"))?;
                MicrosoftAzureBuilder::new().with_sas_authorization(pairs)
            }
            AzureCredential::ConnectionString(_) | AzureCredential::Identity => {
                MicrosoftAzureBuilder::from_env()
            }
        };
        let build = |builder: MicrosoftAzureBuilder, endpoint: &Url| {
            builder
                .with_account(&account)
                .with_container_name(&options.container)
                .with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned())
                .with_retry(retry_config())
                .with_http_connector(client.clone())
                .build()
        };
        let azure = build(builder, &endpoint)
            // The error is dropped because it may quote a secret.
            .map_err(|_| {
                invalid_config("the credentials are not valid; an access key must be base64")
            })?;
        // A shared access signature cannot presign requests.
        let signer = match &credential {
            AzureCredential::Sas(_) => None,
            _ => {
                let credentials = Arc::clone(azure.credentials());
                let builder = MicrosoftAzureBuilder::new().with_credentials(credentials);
                build(
                    builder,
                    options.public_endpoint.as_ref().unwrap_or(&endpoint),
                )
                .ok()
            }
        };
        let mut url = endpoint;
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{}", options.container));
        Ok(Self {
            azure,
            signer,
            client,
            clock,
            account,
            url,
        })
    }

    async fn credential(&self) -> Result<Arc<StoreCredential>, PortError> {
        let credential = self.azure.credentials().get_credential().await;
        credential.map_err(from_store(
            "load",
            "the credentials of this machine (none are configured)",
        ))
    }

    /// Sends a request without a body.
    async fn send(
        &self,
        method: Method,
        url: &Url,
        credential: &StoreCredential,
    ) -> object_store::Result<()> {
        let failed = |source: BoxError| object_store::Error::Generic {
            store: "Azure",
            source,
        };
        let request = http::Request::builder().method(method).uri(url.as_str());
        let request = request
            .header(header::CONTENT_LENGTH, 0)
            .body(HttpRequestBody::empty());
        let mut request = request.map_err(|error| failed(Box::new(error)))?;
        AzureAuthorizer::new(credential, &self.account).try_authorize(&mut request)?;
        let response = HttpClient::new(self.client.clone()).execute(request).await;
        let response = response.map_err(|error| failed(Box::new(error)))?;
        let status = response.status();
        let (path, source) = (
            url.path().to_owned(),
            format!("the service responded {status}"),
        );
        match status {
            StatusCode::NOT_FOUND => Err(object_store::Error::NotFound {
                path,
                source: source.into(),
            }),
            StatusCode::CONFLICT => Err(object_store::Error::AlreadyExists {
                path,
                source: source.into(),
            }),
            status if status.is_success() => Ok(()),
            _ => Err(failed(source.into())),
        }
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[async_trait]
impl Service for Container {
    fn capabilities(&self) -> BlobCapabilities {
        BlobCapabilities {
            kind: "azure",
            multipart: true,
            conditional_write: true,
            // The service discards uncommitted blocks after a week.
            ends_unfinished: true,
            presign: self.signer.as_ref().map(|_| PresignCapability {
                binds_size: false,
                binds_content_type: false,
                binds_absence: false,
            }),
        }
    }

    /// Deletes objects one by one, because a batch needs additional permissions.
    async fn delete(&self, _store: &dyn ObjectStore, path: &Path) -> object_store::Result<()> {
        let credential = self.azure.credentials().get_credential().await?;
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", url.path()));
        self.send(Method::DELETE, &url, &credential).await
    }

    async fn presign(
        &self,
        path: &Path,
        access: &PresignAccess,
        lifetime: Duration,
    ) -> Result<PresignedRequest, PortError> {
        let Some(signer) = &self.signer else {
            let context = "a shared access signature cannot presign requests";
            return Err(PortError::new(PortErrorKind::Unsupported, context));
        };
        let (method, headers) = match access {
            PresignAccess::Get => ("GET", Vec::new()),
            PresignAccess::Put { content_type, .. } => {
                let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
                let headers = vec![
                    header("content-type", content_type.as_str()),
                    header("x-ms-blob-type", "BlockBlob"),
                    header("if-none-match", "*"),
                ];
                ("PUT", headers)
            }
        };
        let verb = if method == "GET" {
            Method::GET
        } else {
            Method::PUT
        };
        let url = signer.signed_url(verb, path, lifetime).await;
        let url = url.map_err(from_store("presign", "a request"))?;
        Ok(PresignedRequest {
            method,
            url: url.into(),
            headers,
            expires_at: self.clock.now().plus(lifetime),
        })
    }

    fn client(&self) -> Option<&ServiceClient> {
        Some(&self.client)
    }

    async fn create_bucket(&self) -> Result<(), PortError> {
        let mut url = self.url.clone();
        url.set_query(Some("restype=container"));
        let credential = self.credential().await?;
        match self.send(Method::PUT, &url, &credential).await {
            Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            result => result.map_err(from_store("create", "the container")),
        }
    }
}
