//! Transfers by presigned URLs. They are not part of the document: clients
//! receive these URLs and never construct them.

use std::{collections::HashMap, sync::Arc};

use poem::{
    Body, EndpointExt, Request, Response,
    endpoint::{BoxEndpoint, make},
    http::{
        Method, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
            CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
        },
    },
};
use poem_openapi::{
    OpenApi,
    registry::{MetaApi, Registry},
};
use serde::Deserialize;
use tenantry_application::{
    Error, Services,
    ports::BlobKey,
    transfers::{self, SignedAddress, SignedWrite},
};
use tenantry_domain::blob::{BackendName, Digest};

use super::{
    entity_tag::content_tag,
    range::{self, ContentRange},
};
use crate::{
    payload::{blob_body, body_of},
    problem::Problem,
};

/// The routes of presigned URLs.
pub(crate) struct Transfers {
    services: Arc<Services>,
}

impl Transfers {
    /// Creates the routes with the services that they use.
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }
}

impl OpenApi for Transfers {
    fn meta() -> Vec<MetaApi> {
        Vec::new()
    }

    fn register(_: &mut Registry) {}

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let Self { services } = self;
        let for_put = Arc::clone(&services);
        let get = make(move |request: Request| {
            let services = Arc::clone(&services);
            async move {
                download(&services, &request)
                    .await
                    .map_err(poem::Error::from)
            }
        });
        let put = make(move |request: Request| {
            let services = Arc::clone(&for_put);
            async move { upload(&services, request).await.map_err(poem::Error::from) }
        });
        let path = "/transfers/:backend/t/:tenant/:blob".to_owned();
        let methods = routes.entry(path).or_default();
        methods.insert(Method::GET, get.map_to_response().boxed());
        methods.insert(Method::PUT, put.map_to_response().boxed());
    }
}

async fn download(services: &Arc<Services>, request: &Request) -> Result<Response, Problem> {
    let (address, signature) = signed_address(request)?;
    let reading = transfers::read(services, &address, signature).await?;
    let content = reading.content();
    let size = content.size_bytes;
    let tag = content_tag(content.digest);
    let (range, if_range) = (request.header(RANGE), request.header(IF_RANGE));
    // Browsers must not execute the content.
    let response = Response::builder()
        .header(ETAG, &*tag)
        .header(CACHE_CONTROL, "private, no-store")
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_DISPOSITION, "attachment")
        .header(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    let (response, bytes) = match range::select(range, if_range, size, &tag) {
        ContentRange::Unsatisfiable => {
            return Err(Error::RangeNotSatisfiable { size_bytes: size }.into());
        }
        ContentRange::Whole => (response, 0..size),
        ContentRange::Part(part) => {
            let content_range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            let response = response.status(StatusCode::PARTIAL_CONTENT);
            (response.header(CONTENT_RANGE, content_range), part)
        }
    };
    let response = response.header(CONTENT_LENGTH, bytes.end - bytes.start);
    if request.method() == Method::HEAD {
        return Ok(response.body(Body::empty()));
    }
    let stream = reading.open(services, bytes).await?;
    Ok(response.body(body_of(stream)))
}

async fn upload(services: &Arc<Services>, mut request: Request) -> Result<Response, Problem> {
    let (address, signature) = signed_address(&request)?;
    let length = request.header(CONTENT_LENGTH);
    let (Some(size_bytes), Some("*")) = (
        length.and_then(|length| length.parse().ok()),
        request.header(IF_NONE_MATCH),
    ) else {
        let message = "uploads to a presigned URL require Content-Length and If-None-Match: *";
        return Err(Error::AccessDenied(message.to_owned()).into());
    };
    let write = SignedWrite {
        size_bytes,
        content_type: request.content_type().unwrap_or_default().to_owned(),
        body: blob_body(request.take_body()),
    };
    transfers::write(services, &address, signature, write).await?;
    Ok(StatusCode::CREATED.into())
}

#[derive(Deserialize)]
struct Query {
    expires: i64,
    signature: String,
}

/// Parses the presigned URL of a request.
fn signed_address(request: &Request) -> Result<(SignedAddress, Digest), Problem> {
    let part = |name| request.raw_path_param(name).unwrap_or_default();
    let parse = || {
        let key = format!("t/{}/{}", part("tenant"), part("blob"));
        let query = request.params::<Query>().ok()?;
        let address = SignedAddress {
            backend: BackendName::parse(part("backend")).ok()?,
            key: key.parse::<BlobKey>().ok()?,
            expires: query.expires,
        };
        Some((address, Digest::parse(&query.signature).ok()?))
    };
    parse().ok_or_else(|| Error::AccessDenied("the URL is not a presigned URL".to_owned()).into())
}
