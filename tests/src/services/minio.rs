//! `MinIO`, which speaks the protocol of S3.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use rcgen::generate_simple_self_signed;
use tokio::sync::OnceCell;

use super::{answers, child::Server, free_port, given, program};

/// Where a service may be that is used instead of one of our own:
/// `http://<access key>:<secret>@<host>:<port>`.
const URL: &str = "TENANTRY_TEST_S3_URL";

/// Where `tests/scripts/services` builds it.
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
    /// The server of this run.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Minio> = OnceCell::const_new();
        SHARED.get_or_init(Self::find).await
    }

    async fn find() -> Self {
        let Some(url) = given(URL) else {
            return Self::start(None).await;
        };
        let mut url: reqwest::Url = url.parse().expect("a URL");
        let access_key_id = url.username().to_owned();
        let secret_access_key = url.password().unwrap_or_default().to_owned();
        url.set_username("").expect("a URL of HTTP");
        url.set_password(None).expect("a URL of HTTP");
        Self {
            endpoint: url.as_str().trim_end_matches('/').to_owned(),
            access_key_id,
            secret_access_key,
            server: None,
            buckets: AtomicU32::new(0),
        }
    }

    /// One of its own, with TLS and the certificate of an authority that
    /// nobody knows; the certificate as well.
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
            panic!("MinIO is missing: tests/scripts/services builds it, or set {URL}")
        });
        let (access_key_id, secret_access_key) = ("tenantry", "tenantry-secret");
        let address = format!("127.0.0.1:{}", free_port());
        let server = Server::start(None, |folder| {
            // The shell hands on the environment that it is given.
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
        // Whoever speaks HTTP where TLS is expected is answered as well.
        answers(&format!("http://{address}/minio/health/ready"), &server).await;
        Self {
            endpoint,
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            server: Some(server),
            buckets: AtomicU32::new(0),
        }
    }

    /// The version that is built, which it does not tell itself; nothing of
    /// another.
    pub fn version(&self) -> String {
        match self.server {
            Some(_) => "2026-02-12".to_owned(),
            None => String::new(),
        }
    }

    /// Where it is, `http://127.0.0.1:1234`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The same without the scheme.
    pub fn address(&self) -> &str {
        let (_, address) = self.endpoint.split_once("://").expect("a scheme");
        address
    }

    /// The name of its access key.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret of its access key.
    pub fn secret_access_key(&self) -> &str {
        &self.secret_access_key
    }

    /// What a storage section says of a bucket, as environment variables;
    /// `section` is `STORAGE` or `STORAGES__NAME`.
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

    /// The name of a bucket that is not there yet, and nobody else's.
    pub fn fresh(&self) -> String {
        let number = self.buckets.fetch_add(1, Ordering::Relaxed);
        format!("t{}-{number}", std::process::id())
    }
}
