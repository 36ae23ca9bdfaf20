//! Calls of every operation with secrets.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use reqwest::{Method, RequestBuilder, header::AUTHORIZATION};
use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, Operation};

use crate::cases::{Payload, Resources, served_operations, valid_call};

/// Passwords and tokens of the user.
const PASSWORD: &str = "right+Vb70/password";
const NEXT_PASSWORD: &str = "other+Lp55/password";
const WRONG_PASSWORD: &str = "wrong+Xc19/password";
const FORGED: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmb3JnZWQifQ.forged-Rd64-signature";
const SIGNATURE: &str = "signature-Jm28-of-a-presigned-url";

/// The number of concurrent calls during an outage.
const CONCURRENCY: usize = 8;

/// A response with the operation.
type Searched = (String, Vec<u8>);

/// A signed-in owner, and the responses that must have no secret.
pub(super) struct Journey {
    operations: Vec<Operation>,
    pub(super) owner: Actor,
    own: Resources,
    /// The responses by request, except those that hand out tokens.
    pub(super) responses: Vec<Searched>,
}

impl Journey {
    /// Registers an owner and creates a resource of each kind.
    pub(super) async fn begin(anyone: &Actor, secrets: &mut super::Secrets) -> Self {
        for (name, value) in [
            ("the password", PASSWORD),
            ("the next password", NEXT_PASSWORD),
            ("the wrong password", WRONG_PASSWORD),
            ("the forged token", FORGED),
            ("the signature of a URL", SIGNATURE),
        ] {
            secrets.add(name, value);
        }
        let mut owner = anyone.clone();
        "owner@acme.example.com".clone_into(&mut owner.email);
        let body = json!({
            "email": owner.email,
            "password": PASSWORD,
            "organization_name": "acme",
        });
        let registered = owner.post("/api/v1/auth/register", &body).await.expect(201);
        owner.user_id = registered.text("user_id");
        owner.tenant_id = registered.text("tenant_id");
        sign_in(&mut owner, secrets).await;
        let kind = "application/pdf";
        let file = owner.upload_ready("a.pdf", kind, "%PDF-1.4 a").await;
        let project = owner
            .post("/api/v1/projects", &json!({ "name": "A" }))
            .await;
        // No operation lists jobs; an unknown one is an error, which is searched.
        let ids = [
            ("file_id", file["id"].as_str().expect("an id").to_owned()),
            ("job_id", uuid::Uuid::nil().to_string()),
            ("project_id", project.expect(201).text("id")),
            ("tenant_id", owner.tenant_id.clone()),
        ];
        Self {
            operations: served_operations(anyone).await,
            owner,
            own: Resources {
                path: "a.pdf".to_owned(),
                ids: BTreeMap::from(ids.map(|(name, id)| (name, vec![id]))),
            },
            responses: Vec::new(),
        }
    }

    /// Calls every operation: valid, with wrong credentials, and with rejected
    /// values. Sessions are renewed, so that tokens of each kind are known.
    pub(super) async fn every_operation(&mut self, secrets: &mut super::Secrets) {
        let mut statuses = BTreeMap::<String, Vec<u16>>::new();
        for operation in self.operations.clone() {
            let mut called = Vec::new();
            for request in self.requests(&operation) {
                called.push(self.send(&operation.id, request).await);
            }
            statuses.insert(operation.id.clone(), called);
            if operation.id == "logout" {
                sign_in(&mut self.owner, secrets).await;
            }
        }
        assert_eq!(statuses.len(), self.operations.len());
        assert!(statuses.values().flatten().any(|status| *status >= 400));
        self.sessions(secrets).await;
        let owner = self.owner.clone();
        for path in [
            format!(
                "/transfers/main/t/{0}/{0}?signature={SIGNATURE}",
                owner.tenant_id
            ),
            format!("/nowhere?token={FORGED}&password={WRONG_PASSWORD}"),
        ] {
            for method in [Method::GET, Method::PUT, Method::POST] {
                self.send("a URL", owner.request(method, &path)).await;
            }
        }
    }

    /// Calls every operation while the database is down. Each may take as long as
    /// its attempts to connect.
    pub(super) async fn every_operation_during_an_outage(&mut self) {
        let mut calls = Vec::new();
        for operation in &self.operations {
            let request = self.requests(operation).swap_remove(0);
            calls.push(self.call(&operation.id, request));
        }
        let called = stream::iter(calls).buffer_unordered(CONCURRENCY);
        let called: Vec<_> = called.collect().await;
        assert!(called.iter().any(|(status, _)| *status == 503));
        let responses = called.into_iter().filter_map(|(_, response)| response);
        self.responses.extend(responses);
    }

