//! Requests to a server, and what its answers mean.

use std::{fmt, ops::Range, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Buf, Bytes};
use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header, request::Builder};
use object_store::client::{HttpError, HttpErrorKind, HttpRequestBody, HttpResponse, HttpService};
use tenantry_application::ports::{BlobStream, PortError, PortErrorKind};
use tokio::time::sleep;
use url::Url;

use super::{
    WebdavOptions,
    multistatus::{self, Member},
    staging::Pipe,
};
use crate::{
    error::{from_http, unusable},
    name::ObjectName,
    network::{Refusal, ServiceClient},
};

/// How often a request is tried again, after how long at first, then twice
/// that and so on: as object stores do.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);

/// What is asked of members.
const PROPERTIES: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>";

/// A collection, and the way to it. Names are relative to it and those of
/// collections end with a slash. Clones share connections.
#[derive(Clone)]
pub(super) struct Collection {
    client: ServiceClient,
    url: Url,
    login: Option<HeaderValue>,
}

/// What became of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    Done,
    /// There is something already.
    Taken,
    /// There is no collection to move it into.
    NoParent,
}

impl Collection {
    pub(super) fn new(client: ServiceClient, options: &WebdavOptions) -> Result<Self, PortError> {
        let mut url = options.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", options.url.path()));
        }
        let login = options.login.as_ref().map(|login| {
            let pair = STANDARD.encode(format!("{}:{}", login.username, login.password));
            let value = HeaderValue::try_from(format!("Basic {pair}"));
            let mut value = value.map_err(|_| unusable("the password is none"))?;
            value.set_sensitive(true);
            Ok(value)
        });
        Ok(Self {
            client,
            url,
            login: login.transpose()?,
        })
    }

    pub(super) fn clock_difference(&self) -> Option<Duration> {
        self.client.clock_difference()
    }

    /// Whether the collection itself is there. The first question of all: says
    /// what is wrong with a server that cannot answer it.
    pub(super) async fn is_there(&self) -> Result<bool, PortError> {
        let found = self.find("").await.map_err(|error| {
            let refusal = Refusal::behind(&error);
            let advice = refusal.map(Refusal::status).and_then(first_advice);
            match (advice, refusal) {
                (Some(advice), Some(refusal)) => {
                    unusable(&format!("{advice} (it answered {})", refusal.status()))
                }
                _ => error,
            }
        })?;
        match found {
            Some(found) if !found.is_collection => {
                Err(unusable("what is at the url is no collection"))
            }
            found => Ok(found.is_some()),
        }
    }

    /// `None` where nothing has that name.
    pub(super) async fn find(&self, name: &str) -> Result<Option<Member>, PortError> {
        let Some(answer) = self.properties(name, "0").await? else {
            return Ok(None);
        };
        let mut members = multistatus::members(answer.into_body(), shown(name).to_owned());
        let member = members.try_next().await?;
        member.map_or_else(|| Err(no_webdav("nothing")), |it| Ok(Some(it)))
    }

    /// What is in a collection, itself included; `None` where there is none of
    /// that name.
    pub(super) async fn members(
        &self,
        name: String,
    ) -> Result<Option<BoxStream<'static, Result<Member, PortError>>>, PortError> {
        let answer = self.properties(&name, "1").await?;
        Ok(answer.map(|answer| multistatus::members(answer.into_body(), name)))
    }

    async fn properties(&self, name: &str, depth: &str) -> Result<Option<HttpResponse>, PortError> {
        let request = self.request("PROPFIND", name)?.header("depth", depth);
        let request = request.header(header::CONTENT_TYPE, "application/xml; charset=utf-8");
        let body = Bytes::from_static(PROPERTIES.as_bytes());
        let answer = self.ask("find", name, request, body).await?;
        match answer.status() {
            StatusCode::MULTI_STATUS => Ok(Some(answer)),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(no_webdav(status)),
        }
    }

    /// Makes a collection in one that is there. One that is there itself is
    /// fine.
    pub(super) async fn make(&self, name: &str) -> Result<(), PortError> {
        let request = self.request("MKCOL", name)?;
        match self.ask("make", name, request, Bytes::new()).await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(unexpected("make", name, answer.status())),
            // What it answers where there is something of that name.
            Err(error) if status_of(&error) == Some(StatusCode::METHOD_NOT_ALLOWED) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes, and replaces what is there.
    pub(super) async fn write(&self, name: &str, body: Bytes) -> Result<(), PortError> {
        let request = self.request("PUT", name)?;
        let answer = self.ask("write", name, request, body).await?;
        written(name, answer.status())
    }

    /// The same with bytes that are still to come.
    pub(super) async fn write_piped(&self, name: &str, body: Pipe) -> Result<(), PortError> {
        let request = self.request("PUT", name)?;
        let request = request.body(body).map_err(unspeakable)?;
        let answer = self.client.stream(request).await;
        let answer = answer.map_err(from_http("write", name))?;
        written(name, answer.status())
    }

    /// Gives another name to what is there, if nothing has it. Is not tried
    /// again: it may have been done.
    pub(super) async fn rename(&self, from: &str, to: &str) -> Result<Moved, PortError> {
        let request = self.request("MOVE", from)?.header("overwrite", "F");
        let request = request.header("destination", self.at(to)?.as_str());
        let request = request.body(HttpRequestBody::empty());
        let answer = self.client.call(request.map_err(unspeakable)?).await;
        match answer.map_err(from_http("place", to))?.status() {
            StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(Moved::Done),
            StatusCode::PRECONDITION_FAILED => Ok(Moved::Taken),
            StatusCode::CONFLICT => Ok(Moved::NoParent),
            status => Err(unexpected("place", to, status)),
        }
    }

    /// Whether there was something to delete.
    pub(super) async fn delete(&self, name: &str) -> Result<bool, PortError> {
        let request = self.request("DELETE", name)?;
        let answer = self.ask("delete", name, request, Bytes::new()).await?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(false),
            StatusCode::OK | StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(true),
            status => Err(unexpected("delete", name, status)),
        }
    }

    /// `None` where there is no such object; less than the range where it is
    /// shorter.
    pub(super) async fn read(
        &self,
        name: ObjectName,
        range: Range<u64>,
    ) -> Result<Option<BlobStream>, PortError> {
        let asked = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let path = name.to_string();
        let request = self.request("GET", &path)?.header(header::RANGE, asked);
        let answer = self.ask("read", &path, request, Bytes::new()).await?;
        let first = match answer.status() {
            StatusCode::PARTIAL_CONTENT => first_byte(answer.headers()),
            // It knows no ranges.
            StatusCode::OK => Some(0),
            StatusCode::RANGE_NOT_SATISFIABLE => return Ok(Some(stream::empty().boxed())),
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(unexpected("read", &path, status)),
        };
        let skipped = first.and_then(|first| range.start.checked_sub(first));
        let skipped = skipped.ok_or_else(|| {
            let context = format!("cannot read {name}: another range came than was asked for");
            PortError::new(PortErrorKind::Internal, context)
        })?;
        let bytes = answer.into_body().bytes_stream();
        let bytes = bytes.map_err(move |error| from_http("read", name)(error));
        let wanted = range.end.saturating_sub(range.start);
        Ok(Some(window(bytes.boxed(), skipped, wanted)))
    }

    fn at(&self, name: &str) -> Result<Url, PortError> {
        // Names are made here and hold nothing that means something in a URL.
        self.url.join(name).map_err(unspeakable)
    }

    fn request(&self, method: &str, name: &str) -> Result<Builder, PortError> {
        let request = Request::builder().method(method);
        let request = request.uri(self.at(name)?.as_str());
        Ok(match &self.login {
            Some(login) => request.header(header::AUTHORIZATION, login),
            None => request,
        })
    }

    /// Asks what can be asked twice.
    async fn ask(
        &self,
        doing: &str,
        name: &str,
        request: Builder,
        body: Bytes,
    ) -> Result<HttpResponse, PortError> {
        let request = request.body(body).map_err(unspeakable)?;
        let mut tries = 0;
        loop {
            match self.client.call(request.clone().map(Into::into)).await {
                Err(error) if tries < TRIES && is_passing(&error) => {
                    sleep(PAUSE * 2_u32.pow(tries)).await;
                    tries += 1;
                }
                answer => return answer.map_err(from_http(doing, shown(name))),
            }
        }
    }
}

