//! Sending presigned requests.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use object_store::client::HttpError;
use reqwest::{Request, Url};
use tenantry_application::ports::{PortError, PresignedRequest};

use super::{
    body::UploadProgress, client::ServiceClient, connection_error::from_http, limits::STALL_TIMEOUT,
};
use crate::error::invalid_config;

impl ServiceClient {
    /// Sends a signed request and reads the whole response into memory.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: impl Into<reqwest::Body>,
    ) -> Result<Bytes, HttpError> {
        let mut request = Request::new(method, url);
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body.into());
        let response = self
            .send_request(request, &UploadProgress::default(), STALL_TIMEOUT)
            .await?;
        response.into_body().bytes().await
    }

    /// Sends a presigned request as a client would.
    pub(crate) async fn send_presigned(
        &self,
        request: &PresignedRequest,
        body: Bytes,
    ) -> Result<Bytes, PortError> {
        let invalid = || invalid_config("a presigned request has an invalid URL or header");
        let url: Url = request.url.parse().map_err(|_| invalid())?;
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| invalid())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let name: HeaderName = name.parse().map_err(|_| invalid())?;
            headers.insert(name, value.parse().map_err(|_| invalid())?);
        }
        let response = self.send(method, url, headers, body).await;
        response.map_err(from_http("send", "a presigned request"))
    }
}
