//! The table of problem codes: meaning, status and advice for clients.

use poem::http::StatusCode;
use tenantry_application::error::Thing;

/// A problem code. Codes are stable: clients act on them.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable name in `snake_case`, the last segment of the problem's `type`.
    pub name: &'static str,
    /// The HTTP status of the response.
    pub status: StatusCode,
    /// The human-readable summary, equal in every response.
    pub title: &'static str,
    /// The cause and the remedy, shown at `/problems/{code}`.
    pub explanation: &'static str,
    /// The condition for a retry.
    pub retry: Retry,
}

/// The condition under which a retry can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The request must change.
    Changed,
    /// The client must read the current state first.
    Refreshed,
    /// The same request may be sent after `Retry-After`.
    Later,
}

impl Retry {
    /// Returns the advice for clients.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Changed => "The same request will fail again; change it first.",
            Self::Refreshed => "Read the current state, then decide whether to retry.",
            Self::Later => "Retry the same request after the number of seconds in Retry-After.",
        }
    }
}

macro_rules! codes {
    ($($name:ident $status:ident $retry:ident $code:literal $title:literal $explanation:literal;)+) => {
        $(
            #[doc = $title]
            pub static $name: Code = Code {
                name: $code,
                status: StatusCode::$status,
                title: $title,
                explanation: $explanation,
                retry: Retry::$retry,
            };
        )+

        /// All codes, ordered by status.
        pub static ALL: &[&Code] = &[$(&$name),+];
    };
}

