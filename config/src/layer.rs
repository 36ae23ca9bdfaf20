//! One layer of the configuration: values, and who said them.

use figment::value::{Dict, Map, Tag, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};

/// Name of the layer compiled into the code.
pub(crate) const CODE: &str = "default";

/// Values from one origin, for figment to merge and to remember.
#[derive(Clone)]
pub(crate) struct Layer {
    origin: String,
    values: Dict,
}

impl Layer {
    /// Everything one file says.
    pub(crate) fn new(origin: impl Into<String>, values: Dict) -> Self {
        let origin = origin.into();
        Self { origin, values }
    }

    /// One value at a dotted path.
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

/// Questions to the merged layers.
pub(crate) trait Layers {
    /// The value at a dotted path, in whichever layer won.
    fn value(&self, key: &str) -> Option<Value>;
    /// The same, if it is text.
    fn text(&self, key: &str) -> Option<String>;
    /// Who said the value with this tag; absent for the code.
    fn origin(&self, tag: Tag) -> Option<String>;
    /// Who said the value at a dotted path; absent for the code.
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
