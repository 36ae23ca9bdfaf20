//! The tenant that a request selects, independent of its credentials.

use poem::Request;
use tenantry_application::auth::Selection;

use crate::{middleware::Context, options::TenantSelection};

const TENANT_ID: &str = "x-tenant-id";

/// Returns the tenant that a request selects, if any.
pub(crate) fn selected_tenant(request: &Request) -> Option<Selection> {
    match request.data::<TenantSelection>()? {
        TenantSelection::None => None,
        TenantSelection::Header => {
            let value = request.headers().get(TENANT_ID)?;
            let id = value.to_str().ok().and_then(|text| text.parse().ok());
            Some(id.map_or(Selection::Nothing, Selection::Id))
        }
        TenantSelection::Subdomain {
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

/// Returns the single label of a host before the main domain.
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
    fn only_a_single_label_selects_a_tenant() {
        let label_of = |host| label(host, "example.com");
        assert_eq!(label_of("acme.example.com"), Some("acme".into()));
        assert_eq!(label_of("ACME.Example.COM.:8080"), Some("acme".into()));
        for host in [
            "example.com",
            "a.b.example.com",
            "acmeexample.com",
            "acme.example.org",
            "",
        ] {
            assert_eq!(label_of(host), None, "{host}");
        }
    }
}