/// What the collection itself is called in errors.
fn shown(name: &str) -> &str {
    if name.is_empty() {
        "the collection"
    } else {
        name
    }
}

fn is_passing(error: &HttpError) -> bool {
    use HttpErrorKind::{Connect, Interrupted, Request};
    matches!(error.kind(), Connect | Interrupted | Request)
}

fn written(name: &str, status: StatusCode) -> Result<(), PortError> {
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
            let context = format!(
                "cannot write {name}: its collection is gone: is the disk of its server mounted?"
            );
            Err(PortError::new(PortErrorKind::Unavailable, context))
        }
        status => Err(unexpected("write", name, status)),
    }
}

fn unexpected(doing: &str, name: &str, status: StatusCode) -> PortError {
    let name = shown(name);
    unusable(&format!(
        "cannot {doing} {name}: the server answered {status}"
    ))
}

fn no_webdav(answer: impl fmt::Display) -> PortError {
    unusable(&format!("{NO_WEBDAV} (it answered {answer})"))
}

const NO_WEBDAV: &str = "the server does not speak WebDAV at the url";

/// What a refusal of the very first question means.
fn first_advice(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        300..=399 => Some("the server sends to another address: check the url"),
        400 | 405 | 501 => Some(NO_WEBDAV),
        401 => Some("the server does not accept the login: check username and password"),
        _ => None,
    }
}

