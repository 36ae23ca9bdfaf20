//! What services answer instead of doing what they were asked.

use http::{HeaderMap, StatusCode, response::Parts};
use tenantry_application::ports::{PortError, PortErrorKind};
use thiserror::Error;

/// A refusal: its status, and the word that services have for it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} (the service answered {} {code})", self.meaning().advice(), status.as_u16())]
pub(crate) struct Refusal {
    status: StatusCode,
    code: String,
}

/// Why, as far as somebody can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    NoBucket,
    NoMultipart,
    Identity,
    Permission,
    Clock,
    Region,
    Plain,
    Trouble,
    Unsupported,
    Other,
}

/// The words of S3, Azure and Google, and those of servers that speak S3.
const WORDS: &[(Meaning, &[&str])] = &[
    (
        Meaning::NoBucket,
        &["NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"],
    ),
    (Meaning::NoMultipart, &["NoSuchUpload"]),
    (
        Meaning::Identity,
        &[
            "AuthenticationFailed",
            "ExpiredToken",
            "InvalidAccessKeyId",
            "InvalidAuthenticationInfo",
            "InvalidSecurity",
            "InvalidToken",
            "InvalidTokenId",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
        ],
    ),
    (
        Meaning::Permission,
        &[
            "AccessDenied",
            "AccountIsDisabled",
            "AllAccessDisabled",
            "AuthorizationFailure",
            "AuthorizationPermissionMismatch",
            "AuthorizationProtocolMismatch",
            "AuthorizationResourceTypeMismatch",
            "AuthorizationServiceMismatch",
            "InsufficientAccountPermissions",
        ],
    ),
    (
        Meaning::Clock,
        &[
            "RequestExpired",
            "RequestTimeTooSkewed",
            "RequestNotYetValid",
        ],
    ),
    (
        Meaning::Region,
        &[
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "InvalidRegion",
            "PermanentRedirect",
            "TemporaryRedirect",
        ],
    ),
    (Meaning::Unsupported, &["NotImplemented"]),
];

impl Meaning {
    const fn advice(self) -> &'static str {
        match self {
            Self::NoBucket => "the bucket or container does not exist: make it, or set create",
            Self::NoMultipart => "the service has dropped the upload in parts",
            Self::Identity => {
                "the service does not accept the credentials: check keys, token and account"
            }
            Self::Permission => {
                "the credentials may not do this: allow them to read, write, delete and list"
            }
            Self::Clock => "the clocks of this machine and the service differ: set this one",
            Self::Region => "the bucket is in another region: check region and endpoint",
            Self::Plain => "the port expects TLS: begin the endpoint with https://",
            Self::Trouble => "the service cannot serve now",
            Self::Unsupported => "the service does not know this request",
            Self::Other => "the service refused",
        }
    }
}

impl Refusal {
    /// The refusal that an error comes from.
    pub(crate) fn behind(error: &PortError) -> Option<&Self> {
        error.source.as_deref()?.downcast_ref()
    }

