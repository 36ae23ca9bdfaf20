//! Presigned URLs (AWS Signature Version 4 in the query). `object_store` does not
//! sign requests for a bucket, or the content length.

use std::{fmt::Write as _, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA256, Key},
};
use http::{HeaderMap, Method};
use tenantry_domain::Timestamp;
use url::Url;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// An access key.
pub(super) struct AccessKey<'a> {
    pub(super) id: &'a str,
    pub(super) secret: &'a str,
    /// The session token of temporary credentials.
    pub(super) session_token: Option<&'a str>,
}

/// The parameters of a signature.
pub(super) struct Signature<'a> {
    pub(super) key: AccessKey<'a>,
    pub(super) region: &'a str,
    pub(super) signed_at: Timestamp,
    /// The lifetime in whole seconds, at most a week.
    pub(super) lifetime: Duration,
}

impl Signature<'_> {
    /// Returns the presigned URL. The request must carry exactly these headers.
    pub(super) fn sign(&self, method: &Method, url: &Url, headers: &HeaderMap) -> Url {
        let mut url = url.clone();
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut signed_headers: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.as_str().to_owned(), value.trim().to_owned())
            })
            .collect();
        signed_headers.push(("host".to_owned(), host.to_owned()));
        signed_headers.sort();
        let names: Vec<_> = signed_headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let names = names.join(";");
        // 2026-01-31T12:00:00.120Z becomes 20260131T120000Z.
        let text = self.signed_at.to_string();
        let date: String = text.chars().take(10).filter(|c| *c != '-').collect();
        let time = text.chars().skip(11).take(8).filter(|c| *c != ':');
        let time: String = time.collect();
        let time = format!("{date}T{time}Z");
        let scope = format!("{date}/{}/s3/aws4_request", self.region);
        let mut query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut add = |name: &str, value: &str| query.push((name.to_owned(), value.to_owned()));
        add("X-Amz-Algorithm", ALGORITHM);
        add("X-Amz-Credential", &format!("{}/{scope}", self.key.id));
        add("X-Amz-Date", &time);
        add("X-Amz-Expires", &self.lifetime.as_secs().to_string());
        add("X-Amz-SignedHeaders", &names);
        if let Some(token) = self.key.session_token {
            add("X-Amz-Security-Token", token);
        }
        query.sort();
        let pairs: Vec<_> = query
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
            .collect();
        let query = pairs.join("&");
        let mut request = format!("{method}\n{}\n{query}\n", url.path());
        for (name, value) in &signed_headers {
            // Writing to a `String` cannot fail.
            let _ = writeln!(request, "{name}:{value}");
        }
        let _ = write!(request, "\n{names}\nUNSIGNED-PAYLOAD");
        let request_hash = hex(digest(&SHA256, request.as_bytes()).as_ref());
        let string_to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{request_hash}");
        let signature = hex(self.tag(&date, &string_to_sign).as_ref());
        url.set_query(Some(&format!("{query}&X-Amz-Signature={signature}")));
        url
    }

    /// Derives the signing key and returns the signature of a string.
    fn tag(&self, date: &str, string_to_sign: &str) -> hmac::Tag {
        let secret = format!("AWS4{}", self.key.secret);
        let mut tag = hmac::sign(&Key::new(HMAC_SHA256, secret.as_bytes()), date.as_bytes());
        for input in [self.region, "s3", "aws4_request", string_to_sign] {
            tag = hmac::sign(&Key::new(HMAC_SHA256, tag.as_ref()), input.as_bytes());
        }
        tag
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Encodes all but unreserved characters (RFC 3986) as `%XX`.
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// Tests the example of Amazon's documentation on presigned URLs.
    #[test]
    fn the_signature_matches_the_documented_example() {
        let signature = Signature {
            key: AccessKey {
                id: "AKIAIOSFODNN7EXAMPLE",
                secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                session_token: None,
            },
            region: "us-east-1",
            signed_at: Timestamp::parse("2013-05-24T00:00:00Z").unwrap(),
            lifetime: Duration::from_hours(24),
        };
        let url = "https://examplebucket.s3.amazonaws.com/test.txt";
        let signed = signature.sign(&Method::GET, &url.parse().unwrap(), &HeaderMap::new());
        let expected = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert!(signed.as_str().ends_with(expected), "{signed}");
    }
}
