//! Streaming parser for the members of a `multistatus` response (RFC 4918,
//! section 13).

use std::{
    future::ready,
    io::{self, ErrorKind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::UNIX_EPOCH,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};
use object_store::client::{HttpError, HttpResponseBody};
use quick_xml::{Reader, encoding::EncodingError, events::Event};
use tenantry_application::ports::{BlobEntry, PortError, PortErrorKind};
use tenantry_domain::Timestamp;
use thiserror::Error;
use tokio_util::io::StreamReader;

/// The maximum size of one member in a response, in bytes.
const MAX_MEMBER_BYTES: u64 = 1024 * 1024;

/// A member of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Member {
    /// The last segment of the URL, not decoded: names of the service need no
    /// percent-encoding.
    pub(super) name: String,
    pub(super) is_collection: bool,
    size_bytes: Option<u64>,
    modified_at: Option<Timestamp>,
}

impl Member {
    /// Returns the size, or `None` for a collection.
    pub(super) fn size(&self) -> Option<u64> {
        self.size_bytes.filter(|_| !self.is_collection)
    }

    /// Returns whether the object was last modified at or before `before`, as far
    /// as the server reports it.
    pub(super) fn is_older(&self, before: Timestamp) -> bool {
        !self.is_collection && self.modified_at.is_some_and(|at| at <= before)
    }

    /// Converts the member with its full name; returns `None` for foreign names.
    pub(super) fn into_blob(self, name: &str) -> Result<Option<BlobEntry>, PortError> {
        let Some(key) = name.parse().ok().filter(|_| !self.is_collection) else {
            return Ok(None);
        };
        match (self.size_bytes, self.modified_at) {
            (Some(size_bytes), Some(modified_at)) => Ok(Some(BlobEntry {
                key,
                size_bytes,
                modified_at,
            })),
            _ => {
                let context = format!("the server did not report size and time of {name}");
                Err(PortError::new(PortErrorKind::Internal, context))
            }
        }
    }
}

/// Streams the members in a response.
pub(super) fn members(
    body: HttpResponseBody,
    name: String,
) -> BoxStream<'static, Result<Member, PortError>> {
    let parser = Parser::new(body.bytes_stream());
    stream::try_unfold(parser, |mut parser| async move {
        let member = parser.next().await?;
        Ok(member.map(|member| (member, parser)))
    })
    .map_err(move |error: ParseError| {
        let kind = match error {
            ParseError::Truncated => PortErrorKind::Unavailable,
            ParseError::Malformed => PortErrorKind::Internal,
        };
        PortError::new(kind, format!("cannot list {name}")).caused_by(error)
    })
    .boxed()
}

/// The error of an incomplete or malformed response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum ParseError {
    #[error("the response of the server is incomplete")]
    Truncated,
    #[error("the response of the server is not valid WebDAV XML")]
    Malformed,
}

/// Drops the source, because it may quote the response.
impl From<quick_xml::Error> for ParseError {
    fn from(error: quick_xml::Error) -> Self {
        match error {
            quick_xml::Error::Io(_) => Self::Truncated,
            _ => Self::Malformed,
        }
    }
}

impl From<EncodingError> for ParseError {
    fn from(_: EncodingError) -> Self {
        Self::Malformed
    }
}

type Source = BoxStream<'static, io::Result<Bytes>>;

/// A parser that reads a response one member at a time.
struct Parser {
    xml: Reader<StreamReader<Source, Bytes>>,
    /// The number of bytes received since the last member.
    member_bytes: Arc<AtomicU64>,
    buffer: Vec<u8>,
    /// Whether the end element was read. Without it, members may be missing.
    is_complete: bool,
}

impl Parser {
    fn new(body: impl Stream<Item = Result<Bytes, HttpError>> + Send + 'static) -> Self {
        let member_bytes = Arc::<AtomicU64>::default();
        let counter = Arc::clone(&member_bytes);
        let bounded = body.map_err(io::Error::other).and_then(move |bytes| {
            let before = counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            ready(if before > MAX_MEMBER_BYTES {
                Err(ErrorKind::FileTooLarge.into())
            } else {
                Ok(bytes)
            })
        });
        Self {
            xml: Reader::from_reader(StreamReader::new(bounded.boxed())),
            member_bytes,
            buffer: Vec::new(),
            is_complete: false,
        }
    }

