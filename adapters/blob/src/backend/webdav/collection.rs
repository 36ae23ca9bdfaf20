//! Requests to a server, and the meaning of its responses.

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
    multistatus::{self, Member},
    options::WebdavOptions,
    pipe::PipeBody,
};
use crate::{
    error::invalid_config,
    name::ObjectName,
    network::{ErrorResponse, ServiceClient, from_http},
};

/// The maximum number of retries.
const MAX_RETRIES: u32 = 3;
/// The delay before the first retry, doubled for each further one.
const RETRY_DELAY: Duration = Duration::from_millis(50);

/// The body of a `PROPFIND` request.
const PROPERTIES: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>";

/// A collection of a server. Names are relative to it; names of collections end
/// with a slash. Clones share connections.
#[derive(Clone)]
pub(super) struct Collection {
    client: ServiceClient,
    url: Url,
    authorization: Option<HeaderValue>,
}

/// The outcome of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MoveOutcome {
    Moved,
    /// The target already exists.
    TargetExists,
    /// The parent collection of the target does not exist.
    MissingParent,
}

impl Collection {
    pub(super) fn new(client: ServiceClient, options: &WebdavOptions) -> Result<Self, PortError> {
        let mut url = options.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", options.url.path()));
        }
        let authorization = options.login.as_ref().map(|login| {
            let pair = STANDARD.encode(format!("{}:{}", login.username, login.password));
            let value = HeaderValue::try_from(format!("Basic {pair}"));
            let mut value = value.map_err(|_| invalid_config("the password is not valid"))?;
            value.set_sensitive(true);
            Ok(value)
        });
        Ok(Self {
            client,
            url,
            authorization: authorization.transpose()?,
        })
    }

    pub(super) fn clock_skew(&self) -> Option<Duration> {
        self.client.clock_skew()
    }

    /// Returns whether the collection itself exists. As the first request, it
    /// explains the errors of a misconfigured server.
    pub(super) async fn exists(&self) -> Result<bool, PortError> {
        let member = self.lookup("").await.map_err(|error| {
            let status = status_of(&error);
            match status.and_then(|status| Some((status, startup_advice(status)?))) {
                Some((status, (message, advice))) => invalid_config(&format!(
                    "{message} (the server responded {status}); {advice}"
                )),
                None => error,
            }
        })?;
        match member {
            Some(member) if !member.is_collection => {
                Err(invalid_config("the resource at url is not a collection"))
            }
            member => Ok(member.is_some()),
        }
    }

    /// Returns the member of a name, or `None` if it does not exist.
    pub(super) async fn lookup(&self, name: &str) -> Result<Option<Member>, PortError> {
        let Some(response) = self.properties(name, "0").await? else {
            return Ok(None);
        };
        let target = display_name(name).to_owned();
        let mut members = multistatus::members(response.into_body(), target);
        let member = members.try_next().await?;
        member.map_or_else(
            || Err(not_webdav("without a member")),
            |member| Ok(Some(member)),
        )
    }

    /// Lists the members of a collection, including itself. Returns `None` if it
    /// does not exist.
    pub(super) async fn members(
        &self,
        name: String,
    ) -> Result<Option<BoxStream<'static, Result<Member, PortError>>>, PortError> {
        let response = self.properties(&name, "1").await?;
        Ok(response.map(|response| multistatus::members(response.into_body(), name)))
    }

    async fn properties(&self, name: &str, depth: &str) -> Result<Option<HttpResponse>, PortError> {
        let request = self.request("PROPFIND", name)?.header("depth", depth);
        let request = request.header(header::CONTENT_TYPE, "application/xml; charset=utf-8");
        let body = Bytes::from_static(PROPERTIES.as_bytes());
        let response = self.send_with_retry("find", name, request, body).await?;
        match response.status() {
            StatusCode::MULTI_STATUS => Ok(Some(response)),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(not_webdav(status)),
        }
    }

    /// Creates a collection in an existing one; creating an existing collection
    /// succeeds.
    pub(super) async fn create(&self, name: &str) -> Result<(), PortError> {
        let request = self.request("MKCOL", name)?;
        let response = self.send_with_retry("create", name, request, Bytes::new());
        match response.await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(unexpected("create", name, response.status())),
            // RFC 4918, section 9.3.1: the resource already exists.
            Err(error) if status_of(&error) == Some(StatusCode::METHOD_NOT_ALLOWED) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Writes an object, replacing an existing one.
    pub(super) async fn write(&self, name: &str, body: Bytes) -> Result<(), PortError> {
        let request = self.request("PUT", name)?;
        let response = self.send_with_retry("write", name, request, body).await?;
        check_write(name, response.status())
    }

    /// Writes an object from a streamed body, replacing an existing one.
    pub(super) async fn write_streamed(&self, name: &str, body: PipeBody) -> Result<(), PortError> {
        let request = self.request("PUT", name)?;
        let request = request.body(body).map_err(invalid_url)?;
        let response = self.client.stream(request).await;
        let response = response.map_err(from_http("write", name))?;
        check_write(name, response.status())
    }

    /// Moves an object unless the target exists. Does not retry, because a failed
    /// attempt may have succeeded on the server.
    pub(super) async fn rename(&self, from: &str, to: &str) -> Result<MoveOutcome, PortError> {
        let request = self.request("MOVE", from)?.header("overwrite", "F");
        let request = request.header("destination", self.url_of(to)?.as_str());
        let request = request.body(HttpRequestBody::empty());
        let response = self.client.call(request.map_err(invalid_url)?).await;
        match response.map_err(from_http("publish", to))?.status() {
            StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(MoveOutcome::Moved),
            StatusCode::PRECONDITION_FAILED => Ok(MoveOutcome::TargetExists),
            StatusCode::CONFLICT => Ok(MoveOutcome::MissingParent),
            status => Err(unexpected("publish", to, status)),
        }
    }

    /// Deletes an object, and returns whether it existed.
    pub(super) async fn delete(&self, name: &str) -> Result<bool, PortError> {
        let request = self.request("DELETE", name)?;
        let response = self.send_with_retry("delete", name, request, Bytes::new());
        match response.await?.status() {
            StatusCode::NOT_FOUND => Ok(false),
            StatusCode::OK | StatusCode::ACCEPTED | StatusCode::NO_CONTENT => Ok(true),
            status => Err(unexpected("delete", name, status)),
        }
    }

    /// Streams a range of an object; the stream of a shorter object ends early.
    /// Returns `None` if the object does not exist.
    pub(super) async fn read(
        &self,
        name: ObjectName,
        range: Range<u64>,
    ) -> Result<Option<BlobStream>, PortError> {
        let bytes = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let path = name.to_string();
        let request = self.request("GET", &path)?.header(header::RANGE, bytes);
        let response = self.send_with_retry("read", &path, request, Bytes::new());
        let response = response.await?;
        let first = match response.status() {
            StatusCode::PARTIAL_CONTENT => first_byte(response.headers()),
            // The server does not support ranges.
            StatusCode::OK => Some(0),
            StatusCode::RANGE_NOT_SATISFIABLE => return Ok(Some(stream::empty().boxed())),
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(unexpected("read", &path, status)),
        };
        let skip = first.and_then(|first| range.start.checked_sub(first));
        let skip = skip.ok_or_else(|| {
            let context = format!("cannot read {name}: the server returned another range");
            PortError::new(PortErrorKind::Internal, context)
        })?;
        let bytes = response.into_body().bytes_stream();
        let bytes = bytes.map_err(move |error| from_http("read", name)(error));
        let length = range.end.saturating_sub(range.start);
        Ok(Some(window(bytes.boxed(), skip, length)))
    }

    fn url_of(&self, name: &str) -> Result<Url, PortError> {
        // Names contain no characters that are special in a URL.
        self.url.join(name).map_err(invalid_url)
    }

    fn request(&self, method: &str, name: &str) -> Result<Builder, PortError> {
        let request = Request::builder().method(method);
        let request = request.uri(self.url_of(name)?.as_str());
        Ok(match &self.authorization {
            Some(value) => request.header(header::AUTHORIZATION, value),
            None => request,
        })
    }

    /// Sends an idempotent request, and retries transient errors.
    async fn send_with_retry(
        &self,
        action: &str,
        name: &str,
        request: Builder,
        body: Bytes,
    ) -> Result<HttpResponse, PortError> {
        let request = request.body(body).map_err(invalid_url)?;
        let mut retries = 0;
        loop {
            match self.client.call(request.clone().map(Into::into)).await {
                Err(error) if retries < MAX_RETRIES && is_transient(&error) => {
                    sleep(RETRY_DELAY * 2_u32.pow(retries)).await;
                    retries += 1;
                }
                result => return result.map_err(from_http(action, display_name(name))),
            }
        }
    }
}

