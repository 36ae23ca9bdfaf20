//! The frame around operations, seen from outside.
#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use poem::{Body, Endpoint, Request, Response, http::Method};
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde_json::{Value, json};
use tenantry_application::{
    error::{Error, Thing},
    ports::{
        AccessClaims, AccessTokens, IdGenerator, PortError, PortErrorKind, PublicKey,
        PublicKeyMaterial, TokenError,
    },
};
use tenantry_domain::Timestamp;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    HealthChecks, HttpOptions, Problem, ProblemWith, assemble,
    docs::DocumentPages,
    document::document,
    payload::Json,
    problem::{ProblemPages, codes},
    system::System,
    tag::Tag,
};

struct Ids(AtomicU64);

impl IdGenerator for Ids {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(7, self.0.fetch_add(1, Ordering::Relaxed))
    }
}

struct Keys;

impl AccessTokens for Keys {
    fn issue(&self, _: &AccessClaims) -> Result<String, PortError> {
        Err(PortError::new(PortErrorKind::Unsupported, "issue a token"))
    }

    fn verify(&self, _: &str, _: Timestamp) -> Result<AccessClaims, TokenError> {
        Err(TokenError::Invalid)
    }

    fn public_keys(&self) -> Vec<PublicKey> {
        vec![PublicKey {
            key_id: "k1".to_owned(),
            algorithm: "EdDSA",
            material: PublicKeyMaterial::Ed25519 { x: "AA".to_owned() },
        }]
    }
}

fn options() -> HttpOptions {
    let mut public_config = serde_json::Map::new();
    public_config.insert("max_file_bytes".to_owned(), json!(1));
    HttpOptions {
        app_name: "Test".to_owned(),
        version: "1.2.3".to_owned(),
        commit: None,
        https: true,
        trusted_proxies: Vec::new(),
        tenant_selection: crate::TenantSelection::None,
        cors_origins: vec!["https://app.example.com".to_owned()],
        json_limit_bytes: 1024,
        public_config,
    }
}

fn ids() -> Arc<dyn IdGenerator> {
    Arc::new(Ids(AtomicU64::new(1)))
}

/// The operations that need no use case.
fn system(health: HealthChecks) -> impl Endpoint<Output = Response> {
    let options = options();
    let system = System::new(&options, health, Arc::new(Keys));
    assemble((system, ProblemPages, DocumentPages), &options, ids())
}

fn healthy() -> HealthChecks {
    HealthChecks::new(CancellationToken::new()).with("db", || std::future::ready(Ok(())))
}

/// A resource as others write theirs.
struct Notes;

/// What is to be noted.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
struct NewNote {
    /// The text.
    #[oai(validator(min_length = 1, max_length = 20))]
    text: String,
    /// How much it matters.
    #[oai(validator(minimum(value = "1"), maximum(value = "3")))]
    weight: Option<u8>,
}

/// A note.
#[derive(Debug, Object)]
struct Note {
    /// Which.
    id: Uuid,
    /// The text.
    #[oai(validator(max_length = 20))]
    text: String,
}

#[expect(
    clippy::unused_async,
    reason = "operations are asynchronous whether or not they wait"
)]
#[OpenApi(prefix_path = "/api/v1", tag = "Tag::System")]
impl Notes {
    /// Replace a note
    ///
    /// The whole note, if it is not locked.
    #[oai(path = "/notes/:id", method = "put", operation_id = "replace_note")]
    async fn replace(
        &self,
        /// The note.
        id: Path<Uuid>,
        /// Only tell what would happen.
        dry_run: Query<Option<bool>>,
        note: Json<NewNote>,
    ) -> Result<Json<Note>, ProblemWith<412, 423>> {
        if dry_run.0 == Some(true) {
            return Err(Error::NotFound(Thing::File).into());
        }
        Ok(Json(Note {
            id: id.0,
            text: note.0.text,
        }))
    }

    /// Fail
    ///
    /// In one way or another.
    #[oai(path = "/fail/:how", method = "get", operation_id = "fail")]
    async fn fail(
        &self,
        #[oai(validator(max_length = 9))] how: Path<String>,
        #[oai(validator(maximum(value = "100")))] limit: Query<Option<u32>>,
    ) -> Result<Json<Vec<u32>>, Problem> {
        let secret = PortError::new(PortErrorKind::Internal, "secret");
        match how.0.as_str() {
            "internal" => Err(Error::Internal(secret).into()),
            "database" => Err(Error::DatabaseUnavailable(secret).into()),
            "panic" => panic!("secret"),
            _ => Ok(Json(vec![
                1;
                usize::try_from(limit.0.unwrap_or(1)).unwrap_or(1)
                    * 1000
            ])),
        }
    }
}

struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The code of a problem, once its shape has been looked at.
    fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["status"], self.status);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        let code = body["code"].as_str().expect("a code").to_owned();
        assert_eq!(body["type"], format!("/problems/{code}"));
        assert!(!body.to_string().contains("secret"));
        code
    }

    /// `field code` of each error.
    fn errors(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().expect("errors");
        errors
            .iter()
            .map(|e| {
                format!(
                    "{} {}",
                    e["field"].as_str().unwrap_or(""),
                    e["code"].as_str().unwrap_or("")
                )
            })
            .collect()
    }
}