codes! {
    MALFORMED_REQUEST BAD_REQUEST Changed "malformed_request" "Malformed request"
        "The request cannot be parsed: the body is not valid JSON in UTF-8, repeats a key, ended early or stalled, the path or query is not valid UTF-8, or the request does not name exactly one host.";
    VALIDATION_FAILED BAD_REQUEST Changed "validation_failed" "Validation failed"
        "The request can be parsed, but one or more values are missing, unknown or invalid. `errors` lists each field with a stable code and a message.";
    MISSING_JWT_TOKEN UNAUTHORIZED Changed "missing_jwt_token" "Credentials missing"
        "This operation requires authentication. Send an access token in the Authorization header, the session cookie, or an API key.";
    UNAUTHORIZED UNAUTHORIZED Changed "unauthorized" "Not authenticated"
        "The credentials are wrong, revoked or contradictory; the response does not say which. Log in again.";
    TOKEN_EXPIRED UNAUTHORIZED Changed "token_expired" "Token expired"
        "The access token has expired, or was issued before the clock of the service was set back. Use the refresh token to get a new one, or log in again.";
    MFA_REQUIRED UNAUTHORIZED Changed "mfa_required" "Second factor required"
        "The password is correct, but this session has not passed the second factor.";
    ACCESS_DENIED FORBIDDEN Changed "access_denied" "Access denied"
        "The caller lacks the required permission. An administrator of the tenant can grant it through a role.";
    QUOTA_EXCEEDED FORBIDDEN Changed "quota_exceeded" "Quota exceeded"
        "The upload would exceed the tenant's storage quota. Delete files or request a larger quota.";
    PROJECT_SERVICE_UNAVAILABLE FORBIDDEN Changed "project_service_unavailable" "Project service unavailable"
        "The project access service cannot be reached, so access is denied.";
    CSRF_FAILED FORBIDDEN Changed "csrf_failed" "CSRF check failed"
        "Requests with a session cookie and an unsafe method must carry the matching X-CSRF-Token. GET /api/v1/auth/csrf returns a new one.";
    EMAIL_NOT_VERIFIED FORBIDDEN Changed "email_not_verified" "E-mail not verified"
        "The e-mail address must be verified first. Follow the link in the e-mail, or request a new one.";
    NOT_FOUND NOT_FOUND Changed "not_found" "Not found"
        "The route or resource does not exist or is not visible to the caller. A resource of another tenant gets the same response as one that never existed.";
    FILE_NOT_FOUND NOT_FOUND Changed "file_not_found" "File not found"
        "The file does not exist or is not visible to the caller.";
    VERSION_NOT_FOUND NOT_FOUND Changed "version_not_found" "Version not found"
        "The version does not exist or is not visible to the caller.";
    BUCKET_NOT_FOUND NOT_FOUND Changed "bucket_not_found" "Bucket not found"
        "The bucket does not exist or is not visible to the caller.";
    TENANT_NOT_FOUND NOT_FOUND Changed "tenant_not_found" "Tenant not found"
        "The tenant does not exist, or the caller is not a member of it.";
    USER_NOT_FOUND NOT_FOUND Changed "user_not_found" "User not found"
        "The user does not exist in this tenant.";
    ROLE_NOT_FOUND NOT_FOUND Changed "role_not_found" "Role not found"
        "The role does not exist in this tenant.";
    JOB_NOT_FOUND NOT_FOUND Changed "job_not_found" "Job not found"
        "The job does not exist or is not visible to the caller.";
    PROJECT_NOT_FOUND NOT_FOUND Changed "project_not_found" "Project not found"
        "The project does not exist in this tenant.";
    METHOD_NOT_ALLOWED METHOD_NOT_ALLOWED Changed "method_not_allowed" "Method not allowed"
        "The route does not support this method. The Allow header lists the supported ones.";
    ALREADY_EXISTS CONFLICT Changed "already_exists" "Already exists"
        "A value that must be unique, such as a name, e-mail address or path, is already in use. Comparison ignores case.";
    VERSION_CONFLICT CONFLICT Refreshed "version_conflict" "Concurrent change"
        "Another request changed the resource after it was read. No part of this change was applied.";
    STATE_CONFLICT CONFLICT Refreshed "state_conflict" "State does not allow this"
        "The current state of the resource does not allow this operation.";
    IDEMPOTENCY_MISMATCH CONFLICT Changed "idempotency_mismatch" "Idempotency key reused"
        "The Idempotency-Key was already used with a different request. Use a new key for each request.";
    IDEMPOTENCY_IN_FLIGHT CONFLICT Refreshed "idempotency_in_flight" "First request still running"
        "The first request with this Idempotency-Key is still running. Retry later to get its response.";
    PRECONDITION_FAILED PRECONDITION_FAILED Refreshed "precondition_failed" "Precondition failed"
        "The If-Match or If-None-Match condition does not hold for the current version.";
    FILE_TOO_LARGE PAYLOAD_TOO_LARGE Changed "file_too_large" "File too large"
        "The file exceeds the maximum file size.";
    REQUEST_TOO_LARGE PAYLOAD_TOO_LARGE Changed "request_too_large" "Request too large"
        "The body exceeds the maximum size of this operation.";
    UNSUPPORTED_MEDIA_TYPE UNSUPPORTED_MEDIA_TYPE Changed "unsupported_media_type" "Unsupported media type"
        "The Content-Type is missing or not supported by this operation, or the body has a Content-Encoding, which is not supported.";
    RANGE_NOT_SATISFIABLE RANGE_NOT_SATISFIABLE Changed "range_not_satisfiable" "Range not satisfiable"
        "The requested range is outside the content. Content-Range contains the size.";
    FILE_LOCKED LOCKED Refreshed "file_locked" "File locked"
        "Another user holds a lock on the file. Wait until it expires, or ask the holder to release it.";
    RATE_LIMITED TOO_MANY_REQUESTS Later "rate_limited" "Too many requests"
        "Too many requests in a short time.";
    HEADERS_TOO_LARGE REQUEST_HEADER_FIELDS_TOO_LARGE Changed "headers_too_large" "Headers too large"
        "The path, the query and the headers together exceed the maximum size of the header section.";
    INTERNAL INTERNAL_SERVER_ERROR Changed "internal" "Internal error"
        "An unexpected error occurred. The cause is in the server log under the request id.";
    STORAGE_UNAVAILABLE SERVICE_UNAVAILABLE Later "storage_unavailable" "Storage unavailable"
        "The file storage is temporarily unavailable.";
    DATABASE_UNAVAILABLE SERVICE_UNAVAILABLE Later "database_unavailable" "Database unavailable"
        "The database is temporarily unavailable.";
    BUSY SERVICE_UNAVAILABLE Later "busy" "Busy"
        "The service is overloaded. No part of the request was executed.";
}

/// Returns the code of a missing resource. A resource without a code does not
/// compile.
pub(super) const fn not_found(thing: Thing) -> &'static Code {
    match thing {
        Thing::File => &FILE_NOT_FOUND,
        Thing::Version => &VERSION_NOT_FOUND,
        Thing::Bucket => &BUCKET_NOT_FOUND,
        Thing::Tenant => &TENANT_NOT_FOUND,
        Thing::User => &USER_NOT_FOUND,
        Thing::Job => &JOB_NOT_FOUND,
        Thing::Project => &PROJECT_NOT_FOUND,
    }
}

impl Code {
    /// Finds a code by its name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|code| code.name == name)
    }

    /// Returns the problem's `type`, a link to its explanation below the path of
    /// the public URL.
    pub fn type_uri(&self, base_path: &str) -> String {
        format!("{base_path}/problems/{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_snake_case() {
        for (i, code) in ALL.iter().enumerate() {
            assert!(
                code.name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
            assert!(!ALL[..i].iter().any(|other| other.name == code.name));
        }
    }

    #[test]
    fn exactly_429_and_503_allow_a_retry_of_the_same_request() {
        for code in ALL {
            let is_retryable = matches!(code.status.as_u16(), 429 | 503);
            assert_eq!(is_retryable, code.retry == Retry::Later, "{}", code.name);
        }
    }
}
