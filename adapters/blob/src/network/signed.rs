//! Requests that carry their own signature.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use object_store::client::HttpError;
use reqwest::{Request, Url};
use tenantry_application::ports::{PortError, PresignedRequest};

use super::{
    client::{STALL, ServiceClient},
    pace::Progress,
};
use crate::error::{from_http, unusable};

impl ServiceClient {
    /// Sends a request that carries its own signature, and reads the answer
    /// whole: for small ones.
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
        let answer = self.exchange(request, &Progress::default(), STALL).await?;
        answer.into_body().bytes().await
    }

    /// Makes a signed request as a client would.
    pub(crate) async fn follow(
        &self,
        request: &PresignedRequest,
        body: Bytes,
    ) -> Result<Bytes, PortError> {
        let unusable = || unusable("an address or header of a signed request is none");
        let url: Url = request.url.parse().map_err(|_| unusable())?;
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| unusable())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let name: HeaderName = name.parse().map_err(|_| unusable())?;
            headers.insert(name, value.parse().map_err(|_| unusable())?);
        }
        let sent = self.send(method, url, headers, body).await;
        sent.map_err(from_http("make", "a signed request"))
    }
}
