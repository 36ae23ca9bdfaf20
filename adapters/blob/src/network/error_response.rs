//! Error responses of services, and their causes.

use std::fmt;

use http::{HeaderMap, StatusCode, response::Parts};
use tenantry_application::ports::{PortError, PortErrorKind};

/// An error response: its status and the service's error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorResponse {
    status: StatusCode,
    code: String,
}

/// The cause of an error response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    MissingBucket,
    MissingUpload,
    Authentication,
    Authorization,
    ClockSkew,
    Region,
    TlsRequired,
    Temporary,
    Unsupported,
    Other,
}

/// The error codes of S3, Azure and Google, and of S3-compatible servers.
const CODES: &[(Cause, &[&str])] = &[
    (
        Cause::MissingBucket,
        &["NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"],
    ),
    (Cause::MissingUpload, &["NoSuchUpload"]),
    (
        Cause::Authentication,
        &[
            "AuthenticationFailed",
            "ExpiredToken",
            "InvalidAccessKeyId",
            "InvalidAuthenticationInfo",
            "InvalidSecurity",
            "InvalidToken",
            "InvalidTokenId",
            SIGNATURE_MISMATCH,
            "TokenRefreshRequired",
        ],
    ),
    (
        Cause::Authorization,
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
        Cause::ClockSkew,
        &[
            "RequestExpired",
            "RequestTimeTooSkewed",
            "RequestNotYetValid",
        ],
    ),
    (
        Cause::Region,
        &[
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "InvalidRegion",
            "PermanentRedirect",
            "TemporaryRedirect",
        ],
    ),
    (Cause::Unsupported, &["NotImplemented"]),
];

impl Cause {
    const fn message(self) -> &'static str {
        match self {
            Self::MissingBucket => "the bucket or container does not exist",
            Self::MissingUpload => "the multipart upload no longer exists",
            Self::Authentication => "the service rejected the credentials",
            Self::Authorization => "the credentials lack permission",
            Self::ClockSkew => "the clocks of this machine and the service differ",
            Self::Region => "the bucket is in another region",
            Self::TlsRequired => "the port expects TLS",
            Self::Temporary => "the service is temporarily unavailable",
            Self::Unsupported => "the service does not support this request",
            Self::Other => "the service rejected the request",
        }
    }

    /// Returns the remedy, if the operator has one.
    const fn advice(self) -> Option<&'static str> {
        match self {
            Self::MissingBucket => Some("create it, or set create"),
            Self::Authentication => Some("check keys, token and account"),
            Self::Authorization => Some("allow them to read, write, delete and list"),
            Self::ClockSkew => Some("set this machine's clock"),
            Self::Region => Some("check region and endpoint"),
            Self::TlsRequired => Some("use https:// in the endpoint"),
            Self::MissingUpload | Self::Temporary | Self::Unsupported | Self::Other => None,
        }
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cause, status) = (self.cause(), self.status.as_u16());
        let (message, code) = (cause.message(), &self.code);
        write!(f, "{message} (the service responded {status} {code})")?;
        match cause.advice() {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ErrorResponse {}

impl ErrorResponse {
    /// Returns the error response that caused a port error.
    pub(crate) fn behind(error: &PortError) -> Option<&Self> {
        error.source.as_deref()?.downcast_ref()
    }

    /// Parses an error response. The body may be truncated.
    pub(super) fn parse(parts: &Parts, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body);
        let code = code_in(&body)
            .or_else(|| header(&parts.headers, "x-ms-error-code"))
            // Anything but a word may be long, or quote the request.
            .filter(|code| code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric()));
        let time_message = TIME_MESSAGES.iter().find(|text| body.contains(**text));
        let code = time_message.copied().or(code);
        let status = parts.status;
        let reason = || {
            let requires_tls = status == StatusCode::BAD_REQUEST && body.contains("HTTPS");
            let reason = status.canonical_reason().unwrap_or_default();
            let reason = if requires_tls { TLS_REQUIRED } else { reason };
            reason.to_owned()
        };
        Self {
            status,
            code: code.map_or_else(reason, str::to_owned),
        }
    }

    /// Returns whether the response describes the state of the object: missing,
    /// already existing, or shorter than the range.
    pub(super) fn describes_object(&self) -> bool {
        let has_status = matches!(self.status().as_u16(), 404 | 409 | 412 | 416);
        has_status && self.cause() == Cause::Other
    }

    /// Returns whether the same request may succeed later.
    pub(super) fn is_transient(&self) -> bool {
        self.cause() == Cause::Temporary
    }

    /// Returns whether the bucket does not exist.
    #[cfg(feature = "objects")]
    pub(crate) fn is_missing_bucket(&self) -> bool {
        self.cause() == Cause::MissingBucket
    }

    /// Returns whether the service computed another signature of the request.
    #[cfg(feature = "s3")]
    pub(crate) fn is_signature_mismatch(&self) -> bool {
        self.code == SIGNATURE_MISMATCH
    }

    /// Returns whether the multipart upload does not exist.
    pub(crate) fn is_missing_upload(&self) -> bool {
        self.cause() == Cause::MissingUpload
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn kind(&self) -> PortErrorKind {
        match self.cause() {
            // The client can retry the whole upload.
            Cause::Temporary | Cause::MissingUpload => PortErrorKind::Unavailable,
            Cause::Unsupported => PortErrorKind::Unsupported,
            _ => PortErrorKind::Internal,
        }
    }

    fn cause(&self) -> Cause {
        if self.code == TLS_REQUIRED {
            return Cause::TlsRequired;
        }
        if TIME_MESSAGES.contains(&self.code.as_str()) {
            return Cause::ClockSkew;
        }
        let known = CODES
            .iter()
            .find(|(_, codes)| codes.contains(&self.code.as_str()));
        match (known, self.status.as_u16()) {
            (Some((cause, _)), _) => *cause,
            (None, 301 | 307 | 308) => Cause::Region,
            (None, 401) => Cause::Authentication,
            (None, 403) => Cause::Authorization,
            (None, 501) => Cause::Unsupported,
            (None, 408 | 429 | 500..) => Cause::Temporary,
            (None, _) => Cause::Other,
        }
    }
}

