//! Conversion of poem's and poem-openapi's errors to problems.

use poem::{
    Error,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError},
    http::{HeaderValue, header::ALLOW},
};
use poem_openapi::error::{
    AuthorizationError, ContentTypeError, ParseParamError, ParsePathError, ParseRequestPayloadError,
};

use super::{
    codes::{self, Code},
    details::Problem,
};
use crate::routes::{Route, Routes};

/// Converts an error returned by a handler to a problem.
pub(crate) fn from_poem(error: Error, routes: &Routes) -> Problem {
    let error = match error.downcast::<Problem>() {
        Ok(problem) => return problem,
        Err(error) => error,
    };
    let route = error.data().and_then(|pattern| routes.find(pattern));
    if error.is::<NotFoundError>() {
        Problem::new(&codes::NOT_FOUND)
    } else if error.is::<MethodNotAllowedError>() {
        method_not_allowed(route)
    } else if let Some(error) = error.downcast_ref::<ParsePathError>() {
        let name = route.and_then(|route| route.parameter(error.name));
        parameter(name.unwrap_or(error.name), &error.reason)
    } else if let Some(error) = error.downcast_ref::<ParseParamError>() {
        parameter(error.name, &error.reason)
    } else if error.is::<AuthorizationError>() {
        Problem::new(&codes::MISSING_JWT_TOKEN)
    } else if let Some(error) = error.downcast_ref::<ContentTypeError>() {
        Problem::new(&codes::UNSUPPORTED_MEDIA_TYPE).detail(match error {
            ContentTypeError::NotSupported { .. } => {
                "This operation does not support the Content-Type of the request."
            }
            ContentTypeError::ExpectContentType => "The request has no Content-Type.",
        })
    } else if error.is::<ReadBodyError>() || error.is::<ParseRequestPayloadError>() {
        Problem::new(&codes::MALFORMED_REQUEST).caused_by(error.to_string())
    } else {
        by_status(&error)
    }
}

/// Converts an unknown error, keeping its status.
fn by_status(error: &Error) -> Problem {
    let status = error.status();
    let code = if status.is_client_error() {
        codes::ALL
            .iter()
            .copied()
            .find(|code| code.status == status)
            .unwrap_or(&codes::MALFORMED_REQUEST)
    } else {
        &codes::INTERNAL
    };
    Problem::new(code).caused_by(error.to_string())
}

fn method_not_allowed(route: Option<&Route>) -> Problem {
    let problem = Problem::new(&codes::METHOD_NOT_ALLOWED);
    match route.map(|route| HeaderValue::try_from(route.allow())) {
        Some(Ok(allow)) => problem.header(ALLOW, allow),
        _ => problem,
    }
}

fn parameter(name: &str, reason: &str) -> Problem {
    let (code, message) = readable(reason);
    Problem::field(name, code, message)
}

/// Converts poem-openapi's reason for an invalid value to a code and a message
/// without Rust type names.
pub(crate) fn readable(reason: &str) -> (&'static str, String) {
    if reason.contains("expects an input value") {
        return ("required", "is missing".to_owned());
    }
    if let Some((_, rule)) = reason.split_once("verification failed. ") {
        return violation(rule);
    }
    let message = if reason.contains("uuid") {
        "must be a UUID like 018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b"
    } else if reason.contains("integer") {
        "must be a whole number in range"
    } else if reason.contains("number_") {
        "must be a number"
    } else if reason.contains("boolean") {
        "must be true or false"
    } else {
        "is not valid"
    };
    ("invalid_format", message.to_owned())
}

fn violation(rule: &str) -> (&'static str, String) {
    let (name, bound) = rule.split_once('(').unwrap_or((rule, ""));
    let bound = bound.split([',', ')']).next().unwrap_or_default();
    match name {
        "maxLength" => ("too_long", format!("must have at most {bound} characters")),
        "minLength" => (
            "too_short",
            format!("must have at least {bound} characters"),
        ),
        "maxItems" => ("too_long", format!("must have at most {bound} items")),
        "minItems" => ("too_short", format!("must have at least {bound} items")),
        "maximum" => ("out_of_range", format!("must be at most {bound}")),
        "minimum" => ("out_of_range", format!("must be at least {bound}")),
        _ => (
            "invalid_format",
            "does not have the expected form".to_owned(),
        ),
    }
}

impl Problem {
    /// Creates the problem of a body larger than `limit` bytes.
    pub(crate) fn request_too_large(limit: usize) -> Self {
        let code: &'static Code = &codes::REQUEST_TOO_LARGE;
        Self::new(code).detail(format!("The body exceeds the limit of {limit} bytes."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_codes_and_messages() {
        for (reason, code, message) in [
            (
                "Type \"string\" expects an input value.",
                "required",
                "is missing",
            ),
            (
                "verification failed. maximum(100, exclusive: false)",
                "out_of_range",
                "must be at most 100",
            ),
            (
                "field `a` verification failed. maxLength(3)",
                "too_long",
                "must have at most 3 characters",
            ),
            (
                "failed to parse \"boolean\": provided string was not `true` or `false`",
                "invalid_format",
                "must be true or false",
            ),
            ("anything else", "invalid_format", "is not valid"),
        ] {
            assert_eq!(readable(reason), (code, message.to_owned()));
        }
    }
}
