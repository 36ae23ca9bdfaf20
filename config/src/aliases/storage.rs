//! `UPLOAD_FOLDER`, `MINIO_*`, `S3_*` with `AWS_*`, `AZURE_*`: a backend each.

use figment::Figment;
use figment::value::Value;

use crate::assignments::Assignments;
use crate::layer::Layers;
use crate::variables::{Variable, Variables};

/// Bucket or container where the older system named none; made when missing.
const BUCKET: &str = "tenantry";

/// One backend that the variables describe.
struct Backend<'v> {
    name: &'static str,
    /// The variable without which there is no such backend.
    by: &'v Variable,
    said: Vec<(&'static str, Value, &'v Variable)>,
    implied: Vec<(&'static str, Value)>,
}

/// Each backend gets its name in `storages`. The only one is also the default, unless a kind is
/// given; with several the default stays what it is.
pub(super) fn assign(variables: &Variables, files: &Figment, assignments: &mut Assignments) {
    let kind = assignments.text("storage.kind").map(str::to_owned);
    let kind = kind.or_else(|| files.text("storage.kind"));
    let folder = variables.get("UPLOAD_FOLDER");
    if let Some(folder) = folder
        && kind.as_deref().is_none_or(|kind| kind == "local")
    {
        assignments.say("storage.root", folder.value.as_str(), folder);
    }
    let backends = [minio(variables), s3(variables), azure(variables)];
    let backends: Vec<_> = backends.into_iter().flatten().collect();
    let only = kind.is_none() && folder.is_none() && backends.len() == 1;
    for backend in &backends {
        backend.assign(&format!("storages.{}", backend.name), assignments);
        if only {
            backend.assign("storage", assignments);
        }
    }
}

impl<'v> Backend<'v> {
    fn new(name: &'static str, kind: &'static str, by: &'v Variable) -> Self {
        Self {
            name,
            by,
            said: vec![("kind", kind.into(), by)],
            implied: Vec::new(),
        }
    }

    fn say(mut self, key: &'static str, variable: Option<&'v Variable>) -> Self {
        let said = variable.map(|variable| (key, variable.value.as_str().into(), variable));
        self.said.extend(said);
        self
    }

    fn imply(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.implied.push((key, value.into()));
        self
    }

    fn assign(&self, section: &str, assignments: &mut Assignments) {
        for (key, value, variable) in &self.said {
            assignments.say(format!("{section}.{key}"), value.clone(), variable);
        }
        for (key, value) in &self.implied {
            assignments.imply(format!("{section}.{key}"), value.clone(), self.by);
        }
    }
}

fn minio(variables: &Variables) -> Option<Backend<'_>> {
    let by = variables.get("MINIO_ENDPOINT")?;
    let endpoint = match by.value.as_str() {
        url if url.contains("://") => url.to_owned(),
        host => format!("http://{host}"),
    };
    let plain = endpoint.starts_with("http://");
    let mut backend = Backend::new("minio", "s3", by)
        .say("access_key_id", variables.get("MINIO_ACCESS_KEY"))
        .say("secret_access_key", variables.get("MINIO_SECRET_KEY"))
        .imply("bucket", BUCKET)
        .imply("create", true)
        .imply("path_style", true)
        .imply("allow_http", plain);
    backend.said.push(("endpoint", endpoint.into(), by));
    Some(backend)
}

/// Keys of AWS alone mean nothing: many machines have them for other reasons.
fn s3(variables: &Variables) -> Option<Backend<'_>> {
    let by = variables.get("S3_BUCKET")?;
    let backend = Backend::new("s3", "s3", by)
        .say("bucket", Some(by))
        .say("region", variables.get("S3_REGION"))
        .say("access_key_id", variables.get("AWS_ACCESS_KEY_ID"))
        .say("secret_access_key", variables.get("AWS_SECRET_ACCESS_KEY"))
        .say("session_token", variables.get("AWS_SESSION_TOKEN"));
    Some(backend)
}

fn azure(variables: &Variables) -> Option<Backend<'_>> {
    let by = variables.get("AZURE_STORAGE_CONNECTION_STRING")?;
    let backend = Backend::new("azure", "azure", by)
        .say("connection_string", Some(by))
        .say("container", variables.get("AZURE_STORAGE_CONTAINER"));
    Some(match variables.get("AZURE_STORAGE_CONTAINER") {
        Some(_) => backend,
        None => backend.imply("container", BUCKET).imply("create", true),
    })
}
