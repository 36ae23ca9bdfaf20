//! Azure Blob Storage.

mod connection_string;

use std::{fmt, sync::Arc};

use http::{Method, header};
use object_store::{
    azure::{AzureAuthorizer, MicrosoftAzure, MicrosoftAzureBuilder, split_sas},
    client::{HttpClient, HttpRequestBody},
};
use tenantry_application::ports::{PortError, PortErrorKind};
use url::Url;

use self::connection_string::read;
use crate::{
    backend::objects::Objects,
    error::{from_http, from_store},
    network::{Place, ServiceClient, open, retries},
    store::{ObjectBlobStore, StoreContext},
};

/// A container, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureOptions {
    /// The storage account; the connection string may name it.
    pub account: Option<String>,
    /// The container.
    pub container: String,
    /// Who asks.
    pub credential: AzureCredential,
    /// The service, with the account; Microsoft's where neither this nor a
    /// connection string names one.
    pub endpoint: Option<Url>,
    /// The same service as clients reach it.
    pub public_endpoint: Option<Url>,
    /// Whether a missing container is made.
    pub create: bool,
    /// Whether it may be new. Where blobs are known to lie in it, a container
    /// that never held any is the wrong one.
    pub may_be_new: bool,
}

/// Who asks. Debug output shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub enum AzureCredential {
    /// A key of the account, in base64.
    AccessKey(String),
    /// A shared access signature, as it stands in a URL.
    Sas(String),
    /// A connection string with either.
    ConnectionString(String),
    /// The identity of the environment, the workload or the machine.
    Identity,
}

impl ObjectBlobStore {
    /// Blobs in a container. It is written to and read from before this
    /// returns.
    ///
    /// Unavailable where the service cannot be reached or cannot serve now;
    /// any other failure is one of the configuration.
    pub async fn azure(options: &AzureOptions, context: StoreContext) -> Result<Self, PortError> {
        let client = ServiceClient::new(None, Arc::clone(&context.clock))?;
        let container = Container::new(options, client)?;
        let azure = Arc::new(container.azure.clone());
        let objects = Objects::new(azure, context.upload_memory.clone());
        let store = Self::new(Arc::new(objects.clone()), context);
        let place = Place {
            create: options.create,
            may_be_new: options.may_be_new,
        };
        open(store, &objects, &container.client, place, async || {
            container.make().await
        })
        .await
    }
}

/// A container, and what can be done with it beside reading and writing.
struct Container {
    azure: MicrosoftAzure,
    client: ServiceClient,
    account: String,
    /// The address of the container.
    url: Url,
}

impl Container {
    fn new(options: &AzureOptions, client: ServiceClient) -> Result<Self, PortError> {
        let mut account = options.account.clone();
        let mut credential = options.credential.clone();
        let mut endpoint = options.endpoint.clone();
        if let AzureCredential::ConnectionString(text) = &options.credential {
            let named = read(text).ok_or_else(|| {
                unusable("the connection string lacks AccountName, or a key or signature")
            })?;
            account = account.or(Some(named.account));
            endpoint = endpoint.or(named.endpoint);
            credential = named.credential;
        }
        let account = account.ok_or_else(|| unusable("the storage account is not named"))?;
        let endpoint = match endpoint {
            Some(endpoint) => endpoint,
            None => {
                let url = format!("https://{account}.blob.core.windows.net/");
                let url = url.parse();
                url.map_err(|_| unusable("the storage account's name is not one"))?
            }
        };
        let failed = |error| from_store("use", "the settings of the container")(error);
        let builder = match &credential {
            AzureCredential::AccessKey(key) => MicrosoftAzureBuilder::new().with_access_key(key),
            AzureCredential::Sas(sas) => {
                // Of the error nothing is told: it may quote the signature.
                let pairs = split_sas(sas).map_err(|_| unusable("the signature is not one"))?;
                MicrosoftAzureBuilder::new().with_sas_authorization(pairs)
            }
            AzureCredential::ConnectionString(_) | AzureCredential::Identity => {
                MicrosoftAzureBuilder::from_env()
            }
        };
        let azure = builder
            .with_account(&account)
            .with_container_name(&options.container)
            .with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned())
            .with_retry(retries())
            .with_http_connector(client.clone())
            .build()
            .map_err(failed)?;
        let mut url = endpoint;
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{}", options.container));
        Ok(Self {
            azure,
            client,
            account,
            url,
        })
    }

    /// Makes the container.
    async fn make(&self) -> Result<(), PortError> {
        let what = "the container";
        let mut url = self.url.clone();
        url.set_query(Some("restype=container"));
        let credential = self.azure.credentials().get_credential().await;
        let credential = credential.map_err(from_store("take", "the credentials of Azure"))?;
        let body = HttpRequestBody::empty();
        let request = http::Request::builder()
            .method(Method::PUT)
            .uri(url.as_str());
        let request = request.header(header::CONTENT_LENGTH, 0).body(body);
        let mut request = request.map_err(|_| unusable("the container's name is not one"))?;
        AzureAuthorizer::new(&credential, &self.account)
            .try_authorize(&mut request)
            .map_err(from_store("make", what))?;
        let sent = HttpClient::new(self.client.clone()).execute(request).await;
        sent.map_err(from_http("make", what))?;
        Ok(())
    }
}

fn unusable(reason: &str) -> PortError {
    PortError::new(PortErrorKind::Internal, reason)
}

impl fmt::Debug for AzureCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessKey(_) => "AccessKey(…)",
            Self::Sas(_) => "Sas(…)",
            Self::ConnectionString(_) => "ConnectionString(…)",
            Self::Identity => "Identity",
        })
    }
}
