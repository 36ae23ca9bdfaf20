//! `tenancy`: tenant selection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::host_name::{is_dns_label, is_host_name};
use crate::problem::Problem;
use crate::profile::Profile;

/// The source of the tenant in requests that register, sign in or switch tenants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenantStrategy {
    /// The header `X-Tenant-ID`.
    #[default]
    Header,
    /// The subdomain of `main_domain`.
    Subdomain,
    /// A single default tenant that all users join.
    None,
}

/// Tenant selection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TenancyConfig {
    /// The source of the tenant in requests that register, sign in or switch tenants.
    pub strategy: TenantStrategy,
    /// The parent domain of the tenants' subdomains, such as `example.com`; required by the strategy
    /// `subdomain`.
    pub main_domain: Option<String>,
    /// The subdomains that tenants cannot use.
    pub reserved: Vec<String>,
}

impl Default for TenancyConfig {
    fn default() -> Self {
        let reserved = [
            "admin", "api", "app", "assets", "auth", "cdn", "docs", "health", "mail", "root",
            "static", "status", "support", "system", "www",
        ];
        Self {
            strategy: TenantStrategy::default(),
            main_domain: None,
            reserved: reserved.map(str::to_owned).to_vec(),
        }
    }
}

impl TenancyConfig {
    /// Rejects domains and subdomains that are invalid or not lowercase, and the strategy
    /// `subdomain` without a main domain.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        match &self.main_domain {
            Some(domain) if !is_host_name(domain) => {
                let reason = format!("{domain:?} is not a lowercase domain without a port");
                return Err(Problem::new("tenancy.main_domain", reason));
            }
            None if self.strategy == TenantStrategy::Subdomain => {
                let reason = "missing; tenancy.strategy subdomain requires it";
                return Err(Problem::new("tenancy.main_domain", reason));
            }
            _ => {}
        }
        match self.reserved.iter().find(|name| !is_dns_label(name)) {
            Some(name) => {
                let reason = format!("{name:?} is not a lowercase subdomain");
                Err(Problem::new("tenancy.reserved", reason))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_require_a_main_domain() {
        let mut tenancy = TenancyConfig::default();
        assert_eq!(tenancy.validate(Profile::Production), Ok(()));
        tenancy.strategy = TenantStrategy::Subdomain;
        assert!(tenancy.validate(Profile::Production).is_err());
        tenancy.main_domain = Some("example.com".to_owned());
        assert_eq!(tenancy.validate(Profile::Production), Ok(()));
        tenancy.main_domain = Some("Example.com:80".to_owned());
        assert!(tenancy.validate(Profile::Production).is_err());
    }
}