    /// Returns the next member, or `None` at the end. Namespace prefixes are
    /// ignored; all elements are assumed to be in `DAV:`.
    async fn next(&mut self) -> Result<Option<Member>, ParseError> {
        self.member_bytes.store(0, Ordering::Relaxed);
        let (mut member, mut text) = (None, String::new());
        loop {
            self.buffer.clear();
            match self.xml.read_event_into_async(&mut self.buffer).await? {
                Event::Start(tag) | Event::Empty(tag) => {
                    text.clear();
                    match (tag.local_name().as_ref(), &mut member) {
                        (b"response", None) => member = Some(Member::default()),
                        (b"collection", Some(member)) => member.is_collection = true,
                        _ => {}
                    }
                }
                Event::Text(part) => text.push_str(&part.decode()?),
                Event::CData(part) => text.push_str(&part.decode()?),
                // Occurs only in foreign names; the exact character is irrelevant.
                Event::GeneralRef(_) => text.push('&'),
                Event::End(tag) => match (tag.local_name().as_ref(), &mut member) {
                    (b"response", Some(_)) => return Ok(member),
                    (b"multistatus", None) => self.is_complete = true,
                    (element, Some(member)) => member.set(element, text.trim()),
                    _ => {}
                },
                Event::Eof if self.is_complete => return Ok(None),
                Event::Eof => return Err(ParseError::Truncated),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }
}

impl Member {
    /// Sets the property of an element.
    fn set(&mut self, element: &[u8], text: &str) {
        match element {
            b"href" if self.name.is_empty() => {
                let last = text.trim_end_matches('/').rsplit('/').next();
                last.unwrap_or_default().clone_into(&mut self.name);
            }
            b"getcontentlength" => self.size_bytes = text.parse().ok(),
            b"getlastmodified" => self.modified_at = http_date(text),
            _ => {}
        }
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(text).ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::EPOCH.plus(since))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const RESPONSE: &str = r#"<?xml version="1.0"?>
<D:multistatus xmlns:D="DAV:">
  <D:response>
    <D:href>/dav/t/one/</D:href>
    <D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop></D:propstat>
  </D:response>
  <D:response xmlns:x="DAV:">
    <x:href>http://host/dav/t/one/two</x:href>
    <x:propstat><x:prop>
      <x:resourcetype/>
      <x:getcontentlength> 17 </x:getcontentlength>
      <x:getlastmodified>Thu, 01 Jan 1970 00:01:00 GMT</x:getlastmodified>
    </x:prop></x:propstat>
  </D:response>
  <D:response><D:href>/a&amp;b</D:href></D:response>
</D:multistatus>"#;

    /// Returns a parser of a response received in chunks of a size.
    fn parser(text: &str, chunk: usize) -> Parser {
        let chunks = text.as_bytes().chunks(chunk);
        let chunks: Vec<_> = chunks
            .map(|part| Ok(Bytes::copy_from_slice(part)))
            .collect();
        Parser::new(stream::iter(chunks))
    }

    #[tokio::test]
    async fn members_are_parsed_one_by_one() {
        for chunk in [1, 7, 4096] {
            let mut parser = parser(RESPONSE, chunk);
            let collection = parser.next().await.unwrap().unwrap();
            assert_eq!((&*collection.name, collection.size()), ("one", None));
            let end_of_time = Timestamp::from_millis(i64::MAX);
            assert!(collection.is_collection && !collection.is_older(end_of_time));
            let file = parser.next().await.unwrap().unwrap();
            assert_eq!((&*file.name, file.size()), ("two", Some(17)));
            let minute = Timestamp::from_millis(60_000);
            assert!(file.is_older(minute) && !file.is_older(Timestamp::from_millis(59_999)));
            assert_eq!(parser.next().await.unwrap().unwrap().name, "a&b");
            assert_eq!(parser.next().await, Ok(None));
        }
    }

    #[tokio::test]
    async fn incomplete_responses_are_rejected() {
        for length in 1..RESPONSE.len() - 1 {
            let mut parser = parser(&RESPONSE[..length], 4096);
            let end = loop {
                match parser.next().await {
                    Ok(Some(_)) => {}
                    end => break end,
                }
            };
            assert!(end.is_err(), "{length}");
        }
        let page = parser("<html><body>welcome</body></html>", 4096)
            .next()
            .await;
        assert_eq!(page, Err(ParseError::Truncated));
    }

    #[tokio::test]
    async fn an_endless_member_is_rejected() {
        let endless = format!(
            "<multistatus><response><href>{}",
            "x".repeat(3 * 1024 * 1024)
        );
        let member = parser(&endless, 4096).next().await;
        assert_eq!(member, Err(ParseError::Truncated));
    }
}
