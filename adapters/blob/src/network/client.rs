//! The connections to a service.

use std::{
    error::Error,
    fmt,
    path::Path,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, StatusCode, header};
use http_body::Body;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use reqwest::{Certificate, Client, Request, Url, redirect::Policy};
use tenantry_application::ports::{Clock, PortError, PortErrorKind};
use tokio::time::timeout;

use super::{
    pace::{Paced, Progress, Watched},
    refusal::Refusal,
};

/// What a body may fail with.
type BoxError = Box<dyn Error + Send + Sync>;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_millis(1500);
/// How long a question without a body may go without an answer.
const ANSWER: Duration = Duration::from_secs(10);
/// How long bytes may make no progress, in either direction, and how long the
/// answer to what was sent may take after the last of them.
pub(super) const STALL: Duration = Duration::from_secs(30);
/// How long an idle connection is kept: services close theirs somewhat later.
const IDLE: Duration = Duration::from_secs(15);
/// How many idle connections are kept.
const KEPT: usize = 64;
/// The most of a refusal that is read.
const REFUSAL_BYTES: usize = 64 * 1024;

/// Connections to one service. Clones share them.
///
/// A request without a body fails when the answer does not begin in time; one
/// with a body, and any answer's body, when the bytes stop moving, however
/// long they take in all.
#[derive(Clone)]
pub(crate) struct ServiceClient {
    http: Client,
    clock: Arc<dyn Clock>,
    /// How far the service's clock was ahead of ours, in milliseconds.
    ahead: Arc<AtomicI64>,
}

/// A service has not told its time yet.
const UNKNOWN: i64 = i64::MIN;

impl ServiceClient {
    /// Trusts the authorities of this machine, and those of a PEM file.
    pub(crate) fn new(ca_file: Option<&Path>, clock: Arc<dyn Clock>) -> Result<Self, PortError> {
        let mut builder = Client::builder()
            .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(KEPT)
            .tcp_keepalive(IDLE)
            .http1_only()
            // A signature is good for one address.
            .redirect(Policy::none());
        if let Some(path) = ca_file {
            let pem = std::fs::read(path).map_err(|error| {
                let context = format!("cannot read {}", path.display());
                PortError::new(PortErrorKind::Internal, context).caused_by(error)
            })?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|error| unusable_tls(&format!("use {}", path.display()), error))?;
            if certificates.is_empty() {
                let context = format!("there is no certificate in {}", path.display());
                return Err(PortError::new(PortErrorKind::Internal, context));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder
            .build()
            .map_err(|error| unusable_tls("prepare connections", error))?;
        Ok(Self {
            http,
            clock,
            ahead: Arc::new(AtomicI64::new(UNKNOWN)),
        })
    }

    /// By how much the service's clock differed from ours when it last
    /// answered; `None` before that. It tells whole seconds.
    pub(crate) fn clock_difference(&self) -> Option<Duration> {
        let ahead = self.ahead.load(Ordering::Relaxed);
        (ahead != UNKNOWN).then(|| Duration::from_millis(ahead.unsigned_abs()))
    }

    /// Sends a body as it comes, however long that takes: only while the
    /// service does not take what is there, the time counts.
    pub(crate) async fn stream<B>(
        &self,
        request: http::Request<B>,
    ) -> Result<HttpResponse, HttpError>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Sync + Unpin + 'static,
    {
        let (parts, body) = request.into_parts();
        let progress = Progress::default();
        let limit = if parts.method.is_safe() {
            ANSWER
        } else {
            STALL
        };
        let body = reqwest::Body::wrap(Watched::new(body, progress.clone()));
        self.dispatch(parts, body, &progress, limit).await
    }

    async fn dispatch(
        &self,
        parts: http::request::Parts,
        body: reqwest::Body,
        progress: &Progress,
        limit: Duration,
    ) -> Result<HttpResponse, HttpError> {
        let url = parts.uri.to_string().parse::<Url>();
        let url = url.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let mut request = Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body);
        self.exchange(request, progress, limit).await
    }

    pub(super) async fn exchange(
        &self,
        request: Request,
        progress: &Progress,
        limit: Duration,
    ) -> Result<HttpResponse, HttpError> {
        let is_head = request.method() == Method::HEAD;
        let mut answer = pin!(self.http.execute(request));
        let answer = loop {
            let before = progress.bytes();
            match timeout(limit, answer.as_mut()).await {
                Ok(answer) => break answer.map_err(failure)?,
                Err(_) if progress.bytes() != before || progress.is_awaited() => {}
                Err(elapsed) => return Err(HttpError::new(HttpErrorKind::Timeout, elapsed)),
            }
        };
        self.note_time(&answer);
        let status = answer.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            let answer: http::Response<reqwest::Body> = answer.into();
            let (parts, body) = answer.into_parts();
            let body = HttpResponseBody::new(Paced::new(body));
            return Ok(HttpResponse::from_parts(parts, body));
        }
        let (parts, body) = read_refusal(answer, is_head).await?;
        let refusal = Refusal::read(&parts, &body);
        if refusal.is_an_answer() {
            return Ok(HttpResponse::from_parts(parts, body.into()));
        }
        // What is of this kind is tried again.
        let kind = if refusal.is_passing() {
            HttpErrorKind::Request
        } else {
            HttpErrorKind::Unknown
        };
        Err(HttpError::new(kind, refusal))
    }

    fn note_time(&self, answer: &reqwest::Response) {
        let date = answer.headers().get(header::DATE);
        let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let Some(since) = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok()) else {
            return;
        };
        let theirs = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let ahead = theirs.saturating_sub(self.clock.now().as_millis());
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}

async fn read_refusal(
    mut answer: reqwest::Response,
    is_head: bool,
) -> Result<(http::response::Parts, Vec<u8>), HttpError> {
    let mut body = Vec::new();
    while !is_head && body.len() < REFUSAL_BYTES {
        let chunk = timeout(ANSWER, answer.chunk()).await;
        match chunk.map_err(|elapsed| HttpError::new(HttpErrorKind::Timeout, elapsed))? {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            // What came is enough to go by.
            Ok(None) | Err(_) => break,
        }
    }
    let answer: http::Response<reqwest::Body> = answer.into();
    Ok((answer.into_parts().0, body))
}

#[async_trait]
impl HttpService for ServiceClient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Some(bytes) = request.body().as_bytes().cloned() else {
            return self.stream(request).await;
        };
        let (parts, _) = request.into_parts();
        let limit = if bytes.is_empty() { ANSWER } else { STALL };
        self.dispatch(parts, bytes.into(), &Progress::default(), limit)
            .await
    }
}

impl HttpConnector for ServiceClient {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// A failure below HTTP, and whether it may be tried again: always where no
/// request was sent, else where doing it twice does no harm.
fn failure(error: reqwest::Error) -> HttpError {
    let kind = if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_decode() {
        HttpErrorKind::Decode
    } else {
        HttpErrorKind::Interrupted
    };
    HttpError::new(kind, error.without_url())
}

pub(super) fn body_failure(error: reqwest::Error) -> HttpError {
    failure(error)
}

fn unusable_tls(doing: &str, error: reqwest::Error) -> PortError {
    let context = format!("cannot {doing}");
    PortError::new(PortErrorKind::Internal, context).caused_by(error.without_url())
}

impl fmt::Debug for ServiceClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceClient")
    }
}
