//! The explanations of problem codes at `GET /problems/{code}`, as HTML and
//! JSON.

use std::collections::HashMap;

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
pub(crate) struct ProblemPages;

impl OpenApi for ProblemPages {
    fn meta() -> Vec<MetaApi> {
        Vec::new()
    }

    fn register(_: &mut Registry) {}

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        for (path, page) in [
            ("/problems", make(index).map_to_response().boxed()),
            (
                "/problems/:code",
                make(explanation).map_to_response().boxed(),
            ),
        ] {
            routes
                .entry(path.to_owned())
                .or_default()
                .insert(Method::GET, page);
        }
    }
}

async fn index(request: Request) -> Result<Response> {
    let list: Vec<_> = codes::ALL.iter().map(|code| description(code)).collect();
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
    Ok(negotiate(
        &request,
        &list,
        "Problems",
        &format!("<ul>\n{rows}\n</ul>"),
    ))
}

async fn explanation(request: Request) -> Result<Response> {
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
    Ok(negotiate(&request, &description(code), code.title, &html))
}

fn description(code: &Code) -> serde_json::Value {
    json!({
        "type": code.type_uri(),
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
