//! People who talk to the service.

use reqwest::{
    Body, Client, Method, RequestBuilder,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE},
};
use serde_json::{Value, json};

use super::{Answer, Form, Wire, document, until};

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";

/// Somebody with a connection, signed in or not.
#[derive(Debug, Clone)]
pub struct Actor {
    client: Client,
    base: String,
    /// Their access token, once they are signed in.
    pub token: Option<String>,
    /// Their refresh token, once they are signed in.
    pub refresh_token: Option<String>,
    /// Their address.
    pub email: String,
    /// Their id; empty for a stranger.
    pub user_id: String,
    /// Their tenant's id; empty for a stranger.
    pub tenant_id: String,
}

impl Actor {
    /// Somebody nobody knows.
    pub fn anonymous(base: impl Into<String>) -> Self {
        Self {
            client: Client::new(),
            base: base.into(),
            token: None,
            refresh_token: None,
            email: String::new(),
            user_id: String::new(),
            tenant_id: String::new(),
        }
    }

    /// Registers the owner of a new company and signs them in.
    pub async fn register(base: impl Into<String>, company: &str) -> Self {
        let mut actor = Self::anonymous(base);
        actor.email = format!("owner@{company}.example.com");
        let body = json!({
            "email": actor.email,
            "password": PASSWORD,
            "organization_name": company,
        });
        let registered = actor.post("/api/v1/auth/register", &body).await.expect(201);
        actor.user_id = registered.text("user_id");
        actor.tenant_id = registered.text("tenant_id");
        actor.sign_in().await;
        actor
    }

    /// Signs in with the password of everybody.
    pub async fn sign_in(&mut self) {
        let body = json!({ "identifier": self.email, "password": PASSWORD });
        let session = self.post("/api/v1/auth/login", &body).await.expect(200);
        self.token = Some(session.text("access_token"));
        self.refresh_token = Some(session.text("refresh_token"));
    }

    /// A request of this person, to be completed and [sent](Self::send).
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// Sends a request and reads its answer whole.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    /// The same, where the connection may break.
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let request = request.build()?;
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answer = self.client.execute(request).await?;
        let answer = Answer::read(format!("{method} {path}"), answer).await?;
        document::check_status(method.as_str(), &path, answer.status.as_u16());
        Ok(answer)
    }

    /// The same person with another access token, or none.
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self {
            token: token.map(str::to_owned),
            ..self.clone()
        }
    }

    /// The same person at a service elsewhere, such as one that came back on
    /// another port.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// A connection on which every byte is written by hand.
    pub async fn wire(&self) -> Wire {
        Wire::connect(&self.base).await
    }

    /// The head of a request of this person, without its last line break, for
    /// a [`Wire`].
    pub fn head(&self, method: &str, path: &str) -> String {
        let host = self.base.trim_start_matches("http://");
        let token = self.token.as_deref().unwrap_or_default();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n"
        )
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PUT` of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// `PATCH` of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body))
            .await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Uploads raw content to a path of the company's space.
    pub async fn upload(&self, path: &str, kind: &str, body: impl Into<Body>) -> Answer {
        let request = self
            .request(Method::PUT, "/api/v1/files/content")
            .query(&[("path", path)])
            .header(CONTENT_TYPE, kind)
            .body(body);
        self.send(request).await
    }

    /// A raw upload of so many bytes, to be completed with them.
    pub fn put_content(&self, path: &str, length: u64) -> RequestBuilder {
        self.request(Method::PUT, "/api/v1/files/content")
            .query(&[("path", path)])
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, length)
    }

    /// Uploads a form.
    pub async fn upload_form(&self, form: impl Into<Body>) -> Answer {
        let request = self
            .request(Method::POST, "/api/v1/files")
            .header(CONTENT_TYPE, Form::CONTENT_TYPE)
            .body(form);
        self.send(request).await
    }

    /// Uploads and waits until processing has ended; returns the file.
    pub async fn upload_ready(&self, path: &str, kind: &str, body: impl Into<Body>) -> Value {
        let uploaded = self.upload(path, kind, body).await;
        let id = uploaded.text("file_id");
        self.processed(&id).await
    }

    /// One file.
    pub async fn file(&self, id: &str) -> Answer {
        self.get(&format!("/api/v1/files/{id}")).await
    }

    /// The entity tag of one file.
    pub async fn file_tag(&self, id: &str) -> String {
        let file = self.file(id).await;
        file.header("etag").expect("a tag").to_owned()
    }

    /// Waits until the processing of a file has ended; returns the file.
    pub async fn processed(&self, id: &str) -> Value {
        until("the file is processed", async || {
            let file = self.file(id).await.expect(200).json();
            (file["status"] != "pending").then_some(file)
        })
        .await
    }

    /// Downloads what is served of a file.
    pub async fn download(&self, id: &str) -> Answer {
        self.get(&format!("/api/v1/files/{id}/content")).await
    }

    /// What their tenant uses.
    pub async fn usage(&self) -> Value {
        let path = format!("/api/v1/tenants/{}/usage", self.tenant_id);
        self.get(&path).await.expect(200).json()
    }
}
