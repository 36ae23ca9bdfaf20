//! Connection strings: `name=value` pairs separated by semicolons.

use url::Url;

use super::credential::AzureCredential;

/// The content of a connection string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConnectionString {
    pub(super) account: String,
    pub(super) credential: AzureCredential,
    pub(super) endpoint: Option<Url>,
}

/// Parses a connection string. Returns `None` if it lacks the account or its
/// credential, or if the endpoint is not a URL.
pub(super) fn parse(text: &str) -> Option<ConnectionString> {
    let value = |name: &str| {
        let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        let pair = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        pair.map(|(_, value)| value.trim().to_owned())
    };
    let endpoint = match value("BlobEndpoint") {
        Some(url) => Some(url.parse::<Url>().ok()?),
        None => None,
    };
    // The account is the first label of the host, or the first path segment.
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
    Some(ConnectionString {
        account,
        credential,
        endpoint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account_and_endpoint(text: &str) -> Option<(String, Option<String>)> {
        let parsed = parse(text)?;
        let endpoint = parsed.endpoint.map(|url| url.to_string());
        Some((parsed.account, endpoint))
    }

    #[test]
    fn common_forms_are_parsed() {
        let portal = "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5Cg==;\
                      EndpointSuffix=core.windows.net";
        let endpoint = "https://acme.blob.core.windows.net/".to_owned();
        let expected = Some(("acme".to_owned(), Some(endpoint)));
        assert_eq!(account_and_endpoint(portal), expected);
        let key = parse(portal).map(|parsed| parsed.credential);
        assert_eq!(key, Some(AzureCredential::AccessKey("a2V5Cg==".to_owned())));

        let emulator = "AccountName=dev;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/dev;";
        let endpoint = "http://127.0.0.1:10000/dev".to_owned();
        let expected = Some(("dev".to_owned(), Some(endpoint)));
        assert_eq!(account_and_endpoint(emulator), expected);

        let sas = "BlobEndpoint=https://acme.blob.core.windows.net/;\
                   SharedAccessSignature=sv=2022-11-02&sig=abc%3D";
        let parsed = parse(sas);
        assert_eq!(
            parsed.as_ref().map(|parsed| parsed.account.as_str()),
            Some("acme")
        );
        let sas = AzureCredential::Sas("sv=2022-11-02&sig=abc%3D".to_owned());
        assert_eq!(parsed.map(|parsed| parsed.credential), Some(sas));
    }

    #[test]
    fn incomplete_strings_are_rejected() {
        for text in ["", "AccountName=acme", "AccountKey=a2V5", "hunter2"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
