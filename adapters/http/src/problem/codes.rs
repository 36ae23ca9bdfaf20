//! The one table of problem codes: what each means, its status, and what a
//! client does next.

use poem::http::StatusCode;

/// One kind of problem. Codes are stable: clients act on them.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable, `snake_case`; the end of the problem's `type`.
    pub name: &'static str,
    /// The status it is answered with.
    pub status: StatusCode,
    /// Some words for people, the same in every answer.
    pub title: &'static str,
    /// What happened and what helps, for whoever reads `/problems/{code}`.
    pub explanation: &'static str,
    /// Whether asking again helps.
    pub retry: Retry,
}

/// Whether the same request may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not unless something about the request changes.
    Changed,
    /// After reading the present state again.
    Refreshed,
    /// As it is, after `Retry-After`.
    Later,
}

impl Retry {
    /// The hint in words.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Changed => "The same request will fail again; change it first.",
            Self::Refreshed => "Read the present state, then decide whether to try again.",
            Self::Later => "Send the same request again after the seconds in Retry-After.",
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

        /// Every code, by status.
        pub static ALL: &[&Code] = &[$(&$name),+];
    };
}

codes! {
    MALFORMED_REQUEST BAD_REQUEST Changed "malformed_request" "Malformed request"
        "The request cannot be read: its body is not JSON in UTF-8, names a key twice, ended early or stalled, or its path or query is not text in UTF-8.";
    VALIDATION_FAILED BAD_REQUEST Changed "validation_failed" "Validation failed"
        "The request can be read, but one or more values are missing, unknown or not valid. `errors` names each field, a stable code and a reason.";
    MISSING_JWT_TOKEN UNAUTHORIZED Changed "missing_jwt_token" "Credentials missing"
        "This operation needs a caller. Send an access token in the Authorization header, the session cookie, or an API key.";
    UNAUTHORIZED UNAUTHORIZED Changed "unauthorized" "Not authenticated"
        "The credentials are wrong, revoked or contradict each other. Which of these is not told. Sign in again.";
    TOKEN_EXPIRED UNAUTHORIZED Changed "token_expired" "Token expired"
        "The access token was good once. Exchange the refresh token for a new one, or sign in again.";
    MFA_REQUIRED UNAUTHORIZED Changed "mfa_required" "Second factor required"
        "The password was right, but this session has not passed the second factor yet.";
    ACCESS_DENIED FORBIDDEN Changed "access_denied" "Access denied"
        "The caller is known but lacks the permission. An administrator of the tenant can grant it through a role.";
    QUOTA_EXCEEDED FORBIDDEN Changed "quota_exceeded" "Quota exceeded"
        "The tenant's storage quota has no room for this. Delete files or ask for a larger quota.";
    PROJECT_SERVICE_UNAVAILABLE FORBIDDEN Changed "project_service_unavailable" "Project service unavailable"
        "The service that decides on project access cannot be reached, so access is denied.";
    CSRF_FAILED FORBIDDEN Changed "csrf_failed" "CSRF check failed"
        "A caller with a session cookie must send the matching X-CSRF-Token with every unsafe method. GET /api/v1/auth/csrf gives a fresh one.";
    EMAIL_NOT_VERIFIED FORBIDDEN Changed "email_not_verified" "E-mail not verified"
        "The address has to be verified first. Follow the link in the mail, or ask for a new one.";
    NOT_FOUND NOT_FOUND Changed "not_found" "Not found"
        "There is no such route or resource, or not for this caller: what belongs to another tenant answers exactly as what never existed.";
    FILE_NOT_FOUND NOT_FOUND Changed "file_not_found" "File not found"
        "There is no such file, or not for this caller.";
    VERSION_NOT_FOUND NOT_FOUND Changed "version_not_found" "Version not found"
        "There is no such version of the file, or not for this caller.";
    BUCKET_NOT_FOUND NOT_FOUND Changed "bucket_not_found" "Bucket not found"
        "There is no such space for files, or not for this caller.";
    TENANT_NOT_FOUND NOT_FOUND Changed "tenant_not_found" "Tenant not found"
        "There is no such tenant, or the caller is no member of it.";
    USER_NOT_FOUND NOT_FOUND Changed "user_not_found" "User not found"
        "There is no such person in this tenant.";
    ROLE_NOT_FOUND NOT_FOUND Changed "role_not_found" "Role not found"
        "There is no such role in this tenant.";
    JOB_NOT_FOUND NOT_FOUND Changed "job_not_found" "Job not found"
        "There is no such job, or not for this caller.";
    METHOD_NOT_ALLOWED METHOD_NOT_ALLOWED Changed "method_not_allowed" "Method not allowed"
        "The route exists, but not with this method. The Allow header lists those it has.";
    ALREADY_EXISTS CONFLICT Changed "already_exists" "Already exists"
        "A name, address or path that must be unique is taken; upper and lower case make no difference.";
    VERSION_CONFLICT CONFLICT Refreshed "version_conflict" "Changed in the meantime"
        "Somebody else changed it between your reading and your writing. Nothing of your change was applied.";
    STATE_CONFLICT CONFLICT Refreshed "state_conflict" "Not possible in this state"
        "The resource is in a state that does not allow this step.";
    IDEMPOTENCY_MISMATCH CONFLICT Changed "idempotency_mismatch" "Idempotency key used for another request"
        "The same Idempotency-Key came with a different request before. Use a new key for a new request.";
    IDEMPOTENCY_IN_FLIGHT CONFLICT Refreshed "idempotency_in_flight" "First request still running"
        "A request with the same Idempotency-Key is still running. Ask again to get its answer.";
    PRECONDITION_FAILED PRECONDITION_FAILED Refreshed "precondition_failed" "Precondition failed"
        "The If-Match or If-None-Match condition does not hold for the present version.";
    FILE_TOO_LARGE PAYLOAD_TOO_LARGE Changed "file_too_large" "File too large"
        "The file is larger than one file may be here.";
    REQUEST_TOO_LARGE PAYLOAD_TOO_LARGE Changed "request_too_large" "Request too large"
        "The body is larger than this operation reads.";
    UNSUPPORTED_MEDIA_TYPE UNSUPPORTED_MEDIA_TYPE Changed "unsupported_media_type" "Unsupported media type"
        "The Content-Type is missing or not one the operation reads, or the body is compressed: bodies are taken only without Content-Encoding.";
    RANGE_NOT_SATISFIABLE RANGE_NOT_SATISFIABLE Changed "range_not_satisfiable" "Range not satisfiable"
        "No byte of the range is in the content; Content-Range tells its size.";
    FILE_LOCKED LOCKED Refreshed "file_locked" "File locked"
        "Somebody holds the lock of this file. Wait for its end, or ask the holder.";
    RATE_LIMITED TOO_MANY_REQUESTS Later "rate_limited" "Too many requests"
        "Too many tries in a short time.";
    INTERNAL INTERNAL_SERVER_ERROR Changed "internal" "Internal error"
        "A fault on our side. The request id leads to the cause in the service's log.";
    STORAGE_UNAVAILABLE SERVICE_UNAVAILABLE Later "storage_unavailable" "Storage unavailable"
        "The file storage cannot be reached at the moment.";
    DATABASE_UNAVAILABLE SERVICE_UNAVAILABLE Later "database_unavailable" "Database unavailable"
        "The database cannot be reached at the moment.";
    BUSY SERVICE_UNAVAILABLE Later "busy" "Busy"
        "The service has more to do than it can queue. Nothing of the request was done.";
}

impl Code {
    /// The code of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|code| code.name == name)
    }

    /// The problem's `type`: where its explanation is.
    pub fn type_uri(&self) -> String {
        format!("/problems/{}", self.name)
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
    fn what_may_be_sent_again_is_exactly_429_and_503() {
        for code in ALL {
            let later = matches!(code.status.as_u16(), 429 | 503);
            assert_eq!(later, code.retry == Retry::Later, "{}", code.name);
        }
    }
}
