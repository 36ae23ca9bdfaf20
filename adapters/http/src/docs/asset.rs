//! Static content, stored compressed.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Read,
    sync::{Arc, Mutex, PoisonError, Weak},
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

/// Content of several responses.
struct SharedContent(Arc<Vec<u8>>);

impl AsRef<[u8]> for SharedContent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A static file.
#[derive(Debug)]
pub(super) struct Asset {
    content_type: &'static str,
    policy: Option<&'static str>,
    compressed: Bytes,
    /// The decompressed content while a response has it.
    plain: Mutex<Weak<Vec<u8>>>,
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
            plain: Mutex::default(),
            tag: hasher.finish(),
        }
    }

    /// Sets the content security policy.
    pub(super) fn with_policy(mut self, policy: &'static str) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Returns the decompressed content, which concurrent responses share.
    pub(super) fn decompress(&self) -> Bytes {
        let mut shared = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = shared.upgrade().unwrap_or_else(|| {
            let mut plain = Vec::new();
            // The content is valid gzip.
            let result = GzDecoder::new(self.compressed.as_ref()).read_to_end(&mut plain);
            Arc::new(result.map(|_| plain).unwrap_or_default())
        });
        *shared = Arc::downgrade(&plain);
        Bytes::from_owner(SharedContent(plain))
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