/// Returns the name for error messages.
fn display_name(name: &str) -> &str {
    if name.is_empty() {
        "the collection"
    } else {
        name
    }
}

fn is_transient(error: &HttpError) -> bool {
    use HttpErrorKind::{Connect, Interrupted, Request};
    matches!(error.kind(), Connect | Interrupted | Request)
}

fn check_write(name: &str, status: StatusCode) -> Result<(), PortError> {
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
            let context = format!(
                "cannot write {name}: its collection does not exist; \
                 check whether the server's disk is mounted"
            );
            Err(PortError::new(PortErrorKind::Unavailable, context))
        }
        status => Err(unexpected("write", name, status)),
    }
}

fn unexpected(action: &str, name: &str, status: StatusCode) -> PortError {
    let name = display_name(name);
    invalid_config(&format!(
        "cannot {action} {name}: the server responded {status}"
    ))
}

fn not_webdav(response: impl fmt::Display) -> PortError {
    invalid_config(&format!(
        "{NOT_WEBDAV} (the server responded {response}); {CHECK_URL}"
    ))
}

const NOT_WEBDAV: &str = "the server does not speak WebDAV at this URL";
const CHECK_URL: &str = "check url";

/// Returns the meaning of an error response to the first request, and the remedy.
fn startup_advice(status: StatusCode) -> Option<(&'static str, &'static str)> {
    match status.as_u16() {
        300..=399 => Some(("the server redirects to another URL", CHECK_URL)),
        400 | 405 | 501 => Some((NOT_WEBDAV, CHECK_URL)),
        401 => Some((
            "the server rejected the credentials",
            "check username and password",
        )),
        _ => None,
    }
}

