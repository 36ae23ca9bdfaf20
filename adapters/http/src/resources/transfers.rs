//! Transfers by presigned URLs. They are not part of the document: clients
//! receive these URLs and never construct them.

use std::{collections::HashMap, sync::Arc};

use poem::{
    EndpointExt, Request, Response,
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
    multipart_ranges::{MultipartRanges, content_range},
    range::{self, ContentRange},
    response::CONTENT_POLICY,
};
use crate::{
    middleware::Context,
    payload::{blob_body, body_of},
    problem::Problem,
};

/// The media type of all downloads: the type of the content is that of a file.
const OCTET_STREAM: &str = "application/octet-stream";

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
        let path = "/transfers/:backend/t/:tenant/:blob".to_owned();
        let methods = routes.entry(path).or_default();
        // poem would respond to `HEAD` as to `GET`, with ranges.
        for method in [Method::GET, Method::HEAD] {
            let services = Arc::clone(&services);
            let get = make(move |request: Request| {
                let services = Arc::clone(&services);
                async move {
                    download(&services, &request)
                        .await
                        .map_err(poem::Error::from)
                }
            });
            methods.insert(method, get.map_to_response().boxed());
        }
        let put = make(move |request: Request| {
            let services = Arc::clone(&services);
            async move { upload(&services, request).await.map_err(poem::Error::from) }
        });
        methods.insert(Method::PUT, put.map_to_response().boxed());
    }
}

async fn download(services: &Arc<Services>, request: &Request) -> Result<Response, Problem> {
    let (address, signature) = signed_address(request)?;
    address.check_read(services, signature)?;
    identify(request, &address).await?;
    let reading = transfers::read(services, &address, signature).await?;
    let content = reading.content();
    let size = content.size_bytes;
    let tag = content_tag(content.digest);
    // Browsers must not execute the content.
    let response = Response::builder()
        .header(ETAG, &*tag)
        .header(CACHE_CONTROL, "private, no-store")
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_DISPOSITION, "attachment")
        .header(CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    if request.method() == Method::HEAD {
        // Ranges are defined for GET alone.
        let response = response.header(CONTENT_TYPE, OCTET_STREAM);
        return Ok(response.header(CONTENT_LENGTH, size).finish());
    }
    let (range, if_range) = (request.header(RANGE), request.header(IF_RANGE));
    Ok(match range::select(range, if_range, size, &tag) {
        ContentRange::Unsatisfiable => {
            return Err(Error::RangeNotSatisfiable { size_bytes: size }.into());
        }
        ContentRange::Whole => {
            let range = 0..size;
            let bytes = reading.open(services, [range].into()).await?;
            response
                .header(CONTENT_TYPE, OCTET_STREAM)
                .header(CONTENT_LENGTH, size)
                .body(body_of(bytes))
        }
        ContentRange::Part(range) => {
            let response = response
                .status(StatusCode::PARTIAL_CONTENT)
                .header(CONTENT_TYPE, OCTET_STREAM)
                .header(CONTENT_RANGE, content_range(&range, size))
                .header(CONTENT_LENGTH, range.end - range.start);
            response.body(body_of(reading.open(services, [range].into()).await?))
        }
        ContentRange::Parts(ranges) => {
            let parts = MultipartRanges::new(&ranges, size, OCTET_STREAM, &*services.ids);
            let response = response
                .status(StatusCode::PARTIAL_CONTENT)
                .header(CONTENT_TYPE, parts.media_type())
                .header(CONTENT_LENGTH, parts.length());
            response.body(parts.body(reading.open(services, ranges).await?))
        }
    })
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
    let content_type = request.content_type().unwrap_or_default().to_owned();
    address.check_write(services, signature, size_bytes, &content_type)?;
    identify(&request, &address).await?;
    let write = SignedWrite {
        size_bytes,
        content_type,
        body: blob_body(request.take_body()),
    };
    transfers::write(services, &address, signature, write).await?;
    Ok(StatusCode::CREATED.into())
}

/// Moves a request with a valid URL to the lane of its tenant.
async fn identify(request: &Request, address: &SignedAddress) -> Result<(), Problem> {
    match Context::of(request).and_then(Context::ticket) {
        Some(ticket) => ticket.identify(address.key.tenant_id).await,
        None => Ok(()),
    }
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
