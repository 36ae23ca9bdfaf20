//! The size of request heads.

use poem::Request;

use super::options::ServerOptions;

/// Returns the maximum size of a head that hyper parses. It responds to a larger
/// one itself, without the headers by which a page of another origin could read
/// the response; the endpoint responds to those in between.
pub(super) fn parsed_bytes(options: &ServerOptions) -> u32 {
    let limit = options.max_header_bytes;
    limit.saturating_add(limit / 2)
}

/// The mark of a request whose head is larger than the limit.
#[derive(Debug, Clone, Copy)]
pub struct OversizedHead;

impl OversizedHead {
    /// Returns whether the head, as sent with HTTP/1.1, is larger than the limit.
    pub(super) fn is_head_of(request: &Request, options: &ServerOptions) -> bool {
        // Spaces, the version, line breaks and a colon.
        const LINE_BYTES: usize = 14;
        const FIELD_BYTES: usize = 4;
        let target = request.original_uri().path_and_query();
        let target = target.map_or(0, |target| target.as_str().len());
        let fields = request.headers().iter();
        let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + FIELD_BYTES);
        let bytes = request.method().as_str().len() + target + LINE_BYTES + fields.sum::<usize>();
        bytes > usize::try_from(options.max_header_bytes).unwrap_or(usize::MAX)
    }
}
