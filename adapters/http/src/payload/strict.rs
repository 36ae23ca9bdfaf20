//! Strict JSON parsing: UTF-8, one value, no duplicate keys, no rounded numbers.
//!
//! `serde_json` keeps the last of duplicate keys, other parsers the first; parts
//! of a system that disagree are a security risk (RFC 8259, section 4).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::numbers::{is_exact, literals};

/// A value, and the paths of its numbers that were rounded.
#[derive(Debug, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    pub(crate) rounded: Vec<String>,
}

/// Parses one value. `serde_json` limits the depth to 128 levels; numbers must
/// fit a double.
pub(crate) fn parse(bytes: &[u8]) -> serde_json::Result<Parsed> {
    let mut parser = Parser {
        exact: Box::new(literals(bytes).map(is_exact)),
        path: Vec::new(),
        rounded: Vec::new(),
    };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = parser.deserialize(&mut json)?;
    json.end()?;
    let rounded = parser.rounded;
    Ok(Parsed { value, rounded })
}

/// A parser of values in the order of the text.
struct Parser<'a> {
    /// Whether each number of the text is exact.
    exact: Box<dyn Iterator<Item = bool> + 'a>,
    /// The names of the members and items that contain the present value.
    path: Vec<String>,
    rounded: Vec<String>,
}

impl Parser<'_> {
    fn number(&mut self, value: impl Into<Number>) -> Value {
        if self.exact.next() == Some(false) {
            self.rounded.push(self.path.join("."));
        }
        Value::Number(value.into())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Parser<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Parser<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(self.number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(self.number(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(self.number(number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.path.push(list.len().to_string());
            let item = items.next_element_seed(&mut *self)?;
            self.path.pop();
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.path.push(key.clone());
            let value = entries.next_value_seed(&mut *self)?;
            self.path.pop();
            if object.contains_key(&key) {
                return Err(A::Error::custom("duplicate key in an object"));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_json_parses_as_in_serde_json() {
        for text in [
            "null",
            "[true, -1, 18446744073709551615, 1.5, \"a\\u00e9\"]",
            "{\"a\": {\"b\": []}, \"c\": {\"b\": 1}}",
        ] {
            let parsed = parse(text.as_bytes()).map(|parsed| parsed.value);
            assert_eq!(
                parsed.ok(),
                serde_json::from_str::<Value>(text).ok(),
                "{text}"
            );
        }
    }

    #[test]
    fn rounded_numbers_are_located() {
        let text = r#"{"z": 1, "tags": {"é": 18446744073709551615, "n": 0.5},
            "a": [[1], [2, 1.0000000000000000001]], "1e999": "1e999"}"#;
        let rounded = parse(text.as_bytes()).map(|parsed| parsed.rounded);
        let expected = ["tags.é", "a.1.1"].map(str::to_owned);
        assert_eq!(rounded.ok(), Some(expected.to_vec()));
        let rounded = parse(b"9223372036854775808").map(|parsed| parsed.rounded);
        assert_eq!(rounded.ok(), Some(vec![String::new()]));
    }

    #[test]
    fn ambiguous_json_is_rejected() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for text in [
            "{\"a\": 1, \"a\": 2}",
            "{\"x\": {\"a\": 1, \"\\u0061\": 2}}",
            "1 2",
            "1e999",
            "\"\\ud800\"",
            "{\"a\": 1,}",
            "",
            &deep,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }
}
