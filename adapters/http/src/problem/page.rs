//! The explanations of problem codes at `GET /problems/{code}`, as HTML and
//! JSON.

use std::{collections::HashMap, future::ready, sync::Arc};

use poem::{
    EndpointExt, Request, Response, Result,
    endpoint::{BoxEndpoint, make},
    http::{
        Method,
        header::{ACCEPT, CACHE_CONTROL},
    },
};
use poem_openapi::{
    OpenApi,
    registry::{MetaApi, Registry},
};
use serde_json::json;

use super::{
    codes::{self, Code},
    details::Problem,
};

/// The routes of the explanations, which are not part of the document.
pub(crate) struct ProblemPages {
    base_path: Arc<str>,
}

impl ProblemPages {
    /// Creates the routes, which are served below `base_path`.
    pub(crate) fn new(base_path: &str) -> Self {
        Self {
            base_path: base_path.into(),
        }
    }
}

impl OpenApi for ProblemPages {
    fn meta() -> Vec<MetaApi> {
        Vec::new()
    }

    fn register(_: &mut Registry) {}

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let mut add = |path: &str, page: BoxEndpoint<'static>| {
            let methods = routes.entry(path.to_owned()).or_default();
            methods.insert(Method::GET, page);
        };
        let base_path = Arc::clone(&self.base_path);
        let list =
            make(move |request: Request| ready(Ok::<_, poem::Error>(index(&request, &base_path))));
        add("/problems", list.map_to_response().boxed());
        let page = make(move |request: Request| ready(explanation(&request, &self.base_path)));
        add("/problems/:code", page.map_to_response().boxed());
    }
}

fn index(request: &Request, base_path: &str) -> Response {
    let list = codes::ALL.iter().map(|code| description(code, base_path));
    let list: Vec<_> = list.collect();
    let rows = codes::ALL.iter().map(|code| {
        format!(
            "<li><a href=\"problems/{0}\"><code>{0}</code></a> ({1}) {2}</li>",
            code.name,
            code.status.as_u16(),
            code.title
        )
    });
    let rows = rows.collect::<Vec<_>>().join("\n");
    let list = json!({ "items": list });
    let html = format!("<ul>\n{rows}\n</ul>");
    negotiate(request, &list, "Problems", &html)
}

fn explanation(request: &Request, base_path: &str) -> Result<Response> {
    let Some(code) = request.raw_path_param("code").and_then(Code::find) else {
        return Err(Problem::new(&codes::NOT_FOUND).into());
    };
    let html = format!(
        "<p><code>{}</code>, status {}</p>\n<p>{}</p>\n<p>{}</p>",
        code.name,
        code.status,
        code.explanation,
        code.retry.hint()
    );
    let json = description(code, base_path);
    Ok(negotiate(request, &json, code.title, &html))
}

fn description(code: &Code, base_path: &str) -> serde_json::Value {
    json!({
        "type": code.type_uri(base_path),
        "code": code.name,
        "title": code.title,
        "status": code.status.as_u16(),
        "explanation": code.explanation,
        "retry": code.retry.hint(),
    })
}

/// Responds with HTML if the client accepts it, else with JSON. The texts need
/// no escaping.
fn negotiate(request: &Request, json: &serde_json::Value, title: &str, html: &str) -> Response {
    let response = Response::builder()
        .header(CACHE_CONTROL, "public, max-age=3600")
        .header("vary", "accept");
    if request
        .header(ACCEPT)
        .is_some_and(|accept| accept.contains("text/html"))
    {
        response
            .content_type("text/html; charset=utf-8")
            .body(format!(
                "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
                 <title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n{html}\n</body>\n</html>\n"
            ))
    } else {
        response
            .content_type("application/json")
            .body(json.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_need_no_escaping() {
        for code in codes::ALL {
            for text in [code.title, code.explanation] {
                assert!(!text.contains(['<', '>', '&', '"']), "{}", code.name);
            }
        }
    }
}
