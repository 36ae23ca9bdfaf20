//! The HTTP client of a service.

#[cfg(test)]
mod tests;

use std::{
    error::Error,
    fmt,
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
    body::{ProgressBody, StallTimeoutBody, UploadProgress, http_error},
    error_response::ErrorResponse,
    limits::{CONNECT_TIMEOUT, IDLE_TIMEOUT, RESPONSE_TIMEOUT, STALL_TIMEOUT},
};

type BoxError = Box<dyn Error + Send + Sync>;

/// The maximum number of idle connections per host.
const MAX_IDLE: usize = 64;
/// The maximum number of bytes read of an error response.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The maximum clock skew without a warning: services reject signatures that are
/// five to fifteen minutes off.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(2);

/// A client with a connection pool for one service. Clones share the pool.
///
/// A request without a body fails if the response does not begin in time; a
/// request with a body, and the body of any response, only if it stalls.
#[derive(Clone)]
pub(crate) struct ServiceClient {
    http: Client,
    clock: Arc<dyn Clock>,
    /// The lead of the service's clock, in milliseconds, or `UNKNOWN_LEAD`.
    clock_lead: Arc<AtomicI64>,
}

/// The value of `clock_lead` before the first response.
const UNKNOWN_LEAD: i64 = i64::MIN;

impl ServiceClient {
    /// Creates a client that trusts the system's certificate authorities and
    /// additional ones in PEM.
    pub(crate) fn new(authorities: Option<&str>, clock: Arc<dyn Clock>) -> Result<Self, PortError> {
        let mut builder = Client::builder()
            .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE)
            .tcp_keepalive(IDLE_TIMEOUT)
            .http1_only()
            // A signature is valid for one URL only.
            .redirect(Policy::none());
        if let Some(pem) = authorities {
            let certificates = Certificate::from_pem_bundle(pem.as_bytes())
                .map_err(|error| tls_error("use the certificates of ca_file", error))?;
            if certificates.is_empty() {
                let context = "ca_file contains no certificate in PEM";
                return Err(PortError::new(PortErrorKind::Internal, context));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder
            .build()
            .map_err(|error| tls_error("set up the HTTP client", error))?;
        Ok(Self {
            http,
            clock,
            clock_lead: Arc::new(AtomicI64::new(UNKNOWN_LEAD)),
        })
    }

    /// Returns the clock skew measured at the last response, to the second, or
    /// `None` before the first.
    pub(crate) fn clock_skew(&self) -> Option<Duration> {
        let lead = self.clock_lead.load(Ordering::Relaxed);
        (lead != UNKNOWN_LEAD).then(|| Duration::from_millis(lead.unsigned_abs()))
    }

    /// Logs a warning if the clock skew is about to make signatures invalid.
    pub(crate) fn warn_of_clock_skew(&self) {
        if let Some(skew) = self.clock_skew()
            && skew > MAX_CLOCK_SKEW
        {
            let seconds = skew.as_secs();
            tracing::warn!(
                seconds,
                "the clocks of this machine and the storage differ; set this machine's clock"
            );
        }
    }

    /// Sends a streamed body. The timeout applies only while the service does
    /// not accept bytes that are available.
    pub(crate) async fn stream<B>(
        &self,
        request: http::Request<B>,
    ) -> Result<HttpResponse, HttpError>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Sync + Unpin + 'static,
    {
        let (parts, body) = request.into_parts();
        let progress = UploadProgress::default();
        let limit = if parts.method.is_safe() {
            RESPONSE_TIMEOUT
        } else {
            STALL_TIMEOUT
        };
        let body = reqwest::Body::wrap(ProgressBody::new(body, progress.clone()));
        self.dispatch(parts, body, &progress, limit).await
    }

    async fn dispatch(
        &self,
        parts: http::request::Parts,
        body: reqwest::Body,
        progress: &UploadProgress,
        limit: Duration,
    ) -> Result<HttpResponse, HttpError> {
        let url = parts.uri.to_string().parse::<Url>();
        let url = url.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let mut request = Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body);
        self.send_request(request, progress, limit).await
    }

    pub(super) async fn send_request(
        &self,
        request: Request,
        progress: &UploadProgress,
        limit: Duration,
    ) -> Result<HttpResponse, HttpError> {
        let is_head = request.method() == Method::HEAD;
        let mut response = pin!(self.http.execute(request));
        let response = loop {
            let before = progress.bytes();
            match timeout(limit, response.as_mut()).await {
                Ok(response) => break response.map_err(http_error)?,
                Err(_) if progress.bytes() != before || progress.is_waiting_for_data() => {}
                Err(elapsed) => return Err(HttpError::new(HttpErrorKind::Timeout, elapsed)),
            }
        };
        self.record_clock(&response);
        let status = response.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            let response: http::Response<reqwest::Body> = response.into();
            let (parts, body) = response.into_parts();
            let body = HttpResponseBody::new(StallTimeoutBody::new(body));
            return Ok(HttpResponse::from_parts(parts, body));
        }
        let (parts, body) = read_error(response, is_head).await?;
        let error = ErrorResponse::parse(&parts, &body);
        if error.describes_object() {
            return Ok(HttpResponse::from_parts(parts, body.into()));
        }
        // `object_store` retries errors of kind `Request`.
        let kind = if error.is_transient() {
            HttpErrorKind::Request
        } else {
            HttpErrorKind::Unknown
        };
        Err(HttpError::new(kind, error))
    }

    fn record_clock(&self, response: &reqwest::Response) {
        let date = response.headers().get(header::DATE);
        let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let Some(since) = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok()) else {
            return;
        };
        let service_time = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let lead = service_time.saturating_sub(self.clock.now().as_millis());
        self.clock_lead.store(lead, Ordering::Relaxed);
    }
}

/// Reads an error response with at most 64 KiB of its body.
async fn read_error(
    mut response: reqwest::Response,
    is_head: bool,
) -> Result<(http::response::Parts, Vec<u8>), HttpError> {
    let mut body = Vec::new();
    while !is_head && body.len() < MAX_ERROR_BYTES {
        let chunk = timeout(RESPONSE_TIMEOUT, response.chunk()).await;
        match chunk.map_err(|elapsed| HttpError::new(HttpErrorKind::Timeout, elapsed))? {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            // The status and a partial body are sufficient.
            Ok(None) | Err(_) => break,
        }
    }
    let response: http::Response<reqwest::Body> = response.into();
    Ok((response.into_parts().0, body))
}

#[async_trait]
impl HttpService for ServiceClient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Some(bytes) = request.body().as_bytes().cloned() else {
            return self.stream(request).await;
        };
        let (parts, _) = request.into_parts();
        let limit = if bytes.is_empty() {
            RESPONSE_TIMEOUT
        } else {
            STALL_TIMEOUT
        };
        self.dispatch(parts, bytes.into(), &UploadProgress::default(), limit)
            .await
    }
}

impl HttpConnector for ServiceClient {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

fn tls_error(action: &str, error: reqwest::Error) -> PortError {
    let context = format!("cannot {action}");
    PortError::new(PortErrorKind::Internal, context).caused_by(error.without_url())
}

impl fmt::Debug for ServiceClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceClient")
    }
}
