//! Checks the merged values against the shape of the configuration, before deserialization, so
//! that each problem names its key and origin.

use figment::Figment;
use figment::value::{Dict, Value};
use url::Url;

use crate::layer::Layers;
use crate::problem::Problem;
use crate::shape::{Choice, Fields, Leaf, Shape, Text};

/// Returns a problem for each unknown key, missing key, wrong type and value out of bounds.
pub(crate) fn check(layers: &Figment, values: &Value) -> Vec<Problem> {
    let mut check = Check {
        layers,
        problems: Vec::new(),
    };
    check.value("", values, Shape::config());
    check.problems
}

struct Check<'a> {
    layers: &'a Figment,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn report(&mut self, key: impl Into<String>, value: &Value, reason: impl Into<String>) {
        let problem = Problem::new(key, reason);
        self.problems.push(match self.layers.origin(value.tag()) {
            Some(origin) => problem.from_origin(origin),
            None => problem,
        });
    }

    fn value(&mut self, path: &str, value: &Value, shape: &Shape) {
        match (shape, value) {
            (Shape::Table(fields), Value::Dict(_, dict)) => {
                self.fields(path, value, dict, fields, None);
            }
            (Shape::Choice(choice), Value::Dict(_, dict)) => self.choice(path, value, dict, choice),
            (Shape::Map(field), Value::Dict(_, dict)) => {
                for (name, value) in dict {
                    self.value(&join(path, name), value, &field.shape);
                }
            }
            (Shape::List(element), Value::Array(_, values)) => {
                for (place, value) in values.iter().enumerate() {
                    self.value(&join(path, &place.to_string()), value, element);
                }
            }
            (Shape::Leaf(leaf), value) => {
                if let Err(reason) = leaf.check(value) {
                    self.report(path, value, reason);
                }
            }
            (Shape::List(_), value) => self.report(path, value, "must be a list"),
            (_, value) => self.report(path, value, "must be a table"),
        }
    }

    fn choice(&mut self, path: &str, table: &Value, dict: &Dict, choice: &Choice) {
        let tag = join(path, &choice.tag);
        let Some(value) = dict.get(&choice.tag) else {
            let names: Vec<_> = choice.variants.keys().map(String::as_str).collect();
            let reason = format!("missing; expected one of {}", names.join(", "));
            return self.report(tag, table, reason);
        };
        self.value(&tag, value, &choice.tag_field.shape);
        let name = value.as_str().unwrap_or_default();
        if let Some(variant) = choice.variants.get(name) {
            self.fields(path, table, dict, &variant.fields, Some((choice, name)));
        }
    }

    fn fields(
        &mut self,
        path: &str,
        table: &Value,
        dict: &Dict,
        fields: &Fields,
        choice: Option<(&Choice, &str)>,
    ) {
        for (name, value) in dict {
            let key = join(path, name);
            match (fields.get(name), choice) {
                (Some(field), _) => self.value(&key, value, &field.shape),
                (None, Some((choice, _))) if choice.tag == *name => {}
                (None, Some((choice, variant))) => {
                    let reason = format!("not a key of {} {variant}", choice.tag);
                    self.report(key, value, reason);
                }
                (None, None) => self.report(key, value, "unknown key"),
            }
        }
        for (name, field) in fields {
            if field.required && !dict.contains_key(name) {
                let reason = match choice {
                    Some((choice, variant)) => format!("missing for {} {variant}", choice.tag),
                    None => "missing".to_owned(),
                };
                self.report(join(path, name), table, reason);
            }
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

impl Leaf {
    fn check(&self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Self::Boolean, Value::Bool(..)) => Ok(()),
            (Self::Boolean, _) => Err("must be true or false".to_owned()),
            (Self::Text(text), Value::String(_, string)) => text.check(string),
            (Self::Text(_), _) => Err("must be a string".to_owned()),
            (Self::Integer { min, max }, value) => {
                let unsigned = value.to_u128().and_then(|number| number.try_into().ok());
                match value.to_i128().or(unsigned) {
                    None => Err("must be an integer".to_owned()),
                    Some(number) if number < *min => Err(format!("{number} is less than {min}")),
                    Some(number) if number > *max => Err(format!("{number} is more than {max}")),
                    Some(_) => Ok(()),
                }
            }
        }
    }
}

impl Text {
    // Only choices appear in the message; any other text may be a secret.
    fn check(&self, text: &str) -> Result<(), String> {
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == text) {
            return Err(format!(
                "{text:?} is not one of {}",
                self.choices.join(", ")
            ));
        }
        if length < self.min_length {
            return Err("must not be empty".to_owned());
        }
        if length > self.max_length {
            return Err(format!("must have at most {} characters", self.max_length));
        }
        if self.url {
            let url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
            if !url.username().is_empty() || url.password().is_some() {
                return Err("must not contain credentials".to_owned());
            }
        }
        Ok(())
    }
}
