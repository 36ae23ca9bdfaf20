//! Bytes that are the same for everyone, kept compressed.

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

/// One file to serve.
#[derive(Debug)]
pub(super) struct Asset {
    kind: &'static str,
    policy: Option<&'static str>,
    compressed: Bytes,
    tag: u64,
}

impl Asset {
    /// From text made while running.
    pub(super) fn rendered(kind: &'static str, text: &str, level: Compression) -> Self {
        // Writing to memory does not fail.
        let compressed = gzip(text.as_bytes(), level).unwrap_or_default();
        Self::compressed(kind, Bytes::from(compressed))
    }

    /// From bytes in gzip.
    pub(super) fn compressed(kind: &'static str, compressed: Bytes) -> Self {
        let mut hasher = DefaultHasher::new();
        compressed.hash(&mut hasher);
        Self {
            kind,
            policy: None,
            compressed,
            tag: hasher.finish(),
        }
    }

    /// With a content policy of its own.
    pub(super) fn with_policy(mut self, policy: &'static str) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The bytes as they are.
    pub(super) fn plain(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        // What we compressed ourselves can be read again.
        let read = GzDecoder::new(self.compressed.as_ref()).read_to_end(&mut plain);
        read.map(|_| plain).unwrap_or_default()
    }

    /// The answer to a request for it.
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
        let known = request
            .header(IF_NONE_MATCH)
            .is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
        if known {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        let response = response.content_type(self.kind);
        if gzip {
            response
                .header(CONTENT_ENCODING, "gzip")
                .body(self.compressed.clone())
        } else {
            response.body(self.plain())
        }
    }
}
