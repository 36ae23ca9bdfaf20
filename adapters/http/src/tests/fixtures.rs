//! A resource for tests of the middleware, and its responses.

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
    AdmissionOptions, HealthChecks, HttpOptions, Problem, ProblemWith, assemble,
    docs::DocumentPages,
    openapi_document, openapi_document_yaml,
    payload::Json,
    problem::ProblemPages,
    system::System,
    tag::Tag,
    types::{Number, Text},
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

pub(super) fn options() -> HttpOptions {
    let mut public_config = serde_json::Map::new();
    public_config.insert("max_file_bytes".to_owned(), json!(1));
    HttpOptions {
        app_name: "Test".to_owned(),
        version: "1.2.3".to_owned(),
        commit: None,
        https: true,
        base_path: String::new(),
        trusted_proxies: Vec::new(),
        tenant_selection: crate::TenantSelection::None,
        cors_origins: vec!["https://app.example.com".to_owned()],
        json_limit_bytes: 1024,
        admission: AdmissionOptions::default(),
        public_config,
    }
}

pub(super) fn ids() -> Arc<dyn IdGenerator> {
    Arc::new(Ids(AtomicU64::new(1)))
}

/// Creates the operations that need no use case.
pub(super) fn system(health: HealthChecks) -> impl Endpoint<Output = Response> {
    let options = options();
    let system = System::new(&options, health, Arc::new(Keys));
    let pages = DocumentPages::new("/", |_| openapi_document(), |_| openapi_document_yaml());
    let problems = ProblemPages::new(&options.base_path);
    assemble((system, problems, pages), &options, ids())
}

pub(super) fn healthy() -> HealthChecks {
    HealthChecks::new(CancellationToken::new()).with("db", || std::future::ready(Ok(())))
}

/// A resource declared like the others.
pub(super) struct Notes;

/// A new note.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(super) struct NewNote {
    /// The text.
    #[oai(validator(min_length = 1))]
    text: Text<20>,
    /// The weight.
    weight: Option<Number<1, 3>>,
}

/// A note.
#[derive(Debug, Object)]
pub(super) struct Note {
    /// The note's id.
    id: Uuid,
    /// The text.
    text: Text<20>,
}

#[expect(clippy::unused_async, reason = "handlers are async")]
#[OpenApi(prefix_path = "/api/v1", tag = "Tag::System")]
impl Notes {
    /// Replace a note
    ///
    /// Replaces the note unless it is locked.
    #[oai(path = "/notes/:id", method = "put", operation_id = "replace_note")]
    async fn replace(
        &self,
        /// The note's id.
        id: Path<Uuid>,
        /// Whether to change nothing.
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
    /// Fails in the requested way.
    #[oai(path = "/fail/:how", method = "get", operation_id = "fail")]
    async fn fail(
        &self,
        how: Path<Text<9>>,
        limit: Query<Option<Number<0, 100>>>,
    ) -> Result<Json<Vec<u32>>, Problem> {
        let secret = PortError::new(PortErrorKind::Internal, "secret");
        match &*how.0 {
            "internal" => Err(Error::Internal(secret).into()),
            "database" => Err(Error::DatabaseUnavailable(secret).into()),
            "panic" => panic!("secret"),
            _ => Ok(Json(vec![
                1;
                usize::try_from(
                    limit.0.map_or(1, |limit| limit.0)
                )
                .unwrap_or(1)
                    * 1000
            ])),
        }
    }
}

pub(super) struct TestResponse {
    pub(super) status: u16,
    pub(super) headers: HashMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl TestResponse {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Returns the code of a problem after checking its shape.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["status"], self.status);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        let code = body["code"].as_str().expect("a code").to_owned();
        assert_eq!(body["type"], format!("/problems/{code}"));
        assert!(!body.to_string().contains("secret"));
        code
    }

    /// Returns `field code` of each error.
    pub(super) fn errors(&self) -> Vec<String> {
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

pub(super) async fn send(
    endpoint: &impl Endpoint<Output = Response>,
    request: Request,
) -> TestResponse {
    let response = endpoint.get_response(request).await;
    let (parts, body) = response.into_parts();
    TestResponse {
        status: parts.status.as_u16(),
        headers: parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect(),
        body: body.into_vec().await.expect("a body"),
    }
}

pub(super) fn request(method: Method, path: &str) -> poem::RequestBuilder {
    let request = Request::builder().method(method).uri_str(path);
    request.header("host", "localhost")
}

pub(super) fn get(path: &str) -> Request {
    request(Method::GET, path).finish()
}

pub(super) const NOTE: &str = "/api/v1/notes/018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";

pub(super) fn put(body: impl Into<Body>) -> Request {
    request(Method::PUT, NOTE)
        .header("content-type", "application/json")
        .body(body.into())
}

pub(super) fn notes() -> impl Endpoint<Output = Response> {
    let options = options();
    let problems = ProblemPages::new(&options.base_path);
    assemble((Notes, problems), &options, ids())
}
