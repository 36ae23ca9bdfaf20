//! Column types that hold more than one value: JSON text in SQL, native lists
//! in BSON.

use std::{fmt, str::FromStr};

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use super::id;

/// A list of ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, DeriveValueType)]
#[serde(transparent)]
#[sea_orm(value_type = "String")]
pub struct Ids(#[serde(with = "id::list")] pub Vec<Uuid>);

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.0.iter().map(Uuid::to_string).collect();
        Value::from(ids).fmt(f)
    }
}

impl FromStr for Ids {
    type Err = serde_json::Error;

    fn from_str(json: &str) -> Result<Self, Self::Err> {
        let texts: Vec<&str> = serde_json::from_str(json)?;
        let ids = texts
            .into_iter()
            .map(|text| Uuid::try_parse(text).map_err(serde::de::Error::custom));
        ids.collect::<Result<_, _>>().map(Self)
    }
}

/// A map from names to scalars: a JSON object in SQL, a list of pairs in BSON,
/// whose field names cannot hold every text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DeriveValueType)]
#[serde(transparent)]
#[sea_orm(value_type = "String")]
pub struct Pairs(pub Vec<Pair>);

/// One entry of [`Pairs`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The name.
    pub key: String,
    /// The value.
    pub value: Scalar,
}

/// A value without parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A fraction, never NaN or infinite.
    Number(f64),
    /// A truth value.
    Flag(bool),
    /// Null.
    Null(()),
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        match scalar {
            Scalar::Text(text) => Self::String(text),
            Scalar::Integer(number) => Self::from(number),
            Scalar::Number(number) => Number::from_f64(number).map_or(Self::Null, Self::Number),
            Scalar::Flag(flag) => Self::Bool(flag),
            Scalar::Null(()) => Self::Null,
        }
    }
}

impl TryFrom<Value> for Scalar {
    type Error = serde_json::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::String(text) => Ok(Self::Text(text)),
            Value::Bool(flag) => Ok(Self::Flag(flag)),
            Value::Null => Ok(Self::Null(())),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Ok(Self::Integer(integer)),
                (None, Some(number)) => Ok(Self::Number(number)),
                (None, None) => Err(serde::de::Error::custom("number out of range")),
            },
            Value::Array(_) | Value::Object(_) => {
                Err(serde::de::Error::custom("expected a scalar"))
            }
        }
    }
}

impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.iter().cloned();
        let entries = entries.map(|pair| (pair.key, Value::from(pair.value)));
        Value::Object(entries.collect::<Map<_, _>>()).fmt(f)
    }
}

impl FromStr for Pairs {
    type Err = serde_json::Error;

    fn from_str(json: &str) -> Result<Self, Self::Err> {
        let entries: Map<String, Value> = serde_json::from_str(json)?;
        let pairs = entries.into_iter().map(|(key, value)| {
            let value = Scalar::try_from(value)?;
            Ok(Pair { key, value })
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn pairs_round_trip() {
        let pairs = [
            ("awkward", Scalar::Number(5.008_222_848_939_446_5e-5)),
            ("empty", Scalar::Null(())),
            ("flag", Scalar::Flag(true)),
            ("fraction", Scalar::Number(0.1 + 0.2)),
            ("integer", Scalar::Integer(i64::MIN)),
            ("large", Scalar::Number(1e300)),
            ("text", Scalar::Text("ü".to_owned())),
            ("whole", Scalar::Number(3.0)),
        ];
        let pairs = pairs.map(|(key, value)| Pair {
            key: key.to_owned(),
            value,
        });
        let pairs = Pairs(pairs.into());
        assert_eq!(pairs.to_string().parse::<Pairs>().expect("JSON"), pairs);
        #[cfg(feature = "bson")]
        {
            #[derive(Debug, PartialEq, Serialize, Deserialize)]
            struct Row {
                pairs: Pairs,
            }
            let row = Row { pairs };
            let document = bson::serialize_to_raw_document_buf(&row).expect("a document");
            let read: Row = bson::deserialize_from_slice(document.as_bytes()).expect("a row");
            assert_eq!(read, row);
        }
    }

    #[test]
    fn malformed_text_is_an_error() {
        for json in ["", "{", "[1]", "[\"x\"]", "{\"a\": [1]}"] {
            assert!(json.parse::<Ids>().is_err(), "{json}");
            assert!(json.parse::<Pairs>().is_err(), "{json}");
        }
    }
}
