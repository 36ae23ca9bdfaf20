//! The layers of the configuration: values and their origins.

use figment::value::{Dict, Map, Tag, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};

/// The name of the layer of defaults in the code.
pub(crate) const CODE: &str = "default";

/// Values from one origin.
#[derive(Clone)]
pub(crate) struct Layer {
    origin: String,
    values: Dict,
}

impl Layer {
    /// Creates a layer of the values of a file.
    pub(crate) fn new(origin: impl Into<String>, values: Dict) -> Self {
        let origin = origin.into();
        Self { origin, values }
    }

    /// Creates a layer of one value at a dotted path.
    pub(crate) fn single(origin: impl Into<String>, key: &str, value: Value) -> Self {
        let values = figment::util::nest(key, value).into_dict();
        Self::new(origin, values.unwrap_or_default())
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// Lookups in the merged layers.
pub(crate) trait Layers {
    /// Returns the value at a dotted path.
    fn value(&self, key: &str) -> Option<Value>;
    /// Returns the value at a dotted path, if it is a string.
    fn text(&self, key: &str) -> Option<String>;
    /// Returns the origin of the value with this tag, or `None` for a default in the code.
    fn origin(&self, tag: Tag) -> Option<String>;
    /// Returns the origin of the value at a dotted path, or `None` for a default in the code.
    fn origin_of(&self, key: &str) -> Option<String>;
}

impl Layers for Figment {
    fn value(&self, key: &str) -> Option<Value> {
        self.find_value(key).ok()
    }

    fn text(&self, key: &str) -> Option<String> {
        self.value(key)?.into_string()
    }

    fn origin(&self, tag: Tag) -> Option<String> {
        let origin = &self.get_metadata(tag)?.name;
        (origin != CODE).then(|| origin.to_string())
    }

    fn origin_of(&self, key: &str) -> Option<String> {
        self.origin(self.value(key)?.tag())
    }
}
