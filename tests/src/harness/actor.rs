//! Users of the API.

use reqwest::{
    Body, Client, Method, RequestBuilder,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE},
};
use serde_json::{Value, json};

use super::{ApiResponse, Form, Wire, document, member, until};

/// The password of every user in tests.
pub const PASSWORD: &str = "correct horse battery";

/// A user with a connection, signed in or not.
#[derive(Debug, Clone)]
pub struct Actor {
    client: Client,
    base: String,
    /// The access token, after signing in.
    pub token: Option<String>,
    /// The refresh token, after signing in.
    pub refresh_token: Option<String>,
    /// The email address.
    pub email: String,
    /// The user id; empty without an account.
    pub user_id: String,
    /// The tenant id; empty without an account.
    pub tenant_id: String,
}

impl Actor {
    /// Creates a user without an account.
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

    /// Signs in with [`PASSWORD`].
    pub async fn sign_in(&mut self) {
        let body = json!({ "identifier": self.email, "password": PASSWORD });
        let session = self.post("/api/v1/auth/login", &body).await.expect(200);
        self.token = Some(session.text("access_token"));
        self.refresh_token = Some(session.text("refresh_token"));
    }

    /// Builds a request of this user, for [`send`](Self::send).
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// Sends a request and reads the whole response.
    pub async fn send(&self, request: RequestBuilder) -> ApiResponse {
        self.try_send(request).await.expect("a response")
    }

    /// Sends a request whose connection may break.
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<ApiResponse> {
        let request = request.build()?;
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await?;
        let response = ApiResponse::read(format!("{method} {path}"), response).await?;
        document::check_status(method.as_str(), &path, response.status.as_u16());
        Ok(response)
    }

    /// Returns the same user with another access token, or without one.
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self {
            token: token.map(str::to_owned),
            ..self.clone()
        }
    }

    /// Returns the same user with another base URL, such as that of a restarted
    /// service.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// Returns the same user with another HTTP client.
    #[must_use]
    pub fn with_client(&self, client: Client) -> Self {
        Self {
            client,
            ..self.clone()
        }
    }

    /// Opens a connection for raw bytes.
    pub async fn wire(&self) -> Wire {
        Wire::connect(&self.base).await
    }

    /// Returns the head of a request of this user, without its last line break,
    /// for a [`Wire`].
    pub fn head(&self, method: &str, path: &str) -> String {
        let host = self.base.trim_start_matches("http://");
        let token = self.token.as_deref().unwrap_or_default();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n"
        )
    }

    /// Sends a `GET`.
    pub async fn get(&self, path: &str) -> ApiResponse {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> ApiResponse {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends a `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> ApiResponse {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// Sends a `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> ApiResponse {
        self.send(self.request(Method::PATCH, path).json(body))
            .await
    }

    /// Sends a `DELETE`.
    pub async fn delete(&self, path: &str) -> ApiResponse {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Uploads raw content to a path in the tenant's space.
    pub async fn upload(&self, path: &str, kind: &str, body: impl Into<Body>) -> ApiResponse {
        let request = self
            .request(Method::PUT, "/api/v1/files/content")
            .query(&[("path", path)])
            .header(CONTENT_TYPE, kind)
            .body(body);
        self.send(request).await
    }

    /// Builds a raw upload of `length` bytes, without the body.
    pub fn put_content(&self, path: &str, length: u64) -> RequestBuilder {
        self.request(Method::PUT, "/api/v1/files/content")
            .query(&[("path", path)])
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, length)
    }

    /// Uploads a form.
    pub async fn upload_form(&self, form: impl Into<Body>) -> ApiResponse {
        let request = self
            .request(Method::POST, "/api/v1/files")
            .header(CONTENT_TYPE, Form::CONTENT_TYPE)
            .body(form);
        self.send(request).await
    }

    /// Uploads content, waits for its processing and returns the file.
    pub async fn upload_ready(&self, path: &str, kind: &str, body: impl Into<Body>) -> Value {
        let uploaded = self.upload(path, kind, body).await;
        let id = uploaded.text("file_id");
        self.processed(&id).await
    }

    /// Gets a file.
    pub async fn file(&self, id: &str) -> ApiResponse {
        self.get(&format!("/api/v1/files/{id}")).await
    }

    /// Returns the entity tag of a file.
    pub async fn file_tag(&self, id: &str) -> String {
        let file = self.file(id).await;
        file.header("etag").expect("a tag").to_owned()
    }

    /// Waits for the processing of a file and returns the file.
    pub async fn processed(&self, id: &str) -> Value {
        until("the file is processed", async || {
            let file = self.file(id).await.expect(200).json();
            (member(&file, "status") != "pending").then_some(file)
        })
        .await
    }

    /// Downloads the served content of a file.
    pub async fn download(&self, id: &str) -> ApiResponse {
        self.get(&format!("/api/v1/files/{id}/content")).await
    }

    /// Returns the storage usage of the tenant.
    pub async fn usage(&self) -> Value {
        let path = format!("/api/v1/tenants/{}/usage", self.tenant_id);
        self.get(&path).await.expect(200).json()
    }
}
