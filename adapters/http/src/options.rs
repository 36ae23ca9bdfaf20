//! What the API is told from outside.

use ipnet::IpNet;

use crate::tenant_selection::TenantSelection;

/// Settings of the HTTP API. Values are taken as checked.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// The installation's name, as in `GET /health`.
    pub app_name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from, where that is known.
    pub commit: Option<String>,
    /// Whether clients reach the service over TLS, by the public URL.
    pub https: bool,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How requests name a tenant.
    pub tenant_selection: TenantSelection,
    /// Web origins that may call from a browser, as browsers write them.
    pub cors_origins: Vec<String>,
    /// The most bytes of a JSON body.
    pub json_limit_bytes: usize,
    /// What `GET /config` tells anyone: nothing that is a secret.
    pub public_config: serde_json::Map<String, serde_json::Value>,
}
