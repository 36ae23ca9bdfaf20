//! Reads what a server tells of the members of a collection, one by one as
//! they come.

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

/// The most that is read of one member, in bytes.
const MEMBER_BYTES: u64 = 1024 * 1024;

/// What is told of a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Member {
    /// The last part of its address, as it stands there: names of ours hold
    /// nothing that is written otherwise in an address.
    pub(super) name: String,
    pub(super) is_collection: bool,
    size_bytes: Option<u64>,
    modified_at: Option<Timestamp>,
}

impl Member {
    /// `None` for a collection.
    pub(super) fn size(&self) -> Option<u64> {
        self.size_bytes.filter(|_| !self.is_collection)
    }

    /// Whether it was written before; not where nobody knows.
    pub(super) fn is_older(&self, before: Timestamp) -> bool {
        !self.is_collection && self.modified_at.is_some_and(|at| at <= before)
    }

    /// As what it is under a whole name; `None` for what is foreign.
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
                let context = format!("the server tells neither size nor time of {name}");
                Err(PortError::new(PortErrorKind::Internal, context))
            }
        }
    }
}

/// The members that an answer tells of.
pub(super) fn members(
    body: HttpResponseBody,
    name: String,
) -> BoxStream<'static, Result<Member, PortError>> {
    let answer = Answer::new(body.bytes_stream());
    stream::try_unfold(answer, |mut answer| async move {
        let member = answer.next().await?;
        Ok(member.map(|member| (member, answer)))
    })
    .map_err(move |unread: Unread| {
        let kind = match unread {
            Unread::Cut => PortErrorKind::Unavailable,
            Unread::Malformed => PortErrorKind::Internal,
        };
        PortError::new(kind, format!("cannot list {name}")).caused_by(unread)
    })
    .boxed()
}

/// Why an answer was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
enum Unread {
    #[error("the answer of the server broke off")]
    Cut,
    #[error("the answer of the server is none of WebDAV")]
    Malformed,
}

/// Of the error nothing more is told: it may quote the answer.
impl From<quick_xml::Error> for Unread {
    fn from(error: quick_xml::Error) -> Self {
        match error {
            quick_xml::Error::Io(_) => Self::Cut,
            _ => Self::Malformed,
        }
    }
}

impl From<EncodingError> for Unread {
    fn from(_: EncodingError) -> Self {
        Self::Malformed
    }
}

type Source = BoxStream<'static, io::Result<Bytes>>;

/// An answer that is read as it comes, a member at a time.
struct Answer {
    xml: Reader<StreamReader<Source, Bytes>>,
    /// What came since the last member.
    unread: Arc<AtomicU64>,
    buffer: Vec<u8>,
    /// Whether the end was seen: one that breaks off before tells of fewer.
    is_whole: bool,
}

impl Answer {
    fn new(body: impl Stream<Item = Result<Bytes, HttpError>> + Send + 'static) -> Self {
        let unread = Arc::<AtomicU64>::default();
        let came = Arc::clone(&unread);
        let bounded = body.map_err(io::Error::other).and_then(move |bytes| {
            let before = came.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            ready(if before > MEMBER_BYTES {
                Err(ErrorKind::FileTooLarge.into())
            } else {
                Ok(bytes)
            })
        });
        Self {
            xml: Reader::from_reader(StreamReader::new(bounded.boxed())),
            unread,
            buffer: Vec::new(),
            is_whole: false,
        }
    }

    /// The next member; `None` at the end. The names of its elements are taken
    /// for those of `DAV:`, whatever their prefix.
    async fn next(&mut self) -> Result<Option<Member>, Unread> {
        self.unread.store(0, Ordering::Relaxed);
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
                // In no value of ours: it makes the name a foreign one.
                Event::GeneralRef(_) => text.push('&'),
                Event::End(tag) => match (tag.local_name().as_ref(), &mut member) {
                    (b"response", Some(_)) => return Ok(member),
                    (b"multistatus", None) => self.is_whole = true,
                    (element, Some(member)) => member.learn(element, text.trim()),
                    _ => {}
                },
                Event::Eof if self.is_whole => return Ok(None),
                Event::Eof => return Err(Unread::Cut),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }
}

impl Member {
    fn learn(&mut self, element: &[u8], text: &str) {
        match element {
            b"href" if self.name.is_empty() => {
                let last = text.trim_end_matches('/').rsplit('/').next();
                last.unwrap_or_default().clone_into(&mut self.name);
            }
            b"getcontentlength" => self.size_bytes = text.parse().ok(),
            b"getlastmodified" => self.modified_at = instant(text),
            _ => {}
        }
    }
}

fn instant(text: &str) -> Option<Timestamp> {
    let at = httpdate::parse_http_date(text).ok()?;
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::EPOCH.plus(since))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0"?>
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

    /// An answer that comes in chunks of a size.
    fn answer(text: &str, chunk: usize) -> Answer {
        let chunks = text.as_bytes().chunks(chunk);
        let chunks: Vec<_> = chunks.map(|it| Ok(Bytes::copy_from_slice(it))).collect();
        Answer::new(stream::iter(chunks))
    }

    #[tokio::test]
    async fn members_come_one_by_one() {
        for chunk in [1, 7, 4096] {
            let mut answer = answer(ANSWER, chunk);
            let folder = answer.next().await.unwrap().unwrap();
            assert_eq!((&*folder.name, folder.size()), ("one", None));
            assert!(folder.is_collection && !folder.is_older(Timestamp::from_millis(i64::MAX)));
            let file = answer.next().await.unwrap().unwrap();
            assert_eq!((&*file.name, file.size()), ("two", Some(17)));
            let minute = Timestamp::from_millis(60_000);
            assert!(file.is_older(minute) && !file.is_older(Timestamp::from_millis(59_999)));
            assert_eq!(answer.next().await.unwrap().unwrap().name, "a&b");
            assert_eq!(answer.next().await, Ok(None));
        }
    }

    #[tokio::test]
    async fn less_than_all_is_no_end() {
        for length in 1..ANSWER.len() - 1 {
            let mut answer = answer(&ANSWER[..length], 4096);
            let end = loop {
                match answer.next().await {
                    Ok(Some(_)) => {}
                    end => break end,
                }
            };
            assert!(end.is_err(), "{length}");
        }
        let page = answer("<html><body>welcome</body></html>", 4096)
            .next()
            .await;
        assert_eq!(page, Err(Unread::Cut));
    }

    #[tokio::test]
    async fn a_member_without_end_is_not_gathered() {
        let endless = format!(
            "<multistatus><response><href>{}",
            "x".repeat(3 * 1024 * 1024)
        );
        assert_eq!(answer(&endless, 4096).next().await, Err(Unread::Cut));
    }
}