fn status_of(error: &PortError) -> Option<StatusCode> {
    Refusal::behind(error).map(Refusal::status)
}

/// Of the error nothing is told: it may quote the address.
fn unspeakable<E>(_: E) -> PortError {
    unusable("the url is none that can be asked for")
}

/// Where what came begins.
fn first_byte(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (first, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    first.parse().ok()
}

/// So many bytes behind those that are skipped; nothing is read after them.
fn window(bytes: BlobStream, skipped: u64, wanted: u64) -> BlobStream {
    let rest = (bytes, skipped, wanted);
    stream::try_unfold(rest, |(mut bytes, mut skipped, mut wanted)| async move {
        while wanted > 0 {
            let Some(mut chunk) = bytes.try_next().await? else {
                break;
            };
            let skip = usize::try_from(skipped).unwrap_or(usize::MAX);
            let skip = skip.min(chunk.len());
            chunk.advance(skip);
            skipped -= skip as u64;
            chunk.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
            wanted -= chunk.len() as u64;
            if !chunk.is_empty() {
                return Ok(Some((chunk, (bytes, skipped, wanted))));
            }
        }
        Ok::<_, PortError>(None)
    })
    .boxed()
}

/// Without a login, which the URL may not hold.
impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.path())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[tokio::test]
    async fn a_range_is_cut_out_of_more() {
        let whole = b"0123456789";
        for chunk in [1, 3, 10] {
            for (skipped, wanted, expected) in [
                (0, 10, &whole[..]),
                (0, 4, b"0123"),
                (2, 3, b"234"),
                (9, 5, b"9"),
                (10, 5, b""),
                (3, 0, b""),
            ] {
                let chunks = whole.chunks(chunk).map(|it| Ok(Bytes::from_static(it)));
                let bytes = stream::iter(chunks.collect::<Vec<_>>()).boxed();
                let came: Vec<_> = window(bytes, skipped, wanted).try_collect().await.unwrap();
                assert_eq!(came.concat(), expected, "{skipped}+{wanted} by {chunk}");
            }
        }
    }
}
