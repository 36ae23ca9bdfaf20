//! Answers, whole.

use bytes::Bytes;
use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::Value;

/// An answer with its body read to the end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub asked: String,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// Reads an answer to its end; an error where the body is cut.
    pub async fn read(asked: String, response: Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await?;
        Ok(Self {
            asked,
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
            self.asked,
            String::from_utf8_lossy(&self.body)
        );
        self
    }

    /// Asserts a problem: its status, its code, and the shape that all have.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        let problem = answer.json();
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(problem["code"], code, "{}: {problem}", answer.asked);
        assert_eq!(problem["status"], status, "{}", answer.asked);
        assert_eq!(
            problem["type"],
            format!("/problems/{code}"),
            "{}",
            answer.asked
        );
        let request_id = problem["request_id"].as_str().expect("a request id");
        assert_eq!(
            answer.header("x-request-id"),
            Some(request_id),
            "{}",
            answer.asked
        );
        answer
    }

    /// Asserts that one value is refused: `validation_failed`, with the field
    /// and the reason's code among the `errors`.
    #[track_caller]
    pub fn expect_field(self, field: &str, code: &str) -> Self {
        let answer = self.expect_problem(400, "validation_failed");
        let problem = answer.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let found = errors
            .iter()
            .any(|error| error["field"] == field && error["code"] == code);
        assert!(found, "{}: no {field} {code} in {problem}", answer.asked);
        answer
    }

    /// Status and body without the request's id: what two answers that must
    /// not tell anything apart have in common.
    #[track_caller]
    pub fn essence(&self) -> (u16, Value) {
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

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => {
                panic!(
                    "{}: {error}: {}",
                    self.asked,
                    String::from_utf8_lossy(&self.body)
                )
            }
        }
    }

    /// A text member of the JSON body, by its JSON pointer without the first slash.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let body = self.json();
        let value = body.pointer(&format!("/{pointer}")).and_then(Value::as_str);
        match value {
            Some(text) => text.to_owned(),
            None => panic!("{}: no text at {pointer} in {body}", self.asked),
        }
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
