//! Bytes by addresses that the service signed. They stand beside the
//! documented operations: whoever uses one was handed it, and builds none.

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
    transfers::{self, SignedAddress, Writing},
};
use tenantry_domain::blob::{BackendName, Digest};

use super::{
    conditions::{content_tag, range_applies},
    range::{self, Asked},
};
use crate::{
    payload::{blob_body, body_of},
    problem::Problem,
};

/// Routes beside the documented operations.
pub(crate) struct Transfers {
    services: Arc<Services>,
}

impl Transfers {
    /// The routes, on these services.
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
            async move { get(&services, &request).await.map_err(poem::Error::from) }
        });
        let put = make(move |request: Request| {
            let services = Arc::clone(&for_put);
            async move { put(&services, request).await.map_err(poem::Error::from) }
        });
        let path = "/transfers/:backend/t/:tenant/:blob".to_owned();
        let methods = routes.entry(path).or_default();
        methods.insert(Method::GET, get.map_to_response().boxed());
        methods.insert(Method::PUT, put.map_to_response().boxed());
    }
}

async fn get(services: &Arc<Services>, request: &Request) -> Result<Response, Problem> {
    let (address, signature) = address(request)?;
    let reading = transfers::read(services, &address, signature).await?;
    let content = reading.content();
    let size = content.size_bytes;
    let tag = content_tag(content.digest);
    let ranged = request
        .header(RANGE)
        .filter(|_| range_applies(&tag, request.header(IF_RANGE)));
    // Whatever it is, a browser does not run it.
    let response = Response::builder()
        .header(ETAG, tag.as_str())
        .header(CACHE_CONTROL, "private, no-store")
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(CONTENT_DISPOSITION, "attachment")
        .header(CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    let (response, wanted) = match range::read(ranged, size) {
        Asked::Unsatisfiable => {
            return Err(Error::RangeNotSatisfiable { size_bytes: size }.into());
        }
        Asked::Whole => (response, 0..size),
        Asked::Part(part) => {
            let shown = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            let response = response.status(StatusCode::PARTIAL_CONTENT);
            (response.header(CONTENT_RANGE, shown), part)
        }
    };
    let response = response.header(CONTENT_LENGTH, wanted.end - wanted.start);
    if request.method() == Method::HEAD {
        return Ok(response.body(Body::empty()));
    }
    let bytes = reading.open(services, wanted).await?;
    Ok(response.body(body_of(bytes)))
}

async fn put(services: &Arc<Services>, mut request: Request) -> Result<Response, Problem> {
    let (address, signature) = address(&request)?;
    let length = request.header(CONTENT_LENGTH);
    let (Some(size_bytes), Some("*")) = (
        length.and_then(|length| length.parse().ok()),
        request.header(IF_NONE_MATCH),
    ) else {
        let why = "a signed upload says its Content-Length, and If-None-Match: *";
        return Err(Error::AccessDenied(why.to_owned()).into());
    };
    let writing = Writing {
        size_bytes,
        content_type: request.content_type().unwrap_or_default().to_owned(),
        body: blob_body(request.take_body()),
    };
    transfers::write(services, &address, signature, writing).await?;
    Ok(StatusCode::CREATED.into())
}

#[derive(Deserialize)]
struct Query {
    expires: i64,
    signature: String,
}

/// What does not read as an address that the service made is none.
fn address(request: &Request) -> Result<(SignedAddress, Digest), Problem> {
    let part = |name| request.raw_path_param(name).unwrap_or_default();
    let read = || {
        let key = format!("t/{}/{}", part("tenant"), part("blob"));
        let query = request.params::<Query>().ok()?;
        let address = SignedAddress {
            backend: BackendName::parse(part("backend")).ok()?,
            key: key.parse::<BlobKey>().ok()?,
            expires: query.expires,
        };
        Some((address, Digest::parse(&query.signature).ok()?))
    };
    read().ok_or_else(|| Error::AccessDenied("the address is not signed".to_owned()).into())
}