    /// Signs in with right and wrong passwords, and refreshes the session.
    async fn sessions(&mut self, secrets: &mut super::Secrets) {
        for password in [WRONG_PASSWORD, NEXT_PASSWORD] {
            let body = json!({ "identifier": self.owner.email, "password": password });
            let request = self.owner.request(Method::POST, "/api/v1/auth/login");
            let status = self.send("login", request.json(&body)).await;
            assert_eq!(status, 401);
        }
        for current in [WRONG_PASSWORD, PASSWORD] {
            let body = json!({ "email": "new@acme.example.com", "current_password": current });
            let request = self.owner.request(Method::PUT, "/api/v1/auth/me");
            self.send("update_me", request.json(&body)).await;
        }
        "new@acme.example.com".clone_into(&mut self.owner.email);
        sign_in(&mut self.owner, secrets).await;
        let used = self.owner.refresh_token.clone();
        let body = json!({ "refresh_token": used });
        let renewed = self.owner.post("/api/v1/auth/refresh", &body).await;
        add_tokens(&renewed.expect(200).json(), secrets);
        let request = self.owner.request(Method::POST, "/api/v1/auth/refresh");
        // Its reuse may end the session.
        self.send("refresh", request.json(&body)).await;
        sign_in(&mut self.owner, secrets).await;
    }

    /// Returns the requests of an operation.
    fn requests(&self, operation: &Operation) -> Vec<RequestBuilder> {
        let valid = valid_call(operation, &self.own);
        let anonymous = self.owner.with_token(None);
        let forged = self.owner.with_token(Some(FORGED));
        let with_query = valid.with("query", "access_token", FORGED);
        let mut requests = vec![
            // Removals do not remove the resources of the next operations.
            valid.request(if operation.method == "DELETE" {
                &forged
            } else {
                &self.owner
            }),
            valid.request(&anonymous),
            valid.request(&forged),
            with_query.request(&anonymous),
            valid
                .request(&anonymous)
                .header(AUTHORIZATION, format!("Basic {FORGED}")),
        ];
        if let Payload::Json(body) = &valid.payload {
            let mut wrong_type = body.clone();
            let mut unknown = body.clone();
            for field in &operation.body_fields {
                wrong_type[&field.name] = json!([PASSWORD, { "password": WRONG_PASSWORD }]);
            }
            unknown["passwort"] = json!(WRONG_PASSWORD);
            let cut = format!(r#"{{"password": "{PASSWORD}", "refresh_token": "{FORGED}"#);
            for body in [wrong_type.to_string(), unknown.to_string(), cut] {
                let request = valid.request(&self.owner).body(body);
                requests.push(request);
            }
        }
        requests
    }

    async fn send(&mut self, operation: &str, request: RequestBuilder) -> u16 {
        let (status, response) = self.call(operation, request).await;
        self.responses.extend(response);
        status
    }

    /// Returns the status, and the response unless it hands out tokens.
    async fn call(&self, operation: &str, request: RequestBuilder) -> (u16, Option<Searched>) {
        let response = self.owner.send(request).await;
        let status = response.status.as_u16();
        let grants = status < 400 && matches!(operation, "login" | "refresh");
        let body = String::from_utf8_lossy(&response.body);
        let text = format!("{:?} {body}", response.headers);
        let searched = (operation.to_owned(), text.into_bytes());
        (status, (!grants).then_some(searched))
    }
}

async fn sign_in(owner: &mut Actor, secrets: &mut super::Secrets) {
    let body = json!({ "identifier": owner.email, "password": PASSWORD });
    let session = owner.post("/api/v1/auth/login", &body).await.expect(200);
    owner.token = Some(session.text("access_token"));
    owner.refresh_token = Some(session.text("refresh_token"));
    add_tokens(&session.json(), secrets);
}

/// Adds the tokens of a session, and the signature of the access token.
fn add_tokens(session: &Value, secrets: &mut super::Secrets) {
    for name in ["access_token", "refresh_token"] {
        let token = session[name].as_str().expect("a token");
        secrets.add(name, token);
        if let Some((_, signature)) = token.rsplit_once('.') {
            secrets.add("the last part of a token", signature);
        }
    }
}
