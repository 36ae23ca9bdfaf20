//! Forms written byte by byte, so that tests can malform them.

use std::fmt::Write as _;

/// The boundary between parts.
const BOUNDARY: &str = "tests-boundary-7f3a";

/// A multipart/form-data body under construction.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<u8>);

impl Form {
    /// The content type of the form.
    pub const CONTENT_TYPE: &str = "multipart/form-data; boundary=tests-boundary-7f3a";

    /// Creates a form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text field.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        self.part(head.as_bytes(), value.as_ref());
        self
    }

    /// Adds a file in the field `file`. The name is not escaped.
    #[must_use]
    pub fn file(mut self, name: &str, kind: &str, content: impl AsRef<[u8]>) -> Self {
        let mut head =
            format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        if !kind.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(head, "\r\nContent-Type: {kind}");
        }
        self.part(head.as_bytes(), content.as_ref());
        self
    }

    /// Adds a file whose `Content-Disposition` has these bytes.
    #[must_use]
    pub fn file_as(mut self, disposition: &[u8], content: impl AsRef<[u8]>) -> Self {
        let head = [b"Content-Disposition: ", disposition].concat();
        self.part(&head, content.as_ref());
        self
    }

    /// Returns the complete form.
    pub fn end(mut self) -> Vec<u8> {
        self.0
            .extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.0
    }

    /// Returns the form without its final boundary.
    pub fn cut(self) -> Vec<u8> {
        self.0
    }

    fn part(&mut self, head: &[u8], content: &[u8]) {
        self.0
            .extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        self.0.extend_from_slice(head);
        self.0.extend_from_slice(b"\r\n\r\n");
        self.0.extend_from_slice(content);
        self.0.extend_from_slice(b"\r\n");
    }
}