    /// Reads it from an answer and as much of its body as there is.
    pub(super) fn read(parts: &Parts, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body);
        let code = code_in(&body)
            .or_else(|| header(&parts.headers, "x-ms-error-code"))
            // A word: anything else may be long, or quote the request.
            .filter(|code| code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric()));
        let untimely = UNTIMELY.iter().find(|said| body.contains(**said)).copied();
        let code = untimely.or(code);
        let status = parts.status;
        let reason = || {
            let is_plain = status == StatusCode::BAD_REQUEST && body.contains("HTTPS");
            let reason = status.canonical_reason().unwrap_or_default();
            let reason = if is_plain { PLAIN } else { reason };
            reason.to_owned()
        };
        Self {
            status,
            code: code.map_or_else(reason, str::to_owned),
        }
    }

    /// Whether it answers the question: there is no such object, it is there
    /// already, or it is shorter.
    pub(super) fn is_an_answer(&self) -> bool {
        let is_answer = matches!(self.status().as_u16(), 404 | 409 | 412 | 416);
        is_answer && self.meaning() == Meaning::Other
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn is_passing(&self) -> bool {
        self.meaning() == Meaning::Trouble
    }

    #[cfg(feature = "objects")]
    /// Whether the bucket is not there.
    pub(crate) fn is_missing_bucket(&self) -> bool {
        self.meaning() == Meaning::NoBucket
    }

    /// Whether the upload in parts is not there.
    pub(crate) fn is_missing_upload(&self) -> bool {
        self.meaning() == Meaning::NoMultipart
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn kind(&self) -> PortErrorKind {
        match self.meaning() {
            // An upload that was ended can be begun anew.
            Meaning::Trouble | Meaning::NoMultipart => PortErrorKind::Unavailable,
            Meaning::Unsupported => PortErrorKind::Unsupported,
            _ => PortErrorKind::Internal,
        }
    }

    fn meaning(&self) -> Meaning {
        if self.code == PLAIN {
            return Meaning::Plain;
        }
        if UNTIMELY.contains(&self.code.as_str()) {
            return Meaning::Clock;
        }
        let named = WORDS
            .iter()
            .find(|(_, words)| words.contains(&self.code.as_str()));
        match (named, self.status.as_u16()) {
            (Some((meaning, _)), _) => *meaning,
            (None, 301 | 307 | 308) => Meaning::Region,
            (None, 401) => Meaning::Identity,
            (None, 403) => Meaning::Permission,
            (None, 501) => Meaning::Unsupported,
            (None, 408 | 429 | 500..) => Meaning::Trouble,
            (None, _) => Meaning::Other,
        }
    }
}

/// What stands for a server that says itself that it expects TLS.
const PLAIN: &str = "plain HTTP on a port with TLS";

/// What S3 says of the time of a signed address, under the same word as of
/// rights that are missing. Addresses of our own are used at once.
const UNTIMELY: &[&str] = &[
    "Request has expired",
    "Request is not valid yet",
    "Request is not yet valid",
];

/// The code in an XML body of S3, Azure or Google.
fn code_in(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        let answer = http::Response::builder().status(status).body(()).unwrap();
        Refusal::read(&answer.into_parts().0, body.as_bytes())
    }

    #[test]
    fn words_say_more_than_statuses() {
        let xml = |code: &str| format!("<?xml?><Error><Code>{code}</Code></Error>");
        let missing = refusal(404, &xml("NoSuchBucket"));
        assert!(missing.is_missing_bucket() && !missing.is_an_answer());
        assert!(refusal(404, &xml("NoSuchKey")).is_an_answer());
        assert!(refusal(412, &xml("PreconditionFailed")).is_an_answer());
        assert_eq!(
            refusal(403, &xml("RequestTimeTooSkewed")).to_string(),
            "the clocks of this machine and the service differ: set this one \
             (the service answered 403 RequestTimeTooSkewed)"
        );
        for said in UNTIMELY {
            let body = format!("{}<Message>{said}</Message>", xml("AccessDenied"));
            let told = refusal(403, &body).to_string();
            assert!(
                told.contains("set this one") && told.contains(said),
                "{told}"
            );
        }
        assert!(refusal(503, &xml("SlowDown")).is_passing());
        assert!(!refusal(501, &xml("NotImplemented")).is_passing());
        assert_eq!(refusal(501, "").kind(), PortErrorKind::Unsupported);
        assert!(refusal(403, "").to_string().contains("may not do this"));
    }

    #[test]
    fn nothing_of_a_body_but_a_word_is_told() {
        let told = refusal(400, "<Code>hunter2 is wrong</Code>").to_string();
        assert_eq!(
            told,
            "the service refused (the service answered 400 Bad Request)"
        );
        let plain = refusal(400, "Client sent an HTTP request to an HTTPS server.");
        assert!(
            plain
                .to_string()
                .contains("begin the endpoint with https://")
        );
    }
}