/// The code of a signature that does not match the request.
const SIGNATURE_MISMATCH: &str = "SignatureDoesNotMatch";

/// The code of a response that states that the port expects TLS.
const TLS_REQUIRED: &str = "plain HTTP on a port with TLS";

/// The messages of S3 about the time of a presigned URL, which share the code of
/// missing permissions. The service uses its URLs immediately, so that only
/// clock skew can cause them.
const TIME_MESSAGES: &[&str] = &[
    "Request has expired",
    "Request is not valid yet",
    "Request is not yet valid",
];

/// Returns the code in an XML body of S3, Azure or Google.
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

    fn error(status: u16, body: &str) -> ErrorResponse {
        let response = http::Response::builder().status(status).body(()).unwrap();
        ErrorResponse::parse(&response.into_parts().0, body.as_bytes())
    }

    #[test]
    fn codes_take_precedence_over_the_status() {
        let xml = |code: &str| format!("<?xml?><Error><Code>{code}</Code></Error>");
        let missing = error(404, &xml("NoSuchBucket"));
        assert!(missing.cause() == Cause::MissingBucket && !missing.describes_object());
        assert!(error(404, &xml("NoSuchKey")).describes_object());
        assert!(error(412, &xml("PreconditionFailed")).describes_object());
        assert_eq!(
            error(403, &xml("RequestTimeTooSkewed")).to_string(),
            "the clocks of this machine and the service differ (the service responded \
             403 RequestTimeTooSkewed); set this machine's clock"
        );
        for text in TIME_MESSAGES {
            let body = format!("{}<Message>{text}</Message>", xml("AccessDenied"));
            let message = error(403, &body).to_string();
            assert!(
                message.contains("set this machine's clock") && message.contains(text),
                "{message}"
            );
        }
        assert!(error(503, &xml("SlowDown")).is_transient());
        assert!(!error(501, &xml("NotImplemented")).is_transient());
        assert_eq!(error(501, "").kind(), PortErrorKind::Unsupported);
        assert!(error(403, "").to_string().contains("lack permission"));
    }

    #[test]
    fn only_a_code_of_the_body_is_quoted() {
        let message = error(400, "<Code>hunter2 is wrong</Code>").to_string();
        assert_eq!(
            message,
            "the service rejected the request (the service responded 400 Bad Request)"
        );
        let plain = error(400, "Client sent an HTTP request to an HTTPS server.");
        assert!(plain.to_string().contains("use https://"));
    }
}
