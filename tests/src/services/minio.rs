//! `MinIO`, an implementation of S3.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use object_store::{
    aws::{AmazonS3, AmazonS3Builder, AwsAuthorizer, AwsCredential},
    client::HttpRequest,
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use rcgen::generate_simple_self_signed;
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::json;
use tokio::sync::OnceCell;

use super::{
    Namespace, TestServer, bucket, child::Server, cleanup::remove_at_exit, free_port, given,
    program, wait_until_ready,
};

/// The variable that names another service: `http://<access
/// key>:<secret>@<host>:<port>`.
const URL: &str = "TENANTRY_TEST_S3_URL";

/// The program built by `tests/scripts/services`.
const PROGRAM: &str = "minio-20260212201848/minio";

/// A server.
pub struct Minio {
    endpoint: String,
    access_key_id: String,
    secret_access_key: String,
    server: Option<Server>,
    buckets: AtomicU32,
}

impl Minio {
    /// Returns the server of this run.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Minio> = OnceCell::const_new();
        SHARED.get_or_init(Self::find).await
    }

    async fn find() -> Self {
        let Some(url) = given(URL) else {
            return Self::start(None).await;
        };
        let mut url: Url = url.parse().expect("a URL");
        let access_key_id = url.username().to_owned();
        let secret_access_key = url.password().unwrap_or_default().to_owned();
        url.set_username("").expect("an HTTP URL");
        url.set_password(None).expect("an HTTP URL");
        Self {
            endpoint: url.as_str().trim_end_matches('/').to_owned(),
            access_key_id,
            secret_access_key,
            server: None,
            buckets: AtomicU32::new(0),
        }
    }

    /// Starts a separate server with TLS. Returns the certificate of its unknown
    /// authority as well.
    pub async fn with_tls() -> (Self, String) {
        let made = generate_simple_self_signed(["127.0.0.1".to_owned()]);
        let made = made.expect("a certificate");
        let certificate = made.cert.pem();
        let keys = [
            ("public.crt", certificate.clone()),
            ("private.key", made.signing_key.serialize_pem()),
        ];
        (Self::start(Some(keys)).await, certificate)
    }

    async fn start(keys: Option<[(&str, String); 2]>) -> Self {
        let program = program("minio", PROGRAM).unwrap_or_else(|| {
            panic!("MinIO is missing: run tests/scripts/services, or set {URL}")
        });
        let (access_key_id, secret_access_key) = ("tenantry", "tenantry-secret");
        let address = format!("127.0.0.1:{}", free_port());
        let server = Server::start(None, |folder| {
            // The shell passes on its environment.
            let mut server = Command::new("env");
            let certificates = folder.join("certificates");
            std::fs::create_dir(&certificates).expect("a folder");
            for (name, text) in keys.iter().flatten() {
                std::fs::write(certificates.join(name), text).expect("written");
            }
            server
                .arg(format!("MINIO_ROOT_USER={access_key_id}"))
                .arg(format!("MINIO_ROOT_PASSWORD={secret_access_key}"))
                .args(["MINIO_BROWSER=off", "MINIO_REGION=us-east-1"])
                .arg(program)
                .args(["server", "--quiet", "--address", &address, "--certs-dir"])
                .arg(certificates)
                .arg(folder.join("data"));
            server
        });
        let scheme = if keys.is_some() { "https" } else { "http" };
        let endpoint = format!("{scheme}://{address}");
        // The server accepts plain HTTP on its TLS port too.
        wait_until_ready(&format!("http://{address}/minio/health/ready"), &server).await;
        Self {
            endpoint,
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            server: Some(server),
            buckets: AtomicU32::new(0),
        }
    }

    /// Returns the built version, which the server does not report; empty for
    /// another server.
    pub fn version(&self) -> String {
        match self.server {
            Some(_) => "2026-02-12".to_owned(),
            None => String::new(),
        }
    }

    /// Returns the endpoint, such as `http://127.0.0.1:1234`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns the address, `host:port`.
    pub fn address(&self) -> &str {
        let (_, address) = self.endpoint.split_once("://").expect("a scheme");
        address
    }

    /// Returns the access key id.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// Returns the secret access key.
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// Returns a client of a bucket.
    pub fn client(&self, bucket: &str) -> AmazonS3 {
        let client = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_endpoint(self.endpoint())
            .with_access_key_id(self.access_key_id())
            .with_secret_access_key(self.secret_access_key())
            .with_allow_http(true)
            .build();
        client.expect("a client")
    }

    /// Counts the unfinished multipart uploads of an object.
    pub async fn unfinished(&self, bucket: &str, name: &Path) -> usize {
        let query = [("uploads", ""), ("prefix", name.as_ref())];
        let options = SignedUrlOptions::new().with_query(query);
        let (root, minute) = (Path::default(), Duration::from_mins(1));
        let client = self.client(bucket);
        let url = client.signed_url_opts(Method::GET, &root, minute, &options);
        let response = reqwest::get(url.await.expect("a signed URL")).await;
        let response = response.and_then(reqwest::Response::error_for_status);
        let response = response.expect("a response").text().await;
        response.expect("a list").matches("<Upload>").count()
    }

    /// Creates temporary credentials for these actions on a bucket.
    pub async fn create_temporary_credentials(
        &self,
        bucket: &str,
        actions: &[&str],
    ) -> AwsCredential {
        let resource = format!("arn:aws:s3:::{bucket}");
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": actions,
            "Resource": [resource, format!("{resource}/*")],
        }] });
        let policy = policy.to_string();
        let parameters = [
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("Policy", &*policy),
        ];
        let form = Url::parse_with_params(self.endpoint(), parameters).expect("a URL");
        let form = form.query().unwrap_or_default().to_owned();
        let mut request = HttpRequest::new(form.clone().into());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("{}/", self.endpoint()).parse().expect("a URI");
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form_type);
        let own = AwsCredential {
            key_id: self.access_key_id().to_owned(),
            secret_key: self.secret_access_key().to_owned(),
            token: None,
        };
        let signer = AwsAuthorizer::new(&own, "sts", "us-east-1");
        signer.try_authorize(&mut request, None).expect("signed");
        let response = reqwest::Client::new()
            .post(self.endpoint())
            .headers(request.headers().clone())
            .body(form)
            .send()
            .await;
        let response = response
            .expect("a response")
            .text()
            .await
            .expect("its text");
        let of = |name: &str| {
            let found = response.split_once(&format!("<{name}>"));
            let found = found.and_then(|(_, rest)| rest.split_once('<'));
            let (value, _) = found.unwrap_or_else(|| panic!("no {name} in {response}"));
            value.to_owned()
        };
        AwsCredential {
            key_id: of("AccessKeyId"),
            secret_key: of("SecretAccessKey"),
            token: Some(of("SessionToken")),
        }
    }

    /// Returns the settings of a storage section for a bucket, as environment
    /// variables; `section` is `STORAGE` or `STORAGES__NAME`.
    pub fn settings(&self, section: &str, bucket: &str) -> Vec<(String, String)> {
        let values = [
            ("KIND", "s3"),
            ("ENDPOINT", self.endpoint()),
            ("ALLOW_HTTP", "true"),
            ("PATH_STYLE", "true"),
            ("BUCKET", bucket),
            ("CREATE", "true"),
            ("ACCESS_KEY_ID", self.access_key_id()),
            ("SECRET_ACCESS_KEY", self.secret_access_key()),
        ];
        super::variables(section, &values)
    }

    /// Returns the settings of the section `storage` for temporary credentials.
    pub async fn temporary_credentials(
        &self,
        bucket: &str,
        actions: &[&str],
    ) -> Vec<(String, String)> {
        let temporary_credentials = self.create_temporary_credentials(bucket, actions).await;
        let values = [
            ("ACCESS_KEY_ID", &*temporary_credentials.key_id),
            ("SECRET_ACCESS_KEY", &*temporary_credentials.secret_key),
            (
                "SESSION_TOKEN",
                temporary_credentials.token.as_deref().unwrap_or_default(),
            ),
        ];
        super::variables("STORAGE", &values)
    }

    /// Returns a new, unique bucket name.
    pub fn fresh(&self) -> String {
        let number = self.buckets.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}-{number}", std::process::id());
        remove_at_exit(URL, &name);
        name
    }
}

#[async_trait]
impl TestServer for Minio {
    async fn version(&self) -> String {
        Self::version(self)
    }

    async fn namespace(&self) -> Namespace {
        let name = self.fresh();
        let settings = vec![
            ("ENDPOINT", self.endpoint.clone()),
            ("ALLOW_HTTP", "true".to_owned()),
            ("PATH_STYLE", "true".to_owned()),
            ("BUCKET", name.clone()),
            ("CREATE", "true".to_owned()),
            ("ACCESS_KEY_ID", self.access_key_id.clone()),
            ("SECRET_ACCESS_KEY", self.secret_access_key.clone()),
        ];
        Namespace { name, settings }
    }

    async fn remove(&self, name: &str) -> bool {
        bucket::remove(&self.client(name)).await
    }
}
