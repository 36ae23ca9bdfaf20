//! The document and the pages that show it.
//!
//! The pages load nothing from elsewhere: their scripts are part of the
//! program (gzip, 1.8 MB; see `assets/README.md`), run under a content policy
//! that allows no other origin, and read `openapi.json` beside them. All links
//! are relative, so that the service may live below a path.

mod asset;
mod pages;

use std::{collections::HashMap, sync::OnceLock};

use flate2::Compression;
use poem::{
    EndpointExt, Request, Response,
    endpoint::{BoxEndpoint, make},
    http::Method,
};
use poem_openapi::{
    OpenApi,
    registry::{MetaApi, Registry},
};

use crate::{document, problem::Problem};
use asset::Asset;

/// Routes beside the documented operations.
pub(crate) struct DocumentPages;

impl OpenApi for DocumentPages {
    fn meta() -> Vec<MetaApi> {
        Vec::new()
    }

    fn register(_: &mut Registry) {}

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let mut add = |path: &str, respond: fn(&Request) -> Result<Response, Problem>| {
            let endpoint = make(move |request: Request| async move { respond(&request) });
            routes
                .entry(path.to_owned())
                .or_default()
                .insert(Method::GET, endpoint.map_to_response().boxed());
        };
        add("/openapi.json", |request| Ok(json().respond(request)));
        add("/openapi.yaml", |request| Ok(yaml().respond(request)));
        add("/docs", |request| Ok(pages::SWAGGER.respond(request)));
        add("/redoc", |request| Ok(pages::REDOC.respond(request)));
        add("/scalar", |request| Ok(pages::SCALAR.respond(request)));
        add("/docs/assets/:name", pages::script);
    }
}

/// Rendered at the first request and kept, as it is and compressed.
fn json() -> &'static Asset {
    static JSON: OnceLock<Asset> = OnceLock::new();
    JSON.get_or_init(|| {
        let text = document::openapi_document();
        Asset::rendered("application/json", &text, Compression::best())
    })
}

fn yaml() -> &'static Asset {
    static YAML: OnceLock<Asset> = OnceLock::new();
    YAML.get_or_init(|| {
        let text = document::openapi_document_yaml();
        Asset::rendered("application/yaml", &text, Compression::best())
    })
}
