//! Signed addresses (AWS Signature Version 4, in the query). `object_store`
//! signs no request about a bucket, and no length.

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
pub(super) struct Keys<'a> {
    pub(super) id: &'a str,
    pub(super) secret: &'a str,
    /// Where it is good for a while only.
    pub(super) token: Option<&'a str>,
}

/// Who signs, when, and for how long.
pub(super) struct Signature<'a> {
    pub(super) keys: Keys<'a>,
    pub(super) region: &'a str,
    pub(super) at: Timestamp,
    /// At most a week, in whole seconds.
    pub(super) lifetime: Duration,
}

impl Signature<'_> {
    /// The address with the signature. Whoever uses it must send the headers
    /// exactly as they are here.
    pub(super) fn sign(&self, method: &Method, url: &Url, headers: &HeaderMap) -> Url {
        let mut url = url.clone();
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut signed: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.as_str().to_owned(), value.trim().to_owned())
            })
            .collect();
        signed.push(("host".to_owned(), host.to_owned()));
        signed.sort();
        let names: Vec<_> = signed.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        // 2026-01-31T12:00:00.120Z becomes 20260131T120000Z.
        let at = self.at.to_string();
        let date: String = at.chars().take(10).filter(|c| *c != '-').collect();
        let time: String = at.chars().skip(11).take(8).filter(|c| *c != ':').collect();
        let time = format!("{date}T{time}Z");
        let scope = format!("{date}/{}/s3/aws4_request", self.region);
        let mut query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut add = |name: &str, value: &str| query.push((name.to_owned(), value.to_owned()));
        add("X-Amz-Algorithm", ALGORITHM);
        add("X-Amz-Credential", &format!("{}/{scope}", self.keys.id));
        add("X-Amz-Date", &time);
        add("X-Amz-Expires", &self.lifetime.as_secs().to_string());
        add("X-Amz-SignedHeaders", &names);
        if let Some(token) = self.keys.token {
            add("X-Amz-Security-Token", token);
        }
        query.sort();
        let pairs: Vec<_> = query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let query = pairs.join("&");
        let mut request = format!("{method}\n{}\n{query}\n", url.path());
        for (name, value) in &signed {
            // Writing to a string does not fail.
            let _ = writeln!(request, "{name}:{value}");
        }
        let _ = write!(request, "\n{names}\nUNSIGNED-PAYLOAD");
        let hashed = hex(digest(&SHA256, request.as_bytes()).as_ref());
        let to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{hashed}");
        let signature = hex(self.key(&date, &to_sign).as_ref());
        url.set_query(Some(&format!("{query}&X-Amz-Signature={signature}")));
        url
    }

    fn key(&self, date: &str, to_sign: &str) -> hmac::Tag {
        let first = format!("AWS4{}", self.keys.secret);
        let mut tag = hmac::sign(&Key::new(HMAC_SHA256, first.as_bytes()), date.as_bytes());
        for step in [self.region, "s3", "aws4_request", to_sign] {
            tag = hmac::sign(&Key::new(HMAC_SHA256, tag.as_ref()), step.as_bytes());
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

/// All but unreserved characters as `%XX`.
fn encoded(text: &str) -> String {
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

    /// The example in Amazon's documentation of signed addresses.
    #[test]
    fn a_known_signature_holds() {
        let signature = Signature {
            keys: Keys {
                id: "AKIAIOSFODNN7EXAMPLE",
                secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                token: None,
            },
            region: "us-east-1",
            at: Timestamp::parse("2013-05-24T00:00:00Z").unwrap(),
            lifetime: Duration::from_hours(24),
        };
        let url = "https://examplebucket.s3.amazonaws.com/test.txt";
        let signed = signature.sign(&Method::GET, &url.parse().unwrap(), &HeaderMap::new());
        let expected = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert!(signed.as_str().ends_with(expected), "{signed}");
    }
}
