//! The OpenAPI document and the pages that render it.
//!
//! The pages load nothing from other origins: their scripts are embedded (gzip,
//! 1.8 MB; see `assets/README.md`), run under a content security policy, and
//! read `openapi.json` from the same folder. All links are relative, so that
//! the service may be mounted below a path.

mod asset;
mod pages;

use std::{collections::HashMap, future::ready, sync::OnceLock};

use flate2::Compression;
use poem::{
    Endpoint, EndpointExt, Request, Response,
    endpoint::{BoxEndpoint, make},
    http::Method,
};
use poem_openapi::{
    OpenApi,
    registry::{MetaApi, Registry},
};

use crate::problem::Problem;
use asset::Asset;

/// The routes of the document and its pages, which are not part of the
/// document.
pub(crate) struct DocumentPages {
    server: String,
    json: Render,
    yaml: Render,
}

/// Renders the document of the API that is served at a URL.
type Render = fn(&str) -> String;

impl DocumentPages {
    /// Creates the routes from the URL of the server and the functions that
    /// render the document.
    pub(crate) fn new(server: &str, json: Render, yaml: Render) -> Self {
        let server = server.to_owned();
        Self { server, json, yaml }
    }
}

impl OpenApi for DocumentPages {
    fn meta() -> Vec<MetaApi> {
        Vec::new()
    }

    fn register(_: &mut Registry) {}

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let mut add = |path: &str, endpoint: BoxEndpoint<'static>| {
            let methods = routes.entry(path.to_owned()).or_default();
            methods.insert(Method::GET, endpoint);
        };
        let json = rendered("application/json", self.server.clone(), self.json);
        add("/openapi.json", json.map_to_response().boxed());
        let yaml = rendered("application/yaml", self.server, self.yaml);
        add("/openapi.yaml", yaml.map_to_response().boxed());
        let page = |respond: fn(&Request) -> Result<Response, Problem>| {
            let endpoint = make(move |request: Request| ready(respond(&request)));
            endpoint.map_to_response().boxed()
        };
        add("/docs", page(|request| Ok(pages::SWAGGER.respond(request))));
        add("/redoc", page(|request| Ok(pages::REDOC.respond(request))));
        add(
            "/scalar",
            page(|request| Ok(pages::SCALAR.respond(request))),
        );
        add("/docs/assets/:name", page(pages::script));
    }
}

/// Returns an endpoint that renders its content on first use.
fn rendered(
    content_type: &'static str,
    server: String,
    render: Render,
) -> impl Endpoint<Output = Response> {
    let asset = OnceLock::new();
    make(move |request: Request| {
        let asset = asset
            .get_or_init(|| Asset::from_text(content_type, &render(&server), Compression::best()));
        ready(Ok::<_, poem::Error>(asset.respond(&request)))
    })
}
