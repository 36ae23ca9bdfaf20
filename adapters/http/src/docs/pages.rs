//! The documentation pages and their scripts.

use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use poem::{Request, Response};

use super::asset::Asset;
use crate::problem::{Problem, codes};

/// A policy that allows only this origin's scripts and data. The libraries set
/// styles from scripts, which a policy cannot distinguish from injected ones;
/// Redoc searches in a worker created from a blob.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

macro_rules! page {
    ($title:literal, $body:literal) => {
        LazyLock::new(|| {
            let html = concat!(
                "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
                "<link rel=\"icon\" href=\"data:,\">\n<title>",
                $title,
                "</title>\n</head>\n<body>\n",
                $body,
                "</body>\n</html>\n"
            );
            Asset::from_text("text/html; charset=utf-8", html, Compression::best())
                .with_policy(POLICY)
        })
    };
}

pub(super) static SWAGGER: LazyLock<Asset> = page!(
    "Tenantry API: Swagger UI",
    r#"<link rel="stylesheet" href="docs/assets/swagger-ui.css">
<div id="ui"></div>
<script src="docs/assets/swagger-ui.js"></script>
<script src="docs/assets/swagger-start.js"></script>
"#
);

pub(super) static REDOC: LazyLock<Asset> = page!(
    "Tenantry API: Redoc",
    r#"<div id="ui"></div>
<script src="docs/assets/redoc.js"></script>
<script src="docs/assets/redoc-start.js"></script>
"#
);

pub(super) static SCALAR: LazyLock<Asset> = page!(
    "Tenantry API: Scalar",
    r#"<script id="api-reference" data-url="openapi.json" data-configuration='{"withDefaultFonts":false,"hideClientButton":true,"showDeveloperTools":"never","agent":{"disabled":true},"mcp":{"disabled":true},"telemetry":false}'></script>
<script src="docs/assets/scalar.js"></script>
"#
);

/// Starts Swagger UI; a `validatorUrl` would send the document to a third party.
const SWAGGER_START: &str = "\
SwaggerUIBundle({
  dom_id: '#ui',
  url: 'openapi.json',
  validatorUrl: null,
  deepLinking: true,
  persistAuthorization: false,
});
";

const REDOC_START: &str = "\
Redoc.init('openapi.json', { hideDownloadButton: true }, document.getElementById('ui'));
";

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static SCRIPTS: LazyLock<[(&str, Asset); 6]> = LazyLock::new(|| {
    let packaged = |kind, bytes: &'static [u8]| Asset::from_gzip(kind, Bytes::from_static(bytes));
    let inline = |text: &str| Asset::from_text(JAVASCRIPT, text, Compression::best());
    [
        ("swagger-start.js", inline(SWAGGER_START)),
        ("redoc-start.js", inline(REDOC_START)),
        (
            "swagger-ui.js",
            packaged(JAVASCRIPT, include_bytes!("../../assets/swagger-ui.js.gz")),
        ),
        (
            "swagger-ui.css",
            packaged(
                "text/css; charset=utf-8",
                include_bytes!("../../assets/swagger-ui.css.gz"),
            ),
        ),
        (
            "redoc.js",
            packaged(JAVASCRIPT, include_bytes!("../../assets/redoc.js.gz")),
        ),
        (
            "scalar.js",
            packaged(JAVASCRIPT, include_bytes!("../../assets/scalar.js.gz")),
        ),
    ]
});

/// Responds with the script of the requested name.
pub(super) fn script(request: &Request) -> Result<Response, Problem> {
    let name = request.raw_path_param("name").unwrap_or_default();
    let found = SCRIPTS.iter().find(|(script, _)| *script == name);
    let (_, asset) = found.ok_or_else(|| Problem::new(&codes::NOT_FOUND))?;
    Ok(asset.respond(request))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn pages_load_nothing_from_other_origins() {
        let start = [SWAGGER_START, REDOC_START].map(str::to_owned);
        let pages = [&*SWAGGER, &*REDOC, &*SCALAR].map(Asset::decompress);
        let pages = pages.map(|page| String::from_utf8(page.to_vec()).expect("text"));
        for text in pages.iter().chain(&start) {
            for external in ["http:", "https:", "\"//", "'//", "@import"] {
                assert!(!text.contains(external), "{external} in {text}");
            }
        }
    }

    #[test]
    fn every_script_of_a_page_exists() {
        for page in [&*SWAGGER, &*REDOC, &*SCALAR] {
            let html = String::from_utf8(page.decompress().to_vec()).expect("text");
            for part in html.split("docs/assets/").skip(1) {
                let name = part.split('"').next().expect("a quote");
                let found = SCRIPTS.iter().find(|(script, _)| *script == name);
                let (_, asset) = found.expect("the script");
                assert!(asset.decompress().len() > 50, "{name}");
            }
        }
    }

    #[test]
    fn styles_load_nothing_from_other_origins() {
        let found = SCRIPTS.iter().find(|(name, _)| *name == "swagger-ui.css");
        let css =
            String::from_utf8(found.expect("the style").1.decompress().to_vec()).expect("text");
        for url in css.split("url(").skip(1) {
            let target = url.trim_start_matches(['"', '\'']);
            assert!(
                target.starts_with("data:"),
                "{}",
                &target[..target.len().min(60)]
            );
        }
    }
}
