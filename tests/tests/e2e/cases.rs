//! A valid call of each operation, from which tests derive others. An operation
//! without one fails the run.

use std::collections::BTreeMap;

use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_TYPE, HeaderName},
};
use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, Form, Operation, PASSWORD, TestService, operations};

/// The resources of a company that calls refer to.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    /// The path of the first file.
    pub(crate) path: String,
    /// The ids by the name of the parameter that takes them.
    pub(crate) ids: BTreeMap<&'static str, Vec<String>>,
}

impl Resources {
    /// Creates a file at `path` and a resource of every other kind.
    pub(crate) async fn create(service: &TestService, owner: &Actor, path: &str) -> Self {
        let content = format!("%PDF-1.4 {path} of {}", owner.email);
        let file = owner.upload_ready(path, "application/pdf", content).await;
        let project = json!({ "name": format!("Project {path}") });
        let project = owner.post("/api/v1/projects", &project).await;
        let ids = [
            ("file_id", file["id"].as_str().expect("an id").to_owned()),
            ("job_id", service.jobs_of(owner).await.pop().expect("a job")),
            ("project_id", project.expect(201).text("id")),
            ("tenant_id", owner.tenant_id.clone()),
        ];
        Self {
            path: path.to_owned(),
            ids: ids.map(|(name, id)| (name, vec![id])).into(),
        }
    }

    /// Adds the ids that are not known yet.
    pub(crate) fn extend(&mut self, name: &'static str, ids: impl IntoIterator<Item = String>) {
        let known = self.ids.entry(name).or_default();
        for id in ids {
            if !known.contains(&id) {
                known.push(id);
            }
        }
    }
}

/// The body of a call.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Nothing,
    Json(Value),
    Form(BTreeMap<String, String>),
    Bytes(&'static [u8]),
}

/// A call of an operation.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: String,
    template: String,
    path: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    pub(crate) payload: Payload,
}

/// Returns the operations of the served document.
pub(crate) async fn served_operations(anyone: &Actor) -> Vec<Operation> {
    let document = anyone.get("/openapi.json").await.expect(200).json();
    let operations = operations(&document);
    assert!(!operations.is_empty(), "the document has no operations");
    operations
}

/// Returns a valid call of an operation on `own` resources.
pub(crate) fn valid_call(operation: &Operation, own: &Resources) -> Call {
    let mut call = Call {
        method: operation.method.clone(),
        template: operation.path.clone(),
        path: BTreeMap::new(),
        query: BTreeMap::new(),
        headers: BTreeMap::new(),
        payload: Payload::Nothing,
    };
    for parameter in operation.parameters.iter().filter(|p| p.place == "path") {
        let name = parameter.name.as_str();
        let ids = own.ids.get(name).and_then(|ids| ids.first());
        let id = ids.unwrap_or_else(|| panic!("{} has no case for {name}", operation.id));
        call.set("path", name, id);
    }
    match operation.id.as_str() {
        "register" => {
            call.payload = Payload::Json(json!({
                "email": format!("new-{}@example.com", own.path),
                "password": PASSWORD,
                "organization_name": format!("New {}", own.path),
            }));
        }
        "login" => {
            call.payload = Payload::Json(json!({
                "identifier": "nobody@example.com",
                "password": PASSWORD,
            }));
        }
        "refresh" => call.payload = Payload::Json(json!({ "refresh_token": "nonsense" })),
        "update_me" => call.payload = Payload::Json(json!({ "display_name": "Somebody" })),
        "create_project" => {
            let name = format!("New {}", own.path);
            call.payload = Payload::Json(json!({ "name": name }));
        }
        "update_project" => call.payload = Payload::Json(json!({ "description": "New" })),
        "update_settings" => call.payload = Payload::Json(json!({ "content_types": "safe" })),
        "update_file" => call.payload = Payload::Json(json!({ "tags": { "seen": true } })),
        "upload_file" | "upload_file_alias" => call.payload = Payload::Form(BTreeMap::new()),
        "put_content" => {
            call.set("query", "path", &format!("put-{}", own.path));
            call.payload = Payload::Bytes(b"other content");
        }
        "get_content_by_path" | "head_content_by_path" => {
            call.set("query", "path", &own.path);
        }
        _ => assert!(
            operation.body_type.is_none(),
            "{} has no case for its body",
            operation.id
        ),
    }
    call
}

impl Call {
    /// Sets a value, replacing the present one.
    pub(crate) fn set(&mut self, place: &str, name: &str, value: &str) {
        let (name, value) = (name.to_owned(), value.to_owned());
        let replaced = match (place, &mut self.payload) {
            ("path", _) => self.path.insert(name, value),
            ("query", _) => self.query.insert(name, value),
            ("header", _) => self.headers.insert(name, value),
            ("body", Payload::Form(fields)) => fields.insert(name, value),
            ("body", Payload::Json(body)) => {
                body[name] = json!(value);
                None
            }
            _ => panic!("{} {}: no place for {name}", self.method, self.template),
        };
        drop(replaced);
    }

    /// Returns the call with one more value.
    pub(crate) fn with(&self, place: &str, name: &str, value: &str) -> Self {
        let mut call = self.clone();
        call.set(place, name, value);
        call
    }

    /// Builds the request of an actor.
    pub(crate) fn request(&self, actor: &Actor) -> RequestBuilder {
        let mut path = self.template.clone();
        for (name, value) in &self.path {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let mut request = actor.request(method, &path);
        if !self.query.is_empty() {
            request = request.query(&self.query);
        }
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header");
            request = request.header(name, value);
        }
        match &self.payload {
            Payload::Nothing => request,
            Payload::Json(body) => request.json(body),
            Payload::Bytes(bytes) => request
                .header(CONTENT_TYPE, "text/plain")
                .body(bytes.to_vec()),
            Payload::Form(fields) => {
                let form = fields
                    .iter()
                    .fold(Form::new(), |form, (name, value)| form.field(name, value));
                let form = form.file("form.txt", "text/plain", "form content");
                request
                    .header(CONTENT_TYPE, Form::CONTENT_TYPE)
                    .body(form.end())
            }
        }
    }
}
