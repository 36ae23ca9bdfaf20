//! Connection strings: `name=value` pairs separated by semicolons.

use url::Url;

use super::credential::AzureCredential;

/// The content of a connection string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConnectionString {
    pub(super) account: String,
    pub(super) credential: AzureCredential,
    pub(super) endpoint: Url,
}

/// The account of the emulators (Azurite, the Azure Storage Emulator), and its
/// key, which are public.
const EMULATOR_ACCOUNT: &str = "devstoreaccount1";
const EMULATOR_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const EMULATOR_PORT: u16 = 10_000;

/// Parses a connection string as Azure's libraries do; names are
/// case-insensitive. Returns `None` if it lacks the account or its credential, or
/// if an endpoint is not a URL.
pub(super) fn parse(text: &str) -> Option<ConnectionString> {
    let value = |name: &str| {
        let mut pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        let pair = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        let value = pair.map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    if value("UseDevelopmentStorage").is_some_and(|it| it.eq_ignore_ascii_case("true")) {
        return emulator(value("DevelopmentStorageProxyUri").as_deref());
    }
    let endpoint = match value("BlobEndpoint") {
        Some(url) => Some(url.parse::<Url>().ok()?),
        None => None,
    };
    let account = value("AccountName").or_else(|| account_of(endpoint.as_ref()?))?;
    let credential = match (value("AccountKey"), value("SharedAccessSignature")) {
        (Some(key), _) => AzureCredential::AccessKey(key),
        (None, Some(sas)) => AzureCredential::Sas(sas.trim_start_matches('?').to_owned()),
        (None, None) => return None,
    };
    let endpoint = match endpoint {
        Some(endpoint) => endpoint,
        None => {
            let protocol = value("DefaultEndpointsProtocol");
            let protocol = protocol.as_deref().unwrap_or("https");
            let suffix = value("EndpointSuffix");
            let suffix = suffix.as_deref().unwrap_or("core.windows.net");
            let url = format!("{protocol}://{account}.blob.{suffix}");
            url.parse().ok()?
        }
    };
    Some(ConnectionString {
        account,
        credential,
        endpoint,
    })
}

/// Returns the content of `UseDevelopmentStorage=true`. `proxy` is the URL of the
/// emulator's host, by default this machine.
fn emulator(proxy: Option<&str>) -> Option<ConnectionString> {
    let mut endpoint: Url = proxy.unwrap_or("http://127.0.0.1").parse().ok()?;
    if endpoint.port().is_none() {
        endpoint.set_port(Some(EMULATOR_PORT)).ok()?;
    }
    endpoint.set_path(EMULATOR_ACCOUNT);
    Some(ConnectionString {
        account: EMULATOR_ACCOUNT.to_owned(),
        credential: AzureCredential::AccessKey(EMULATOR_KEY.to_owned()),
        endpoint,
    })
}

/// Returns the account in the URL of a service: the first segment of its path, as
/// emulators have it, or the first label of its host.
fn account_of(endpoint: &Url) -> Option<String> {
    let mut segments = endpoint.path_segments()?;
    let segment = segments.next().filter(|segment| !segment.is_empty());
    let label = || endpoint.domain()?.split('.').next();
    segment.or_else(label).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account_and_endpoint(text: &str) -> Option<(String, String)> {
        let parsed = parse(text)?;
        Some((parsed.account, parsed.endpoint.to_string()))
    }

    #[test]
    fn common_forms_are_parsed() {
        let portal = "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5Cg==;\
                      EndpointSuffix=core.windows.net";
        let endpoint = "https://acme.blob.core.windows.net/".to_owned();
        let expected = Some(("acme".to_owned(), endpoint));
        assert_eq!(account_and_endpoint(portal), expected);
        let key = parse(portal).map(|parsed| parsed.credential);
        assert_eq!(key, Some(AzureCredential::AccessKey("a2V5Cg==".to_owned())));

        let emulator = "AccountName=dev;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/dev;";
        let endpoint = "http://127.0.0.1:10000/dev".to_owned();
        let expected = Some(("dev".to_owned(), endpoint));
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
    fn the_endpoint_follows_from_the_other_values() {
        let key = "AccountKey=a2V5";
        for (text, account, endpoint) in [
            (
                "AccountName=acme;",
                "acme",
                "https://acme.blob.core.windows.net/",
            ),
            (
                "DefaultEndpointsProtocol=http;AccountName=acme;",
                "acme",
                "http://acme.blob.core.windows.net/",
            ),
            (
                " accountname = acme ;endpointsuffix=core.chinacloudapi.cn;",
                "acme",
                "https://acme.blob.core.chinacloudapi.cn/",
            ),
            (
                "AccountName=acme;BlobEndpoint=;EndpointSuffix=;",
                "acme",
                "https://acme.blob.core.windows.net/",
            ),
            (
                "AccountName=acme;BlobEndpoint=https://files.example.com;",
                "acme",
                "https://files.example.com/",
            ),
            (
                "BlobEndpoint=http://localhost:10000/dev;",
                "dev",
                "http://localhost:10000/dev",
            ),
            (
                "BlobEndpoint=http://host.docker.internal:10000/dev;",
                "dev",
                "http://host.docker.internal:10000/dev",
            ),
        ] {
            let expected = Some((account.to_owned(), endpoint.to_owned()));
            assert_eq!(
                account_and_endpoint(&format!("{text}{key}")),
                expected,
                "{text}"
            );
        }
        let sas = parse("AccountName=a;SharedAccessSignature=?sv=1&sig=b").map(|it| it.credential);
        assert_eq!(sas, Some(AzureCredential::Sas("sv=1&sig=b".to_owned())));
    }

    #[test]
    fn development_storage_is_the_emulator() {
        for (text, endpoint) in [
            (
                "UseDevelopmentStorage=true",
                "http://127.0.0.1:10000/devstoreaccount1",
            ),
            (
                "usedevelopmentstorage=True;",
                "http://127.0.0.1:10000/devstoreaccount1",
            ),
            (
                "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite",
                "http://azurite:10000/devstoreaccount1",
            ),
            (
                "DevelopmentStorageProxyUri=https://azurite:10010/;UseDevelopmentStorage=true",
                "https://azurite:10010/devstoreaccount1",
            ),
        ] {
            let expected = Some((EMULATOR_ACCOUNT.to_owned(), endpoint.to_owned()));
            assert_eq!(account_and_endpoint(text), expected, "{text}");
            let key = parse(text).map(|parsed| parsed.credential);
            assert_eq!(
                key,
                Some(AzureCredential::AccessKey(EMULATOR_KEY.to_owned()))
            );
        }
    }

    #[test]
    fn incomplete_strings_are_rejected() {
        for text in [
            "",
            "AccountName=acme",
            "AccountName=acme;AccountKey=",
            "AccountKey=a2V5",
            "hunter2",
            "UseDevelopmentStorage=false",
            "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=hunter2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
