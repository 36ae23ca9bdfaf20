//! The options of the HTTP API.

use ipnet::IpNet;

use crate::admission::AdmissionOptions;

/// The options of the HTTP API, already validated.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// The installation's name, shown by `GET /health`.
    pub app_name: String,
    /// The installation's version.
    pub version: String,
    /// The commit of the build, if known.
    pub commit: Option<String>,
    /// Whether the public URL uses TLS.
    pub https: bool,
    /// The path of the public URL without its last slash, such as `/files`; empty
    /// without one. A proxy removes it from requests.
    pub base_path: String,
    /// The proxies whose forwarding headers are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The way requests select a tenant.
    pub tenant_selection: TenantSelection,
    /// The origins that may send requests from a browser.
    pub cors_origins: Vec<String>,
    /// The maximum size of a JSON body, in bytes.
    pub json_limit_bytes: usize,
    /// The bounds on concurrent work.
    pub admission: AdmissionOptions,
    /// The public settings returned by `GET /config`; never secrets.
    pub public_config: serde_json::Map<String, serde_json::Value>,
}

/// The way requests select a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TenantSelection {
    /// Requests select no tenant.
    #[default]
    None,
    /// The header `X-Tenant-ID` contains the tenant's id.
    Header,
    /// The first label of the host is the tenant's subdomain.
    Subdomain {
        /// The domain below which the subdomains are.
        main_domain: String,
        /// The labels that are not subdomains of tenants.
        reserved: Vec<String>,
    },
}
