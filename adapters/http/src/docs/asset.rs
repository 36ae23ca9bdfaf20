//! Static content, stored compressed.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Read,
};

use bytes::Bytes;
use flate2::{Compression, read::GzDecoder};
use poem::{
    Request, Response,
    http::{
        StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, VARY,
        },
    },
};

use crate::middleware::{accepts_gzip, gzip};

/// A static file.
#[derive(Debug)]
pub(super) struct Asset {
    content_type: &'static str,
    policy: Option<&'static str>,
    compressed: Bytes,
    tag: u64,
}

impl Asset {
    /// Compresses text.
    pub(super) fn from_text(content_type: &'static str, text: &str, level: Compression) -> Self {
        // Writing to memory does not fail.
        let compressed = gzip(text.as_bytes(), level).unwrap_or_default();
        Self::from_gzip(content_type, Bytes::from(compressed))
    }

    /// Wraps bytes in gzip format.
    pub(super) fn from_gzip(content_type: &'static str, compressed: Bytes) -> Self {
        let mut hasher = DefaultHasher::new();
        compressed.hash(&mut hasher);
        Self {
            content_type,
            policy: None,
            compressed,
            tag: hasher.finish(),
        }
    }

    /// Sets the content security policy.
    pub(super) fn with_policy(mut self, policy: &'static str) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Decompresses the content.
    pub(super) fn decompress(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        // The content is valid gzip.
        let result = GzDecoder::new(self.compressed.as_ref()).read_to_end(&mut plain);
        result.map(|_| plain).unwrap_or_default()
    }

    /// Responds to a request for the file.
    pub(super) fn respond(&self, request: &Request) -> Response {
        let gzip = accepts_gzip(request.headers());
        let coding = if gzip { "gz" } else { "id" };
        let tag = format!("\"{:016x}-{coding}\"", self.tag);
        let mut response = Response::builder()
            .header(ETAG, &tag)
            .header(VARY, "accept-encoding")
            .header(CACHE_CONTROL, "public, no-cache");
        if let Some(policy) = self.policy {
            response = response.header(CONTENT_SECURITY_POLICY, policy);
        }
        let is_current = request
            .header(IF_NONE_MATCH)
            .is_some_and(|tags| tags.split(',').any(|candidate| candidate.trim() == tag));
        if is_current {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        let response = response.content_type(self.content_type);
        if gzip {
            response
                .header(CONTENT_ENCODING, "gzip")
                .body(self.compressed.clone())
        } else {
            response.body(self.decompress())
        }
    }
}