fn status_of(error: &PortError) -> Option<StatusCode> {
    ErrorResponse::behind(error).map(ErrorResponse::status)
}

/// Returns the error of an invalid URL. The source is dropped because it may
/// quote the URL.
fn invalid_url<E>(_: E) -> PortError {
    invalid_config("the configured url is not valid")
}

/// Returns the start of the range in a response.
fn first_byte(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (first, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    first.parse().ok()
}

/// Skips `skip` bytes and returns the next `length`, without reading further.
fn window(bytes: BlobStream, skip: u64, length: u64) -> BlobStream {
    let state = (bytes, skip, length);
    stream::try_unfold(state, |(mut bytes, mut skip, mut length)| async move {
        while length > 0 {
            let Some(mut chunk) = bytes.try_next().await? else {
                break;
            };
            let count = usize::try_from(skip).unwrap_or(usize::MAX);
            let count = count.min(chunk.len());
            chunk.advance(count);
            skip -= count as u64;
            chunk.truncate(usize::try_from(length).unwrap_or(usize::MAX));
            length -= chunk.len() as u64;
            if !chunk.is_empty() {
                return Ok(Some((chunk, (bytes, skip, length))));
            }
        }
        Ok::<_, PortError>(None)
    })
    .boxed()
}

/// Shows the path only.
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
    async fn a_window_skips_and_truncates() {
        let whole = b"0123456789";
        for chunk in [1, 3, 10] {
            for (skip, length, expected) in [
                (0, 10, &whole[..]),
                (0, 4, b"0123"),
                (2, 3, b"234"),
                (9, 5, b"9"),
                (10, 5, b""),
                (3, 0, b""),
            ] {
                let chunks = whole.chunks(chunk).map(|part| Ok(Bytes::from_static(part)));
                let bytes = stream::iter(chunks.collect::<Vec<_>>()).boxed();
                let parts: Vec<_> = window(bytes, skip, length).try_collect().await.unwrap();
                assert_eq!(parts.concat(), expected, "{skip}+{length} by {chunk}");
            }
        }
    }
}