async fn ask(endpoint: &impl Endpoint<Output = Response>, request: Request) -> Answer {
    let response = endpoint.get_response(request).await;
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect(),
        body: body.into_vec().await.expect("a body"),
    }
}

fn request(method: Method, path: &str) -> poem::RequestBuilder {
    Request::builder().method(method).uri_str(path)
}

fn get(path: &str) -> Request {
    request(Method::GET, path).finish()
}

const NOTE: &str = "/api/v1/notes/018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";

fn put(body: impl Into<Body>) -> Request {
    request(Method::PUT, NOTE)
        .header("content-type", "application/json")
        .body(body.into())
}

fn notes() -> impl Endpoint<Output = Response> {
    assemble((Notes, ProblemPages), &options(), ids())
}

#[tokio::test]
async fn whatever_does_not_fit_is_a_problem() {
    let notes = notes();
    for (request, status, code) in [
        (get("/nowhere"), 404, "not_found"),
        (get(NOTE), 405, "method_not_allowed"),
        (get("/api/v1/fail/%ff"), 400, "malformed_request"),
        (get("/api/v1/fail/x?limit=%C3"), 400, "malformed_request"),
        (get("/api/v1/fail/internal"), 500, "internal"),
        (get("/api/v1/fail/panic"), 500, "internal"),
        (get("/api/v1/fail/database"), 503, "database_unavailable"),
        (put("{"), 400, "malformed_request"),
        (put(""), 400, "malformed_request"),
        (put(&b"{\"text\": \"\xff\"}"[..]), 400, "malformed_request"),
        (
            put("{\"text\": \"a\", \"text\": \"b\"}"),
            400,
            "malformed_request",
        ),
        (put(" ".repeat(2000)), 413, "request_too_large"),
        (
            request(Method::PUT, NOTE).body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            request(Method::PUT, NOTE)
                .content_type("text/plain")
                .body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            request(Method::PUT, NOTE)
                .content_type("application/json")
                .header("content-encoding", "gzip")
                .body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            request(Method::PUT, &format!("{NOTE}?dry_run=true"))
                .content_type("application/json")
                .body("{\"text\": \"a\"}"),
            404,
            "file_not_found",
        ),
    ] {
        let name = format!("{request:?}");
        let answer = ask(&notes, request).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{name}"
        );
    }
}

#[tokio::test]
async fn values_that_are_not_valid_are_named() {
    let notes = notes();
    for (request, errors) in [
        (put("{}"), vec!["text required"]),
        (put("{\"text\": 7}"), vec!["text invalid_type"]),
        (
            put("{\"text\": \"\", \"weight\": 4, \"more\": 1}"),
            vec![
                "more unknown_field",
                "text too_short",
                "weight out_of_range",
            ],
        ),
        (put("[]"), vec!["body invalid_type"]),
        (
            request(Method::PUT, "/api/v1/notes/7")
                .content_type("application/json")
                .body("{}"),
            vec!["id invalid_format"],
        ),
        (
            get("/api/v1/fail/x?limit=many"),
            vec!["limit invalid_format"],
        ),
        (get("/api/v1/fail/x?limit=101"), vec!["limit out_of_range"]),
        (get("/api/v1/fail/morethannine"), vec!["how too_long"]),
    ] {
        let name = format!("{request:?}");
        let answer = ask(&notes, request).await;
        assert_eq!(answer.status, 400, "{name}");
        assert_eq!(answer.code(), "validation_failed", "{name}");
        assert_eq!(answer.errors(), errors, "{name}");
    }
}

