//! `UPLOAD_FOLDER`, `MINIO_*`, `S3_*` with `AWS_*`, `AZURE_*`: one backend each.

use figment::Figment;
use figment::value::Value;

use crate::assignments::Assignments;
use crate::layer::Layers;
use crate::variables::{Variable, Variables};

/// The bucket or container of systems that have no variable for it; created if missing.
const BUCKET: &str = "tenantry";

/// The names of the bucket and of the region on S3. Two names with different values conflict.
const S3_BUCKET: [&str; 2] = ["S3_BUCKET", "AWS_S3_BUCKET"];
const S3_REGION: [&str; 2] = ["S3_REGION", "AWS_S3_REGION"];

/// A backend described by variables.
struct Backend<'v> {
    name: &'static str,
    /// The variable that every backend of this kind requires.
    by: &'v Variable,
    explicit: Vec<(&'static str, Value, &'v Variable)>,
    implied: Vec<(&'static str, Value)>,
}

/// Adds each backend to `storages`. A single backend is also the default unless
/// `storage.kind` is set.
pub(super) fn assign(variables: &Variables, files: &Figment, assignments: &mut Assignments) {
    let kind = assignments.text("storage.kind").map(str::to_owned);
    let kind = kind.or_else(|| files.text("storage.kind"));
    let folder = variables.get("UPLOAD_FOLDER");
    if let Some(folder) = folder
        && kind.as_deref().is_none_or(|kind| kind == "local")
    {
        assignments.set("storage.root", folder.value.as_str(), folder);
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
            explicit: vec![("kind", kind.into(), by)],
            implied: Vec::new(),
        }
    }

    fn set(mut self, key: &'static str, variable: Option<&'v Variable>) -> Self {
        let assignment = variable.map(|variable| (key, variable.value.as_str().into(), variable));
        self.explicit.extend(assignment);
        self
    }

    fn set_each<const N: usize>(
        self,
        key: &'static str,
        variables: [Option<&'v Variable>; N],
    ) -> Self {
        variables
            .into_iter()
            .fold(self, |backend, variable| backend.set(key, variable))
    }

    fn imply(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.implied.push((key, value.into()));
        self
    }

    fn assign(&self, section: &str, assignments: &mut Assignments) {
        for (key, value, variable) in &self.explicit {
            assignments.set(format!("{section}.{key}"), value.clone(), variable);
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
        .set("access_key_id", variables.get("MINIO_ACCESS_KEY"))
        .set("secret_access_key", variables.get("MINIO_SECRET_KEY"))
        .imply("bucket", BUCKET)
        .imply("create", true)
        .imply("path_style", true)
        .imply("allow_http", plain);
    backend.explicit.push(("endpoint", endpoint.into(), by));
    Some(backend)
}

/// Returns a backend only if a bucket is set: many machines have AWS keys for other purposes.
fn s3(variables: &Variables) -> Option<Backend<'_>> {
    let [bucket, region] =
        [S3_BUCKET, S3_REGION].map(|names| names.map(|name| variables.get(name)));
    let by = bucket.into_iter().flatten().next()?;
    let backend = Backend::new("s3", "s3", by)
        .set_each("bucket", bucket)
        .set_each("region", region)
        .set("access_key_id", variables.get("AWS_ACCESS_KEY_ID"))
        .set("secret_access_key", variables.get("AWS_SECRET_ACCESS_KEY"))
        .set("session_token", variables.get("AWS_SESSION_TOKEN"));
    Some(backend)
}

fn azure(variables: &Variables) -> Option<Backend<'_>> {
    let by = variables.get("AZURE_STORAGE_CONNECTION_STRING")?;
    let backend = Backend::new("azure", "azure", by)
        .set("connection_string", Some(by))
        .set("container", variables.get("AZURE_STORAGE_CONTAINER"));
    Some(match variables.get("AZURE_STORAGE_CONTAINER") {
        Some(_) => backend,
        None => backend.imply("container", BUCKET).imply("create", true),
    })
}
