//! Defaults derived from other keys: the lowest layer, added last.

use std::path::PathBuf;

use figment::value::Value;
use figment::{Figment, Provider};

use crate::connection_url::ConnectionUrl;
use crate::layer::{CODE, Layer, Layers};
use crate::sections::{AppConfig, DatabaseConfig};

/// Adds the defaults derived from `layers` below them.
pub(crate) fn derive(layers: Figment) -> Figment {
    let kind = database_kind(&layers).unwrap_or("sqlite");
    let layers = layers.join(default("database.kind", kind));
    let layers = layers.join(default("storage.kind", "local"));
    let cache = if layers.contains("cache.url") {
        "redis"
    } else {
        "memory"
    };
    let layers = layers.join(default("cache.kind", cache));

    let data = layers.text("app.data").map(PathBuf::from);
    let data = data.unwrap_or_else(|| AppConfig::default().data);
    let mut derived = Vec::new();
    if layers.text("database.kind").as_deref() == Some("sqlite") {
        let url = ConnectionUrl::sqlite(&data.join("tenantry.db"));
        derived.push(("database.url", Value::from(url.expose())));
    }
    if layers.text("storage.kind").as_deref() == Some("local") {
        let root = data.join("blobs");
        derived.push((
            "storage.root",
            Value::from(root.to_string_lossy().into_owned()),
        ));
    }
    if let Some(url) = layers.text("http.public_url") {
        derived.push(("security.issuer", Value::from(url.trim_end_matches('/'))));
    }
    if let Some(algorithm) = first_algorithm(&layers) {
        derived.push(("security.algorithm", algorithm));
    }
    derived.into_iter().fold(layers, |layers, (key, value)| {
        layers.join(default(key, value))
    })
}

fn default(key: &str, value: impl Into<Value>) -> impl Provider {
    Layer::single(CODE, key, value.into())
}

fn database_kind(layers: &Figment) -> Option<&'static str> {
    let url = layers.text("database.url")?;
    DatabaseConfig::kind_of_scheme(ConnectionUrl::new(url).scheme())
}

/// Returns the algorithm of the first key, which signs.
fn first_algorithm(layers: &Figment) -> Option<Value> {
    let keys = layers.value("security.keys")?;
    keys.as_array()?.first()?.find_ref("algorithm").cloned()
}