#[tokio::test]
async fn refusals_carry_their_headers() {
    let notes = notes();
    let answer = ask(&notes, get(NOTE)).await;
    assert_eq!(answer.header("allow"), "PUT");
    let answer = ask(&notes, get("/api/v1/fail/database")).await;
    assert_eq!(answer.header("retry-after"), "2");
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_security_headers() {
    let api = system(healthy());
    let fine = request(Method::GET, "/version")
        .header("x-request-id", "abc-1")
        .finish();
    assert_eq!(ask(&api, fine).await.header("x-request-id"), "abc-1");
    let odd = request(Method::GET, "/version")
        .header("x-request-id", "a b")
        .finish();
    assert!(Uuid::parse_str(ask(&api, odd).await.header("x-request-id")).is_ok());
    for path in ["/version", "/nowhere", "/docs", "/openapi.json"] {
        let answer = ask(&api, get(path)).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert!(
            answer
                .header("strict-transport-security")
                .starts_with("max-age=")
        );
    }
    assert_eq!(
        ask(&api, get("/version")).await.header("cache-control"),
        "no-store"
    );
}

#[tokio::test]
async fn only_configured_origins_may_read_answers() {
    let api = system(healthy());
    let from = |method, origin: &str| {
        request(method, "/version")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .finish()
    };
    let ours = "https://app.example.com";
    let answer = ask(&api, from(Method::GET, ours)).await;
    assert_eq!(answer.header("access-control-allow-origin"), ours);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("X-Request-Id")
    );
    let answer = ask(&api, from(Method::OPTIONS, ours)).await;
    assert_eq!(answer.status, 204);
    assert!(
        answer
            .header("access-control-allow-headers")
            .contains("If-Match")
    );

    let answer = ask(&api, from(Method::GET, "https://evil.example.com")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(answer.header("vary"), "origin");
    let answer = ask(&api, from(Method::OPTIONS, "https://evil.example.com")).await;
    assert_eq!(answer.code(), "method_not_allowed");
}

#[tokio::test]
async fn health_follows_its_parts_and_the_end() {
    let draining = CancellationToken::new();
    let health = HealthChecks::new(draining.clone())
        .with("db", || std::future::ready(Ok(())))
        .with("storage", || {
            std::future::ready(Err("unreachable".to_owned()))
        });
    let api = system(health);
    let answer = ask(&api, get("/health")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"));
    let expected = json!({
        "status": "unhealthy", "app": "Test", "version": "1.2.3",
        "checks": {
            "db": {"status": "healthy"},
            "storage": {"status": "unhealthy", "reason": "unreachable"},
        },
    });
    assert_eq!(answer.json(), expected);
    for (path, status) in [
        ("/health/live", 200),
        ("/health/ready", 503),
        ("/health/db", 200),
        ("/health/cache", 200),
        ("/health/storage", 503),
    ] {
        assert_eq!(ask(&api, get(path)).await.status, status, "{path}");
    }

    let stopping = CancellationToken::new();
    let api = system(HealthChecks::new(stopping.clone()));
    assert_eq!(ask(&api, get("/health/ready")).await.status, 200);
    stopping.cancel();
    assert_eq!(ask(&api, get("/health/ready")).await.status, 503);
    assert_eq!(ask(&api, get("/health/live")).await.status, 200);
}

#[tokio::test]
async fn tells_version_settings_and_keys() {
    let api = system(healthy());
    assert_eq!(
        ask(&api, get("/version")).await.json(),
        json!({"version": "1.2.3"})
    );
    assert_eq!(
        ask(&api, get("/config")).await.json(),
        json!({"max_file_bytes": 1})
    );
    let keys = json!({"keys": [
        {"kty": "OKP", "use": "sig", "kid": "k1", "alg": "EdDSA", "crv": "Ed25519", "x": "AA"}
    ]});
    assert_eq!(ask(&api, get("/.well-known/jwks.json")).await.json(), keys);
    let head = ask(&api, request(Method::HEAD, "/version").finish()).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn serves_the_document_and_its_pages() {
    let api = system(healthy());
    let answer = ask(&api, get("/openapi.json")).await;
    assert_eq!(answer.json()["openapi"], "3.0.3");
    let etag = answer.header("etag").to_owned();
    let again = request(Method::GET, "/openapi.json").header("if-none-match", etag);
    assert_eq!(ask(&api, again.finish()).await.status, 304);
    let packed = request(Method::GET, "/openapi.yaml").header("accept-encoding", "gzip");
    let packed = ask(&api, packed.finish()).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.body.get(..2), Some(&[0x1f, 0x8b][..]));
    for page in ["/docs", "/redoc", "/scalar"] {
        let answer = ask(&api, get(page)).await;
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{page}"
        );
        assert!(
            answer
                .header("content-security-policy")
                .contains("script-src 'self'")
        );
    }
    assert_eq!(ask(&api, get("/docs/assets/redoc.js")).await.status, 200);
    assert_eq!(
        ask(&api, get("/docs/assets/none.js")).await.code(),
        "not_found"
    );
}

#[tokio::test]
async fn explains_its_problems() {
    let notes = notes();
    let answer = ask(&notes, get("/problems/file_locked")).await;
    assert_eq!(answer.json()["status"], 423);
    let html = request(Method::GET, "/problems/file_locked").header("accept", "text/html");
    let html = ask(&notes, html.finish()).await;
    assert!(html.header("content-type").starts_with("text/html"));
    let list = ask(&notes, get("/problems")).await.json();
    assert_eq!(
        list["items"].as_array().map(Vec::len),
        Some(codes::ALL.len())
    );
    assert_eq!(ask(&notes, get("/problems/none")).await.code(), "not_found");
}

#[test]
fn the_document_names_the_statuses_of_an_operation() {
    let document = document::<(Notes, ProblemPages)>();
    let put = &document["paths"]["/api/v1/notes/{id}"]["put"];
    let statuses: Vec<_> = put["responses"]
        .as_object()
        .expect("responses")
        .keys()
        .collect();
    assert_eq!(
        statuses,
        [
            "200", "400", "404", "409", "412", "413", "415", "423", "429", "500", "503"
        ]
    );
    assert_eq!(
        put["responses"]["423"]["$ref"],
        "#/components/responses/Locked"
    );
    assert_eq!(
        document["components"]["schemas"]["NewNote"]["additionalProperties"],
        false
    );
    assert!(document["components"]["schemas"]["Note"]["additionalProperties"].is_null());
    let busy = &document["components"]["responses"]["ServiceUnavailable"];
    assert!(busy["headers"]["Retry-After"].is_object());
}
