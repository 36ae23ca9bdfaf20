//! The tenant that a request names beside its credentials: by a header, or by
//! the host it asks for.

use poem::Request;
use tenantry_application::auth::Selection;

use crate::middleware::Context;

/// How requests name a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TenantSelection {
    /// Not at all.
    #[default]
    None,
    /// By the header `X-Tenant-ID`, with the tenant's id.
    Header,
    /// By the first label of the host.
    Subdomain {
        /// The domain the labels stand in front of.
        main_domain: String,
        /// Labels that are no tenant's.
        reserved: Vec<String>,
    },
}

/// Names the tenant by its id.
const TENANT_ID: &str = "x-tenant-id";

impl TenantSelection {
    /// What a request names, if it names anything.
    pub(crate) fn of(request: &Request) -> Option<Selection> {
        match request.data::<Self>()? {
            Self::None => None,
            Self::Header => {
                let value = request.headers().get(TENANT_ID)?;
                let id = value.to_str().ok().and_then(|text| text.parse().ok());
                Some(id.map_or(Selection::Nothing, Selection::Id))
            }
            Self::Subdomain {
                main_domain,
                reserved,
            } => {
                let host = Context::of(request)?.client().host.clone()?;
                label(&host, main_domain)
                    .filter(|label| !reserved.contains(label))
                    .map(Selection::Subdomain)
            }
        }
    }
}

/// The one label of a host in front of the main domain.
fn label(host: &str, main_domain: &str) -> Option<String> {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let label = host
        .strip_suffix(&main_domain.to_ascii_lowercase())?
        .strip_suffix('.')?;
    (!label.is_empty() && !label.contains('.')).then(|| label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_label_names_a_tenant() {
        let of = |host| label(host, "example.com");
        assert_eq!(of("acme.example.com"), Some("acme".into()));
        assert_eq!(of("ACME.Example.COM.:8080"), Some("acme".into()));
        for host in [
            "example.com",
            "a.b.example.com",
            "acmeexample.com",
            "acme.example.org",
            "",
        ] {
            assert_eq!(of(host), None, "{host}");
        }
    }
}
