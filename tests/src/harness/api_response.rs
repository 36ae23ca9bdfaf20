//! HTTP responses, read to the end.

use bytes::Bytes;
use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::Value;

/// A response with its whole body.
#[derive(Debug, Clone)]
pub struct ApiResponse {
    /// The method and path of the request, for messages.
    pub request: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl ApiResponse {
    /// Reads a response to its end; a truncated body is an error.
    pub async fn read(request: String, response: Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await?;
        Ok(Self {
            request,
            status,
            headers,
            body,
        })
    }

    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status.as_u16(),
            status,
            "{}: {}",
            self.request,
            String::from_utf8_lossy(&self.body)
        );
        self
    }

    /// Asserts a problem: its status, its code, and the members that all
    /// problems have.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let response = self.expect(status);
        let problem = response.json();
        assert_eq!(
            response.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(problem["code"], code, "{}: {problem}", response.request);
        assert_eq!(problem["status"], status, "{}", response.request);
        assert_eq!(
            problem["type"],
            format!("/problems/{code}"),
            "{}",
            response.request
        );
        let request_id = problem["request_id"].as_str().expect("a request id");
        assert_eq!(
            response.header("x-request-id"),
            Some(request_id),
            "{}",
            response.request
        );
        response
    }

    /// Asserts a `validation_failed` problem with this field and reason code
    /// among its `errors`.
    #[track_caller]
    pub fn expect_field(self, field: &str, code: &str) -> Self {
        let response = self.expect_problem(400, "validation_failed");
        let problem = response.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let found = errors
            .iter()
            .any(|error| error["field"] == field && error["code"] == code);
        assert!(
            found,
            "{}: no {field} {code} in {problem}",
            response.request
        );
        response
    }

    /// Returns status and body without the request id, to compare responses that
    /// must be indistinguishable.
    #[track_caller]
    pub fn without_request_id(&self) -> (u16, Value) {
        let mut body = if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        };
        if let Some(members) = body.as_object_mut() {
            members.remove("request_id");
        }
        (self.status.as_u16(), body)
    }

    /// Parses the body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => {
                panic!(
                    "{}: {error}: {}",
                    self.request,
                    String::from_utf8_lossy(&self.body)
                )
            }
        }
    }

    /// Returns a string of the JSON body by its JSON pointer without the first
    /// slash.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let body = self.json();
        let value = body.pointer(&format!("/{pointer}")).and_then(Value::as_str);
        match value {
            Some(text) => text.to_owned(),
            None => panic!("{}: no text at {pointer} in {body}", self.request),
        }
    }

    /// Returns a header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
