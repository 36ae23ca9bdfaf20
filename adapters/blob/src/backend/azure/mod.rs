//! Azure Blob Storage.

mod connection_string;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
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

use self::connection_string::read;
use crate::{
    backend::objects::{Objects, Service},
    error::{from_store, unusable},
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
        let container = Container::new(options, client, Arc::clone(&context.clock))?;
        // Apart, so that a machine without an identity is not taken for a
        // service out of reach.
        container.credential().await?;
        let container = Arc::new(container);
        let (azure, memory) = (
            Arc::new(container.azure.clone()),
            context.upload_memory.clone(),
        );
        let objects = Objects::of(azure, Arc::<Container>::clone(&container), memory);
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
    /// The same as clients reach it; `None` where nothing can be signed.
    signer: Option<MicrosoftAzure>,
    client: ServiceClient,
    clock: Arc<dyn Clock>,
    account: String,
    /// The address of the container.
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
        let at = |builder: MicrosoftAzureBuilder, endpoint: &Url| {
            builder
                .with_account(&account)
                .with_container_name(&options.container)
                .with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned())
                .with_retry(retries())
                .with_http_connector(client.clone())
                .build()
        };
        let azure = at(builder, &endpoint)
            // Of the error nothing is told: it may quote a secret.
            .map_err(|_| unusable("the credentials are not usable: an access key is base64"))?;
        // A signature cannot sign another one.
        let signer = match &credential {
            AzureCredential::Sas(_) => None,
            _ => {
                let credentials = Arc::clone(azure.credentials());
                let builder = MicrosoftAzureBuilder::new().with_credentials(credentials);
                at(
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
            "take",
            "the credentials of this machine (none are configured)",
        ))
    }

    /// Makes the container.
    async fn make(&self) -> Result<(), PortError> {
        let mut url = self.url.clone();
        url.set_query(Some("restype=container"));
        let credential = self.credential().await?;
        let sent = self.send(Method::PUT, &url, &credential).await;
        match sent {
            // Somebody was faster.
            Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            sent => sent.map_err(from_store("make", "the container")),
        }
    }

    /// Sends a request without a body.
    async fn send(
        &self,
        method: Method,
        url: &Url,
        credential: &StoreCredential,
    ) -> object_store::Result<()> {
        let failed = |source: BoxedError| object_store::Error::Generic {
            store: "Azure",
            source,
        };
        let request = http::Request::builder().method(method).uri(url.as_str());
        let request = request
            .header(header::CONTENT_LENGTH, 0)
            .body(HttpRequestBody::empty());
        let mut request = request.map_err(|error| failed(Box::new(error)))?;
        AzureAuthorizer::new(credential, &self.account).try_authorize(&mut request)?;
        let answer = HttpClient::new(self.client.clone()).execute(request).await;
        let answer = answer.map_err(|error| failed(Box::new(error)))?;
        let status = answer.status();
        let (path, source) = (
            url.path().to_owned(),
            format!("the service answered {status}"),
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

type BoxedError = Box<dyn std::error::Error + Send + Sync>;

#[async_trait]
impl Service for Container {
    fn capabilities(&self) -> BlobCapabilities {
        BlobCapabilities {
            kind: "azure",
            multipart: true,
            conditional_write: true,
            // The service drops parts that nobody asked for within a week.
            ends_unfinished: true,
            presign: self.signer.as_ref().map(|_| PresignCapability {
                binds_size: false,
                binds_content_type: false,
                binds_absence: false,
            }),
        }
    }

    /// One at a time: a batch asks for rights of its own.
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
            let context = "a shared access signature cannot sign requests";
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
        let url = url.map_err(from_store("sign", "a request"))?;
        Ok(PresignedRequest {
            method,
            url: url.into(),
            headers,
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
