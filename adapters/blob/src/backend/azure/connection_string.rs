//! Connection strings: `name=value` pairs with semicolons between them.

use url::Url;

use super::AzureCredential;

/// What one names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) account: String,
    pub(super) credential: AzureCredential,
    pub(super) endpoint: Option<Url>,
}

/// `None` where it lacks the account or what proves it, or its endpoint is no
/// URL.
pub(super) fn read(text: &str) -> Option<Named> {
    let value = |name: &str| {
        let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let endpoint = match value("BlobEndpoint") {
        Some(url) => Some(url.parse::<Url>().ok()?),
        None => None,
    };
    // The account's name is the first part of its host, or of its path.
    let in_endpoint = endpoint.as_ref().and_then(|url| match url.domain() {
        Some(host) => host.split('.').next().map(str::to_owned),
        None => url.path_segments()?.next().map(str::to_owned),
    });
    let account = value("AccountName").or(in_endpoint)?;
    let credential = match (value("AccountKey"), value("SharedAccessSignature")) {
        (Some(key), _) => AzureCredential::AccessKey(key),
        (None, Some(sas)) => AzureCredential::Sas(sas),
        (None, None) => return None,
    };
    let endpoint = match (endpoint, value("EndpointSuffix")) {
        (None, Some(suffix)) => {
            let protocol = value("DefaultEndpointsProtocol");
            let protocol = protocol.as_deref().unwrap_or("https");
            Some(
                format!("{protocol}://{account}.blob.{suffix}")
                    .parse()
                    .ok()?,
            )
        }
        (endpoint, _) => endpoint,
    };
    Some(Named {
        account,
        credential,
        endpoint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<(String, Option<String>)> {
        let named = read(text)?;
        let endpoint = named.endpoint.map(|url| url.to_string());
        Some((named.account, endpoint))
    }

    #[test]
    fn the_usual_forms_are_read() {
        let portal = "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5Cg==;\
                      EndpointSuffix=core.windows.net";
        let endpoint = "https://acme.blob.core.windows.net/".to_owned();
        assert_eq!(shown(portal), Some(("acme".to_owned(), Some(endpoint))));
        let key = read(portal).map(|named| named.credential);
        assert_eq!(key, Some(AzureCredential::AccessKey("a2V5Cg==".to_owned())));

        let own = "AccountName=dev;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/dev;";
        let endpoint = "http://127.0.0.1:10000/dev".to_owned();
        assert_eq!(shown(own), Some(("dev".to_owned(), Some(endpoint))));

        let sas = "BlobEndpoint=https://acme.blob.core.windows.net/;\
                   SharedAccessSignature=sv=2022-11-02&sig=abc%3D";
        let named = read(sas);
        assert_eq!(
            named.as_ref().map(|named| named.account.as_str()),
            Some("acme")
        );
        let sas = AzureCredential::Sas("sv=2022-11-02&sig=abc%3D".to_owned());
        assert_eq!(named.map(|named| named.credential), Some(sas));
    }

    #[test]
    fn what_lacks_something_is_refused() {
        for text in ["", "AccountName=acme", "AccountKey=a2V5", "hunter2"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
