//! The commented `.env.example`, written from the table of keys.

use serde_json::Value as Json;

use crate::aliases::ALIASES;
use crate::profile::Profile;
use crate::shape::{Field, Fields, Leaf, Shape};
use crate::variables::name_of;

/// Longest line of text, in bytes.
const WIDTH: usize = 100;

const HEAD: &str = "\
# Every setting of Tenantry, written by `tenantry config example`. Copy this file to `.env` and
# take the `#` away from what you change; each line shows the default, and an empty value is none.
# The same names work in the environment, which wins over `.env`. In a file for `--config`,
# TENANTRY_HTTP__PORT is the key `port` of the table `[http]`.
#
# Lists are JSON or separated by commas. A secret may be read from a file: the name with _FILE
# behind it, as in TENANTRY_SECURITY__SECRET_FILE=/run/secrets/tenantry. A value with spaces, `#`
# or `$` needs 'single quotes'.
";

/// The text of `.env.example`: every key with its meaning, bounds, default and older names.
pub fn example() -> String {
    let mut example = Example(HEAD.to_owned());
    example.profile();
    if let Shape::Table(sections) = Shape::config() {
        for (name, section) in sections {
            example.section(name, section);
        }
    }
    example.0
}

struct Example(String);

impl Example {
    fn line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    /// Text as comment lines of at most [`WIDTH`].
    fn comment(&mut self, text: &str) {
        let mut line = "#".to_owned();
        for word in text.split_whitespace() {
            if line.len() + 1 + word.len() > WIDTH {
                self.line(&line);
                line.truncate(1);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    fn profile(&mut self) {
        let names = Profile::ALL.map(Profile::name).join(", ");
        self.line("");
        self.comment(&format!(
            "Which defaults and checks apply: {names}. Older name: FLASK_ENV."
        ));
        self.line(&format!("#TENANTRY_PROFILE={}", Profile::default()));
    }

    fn section(&mut self, name: &str, section: &Field) {
        self.line("");
        self.line(&format!("# ---- {name} ----"));
        self.comment(&section.doc);
        match &section.shape {
            Shape::Map(_) => self.names(name),
            Shape::Choice(choice) => {
                let kind = format!("{name}.{}", choice.tag);
                let tag = &choice.tag_field;
                let default = &section.default[&choice.tag];
                self.key(&kind, tag, default);
                // What most installations have comes first.
                let mut variants: Vec<_> = choice.variants.iter().collect();
                variants.sort_by_key(|(variant_name, _)| default != *variant_name);
                for (variant_name, variant) in variants {
                    self.line("");
                    self.comment(&format!("With {}={variant_name}:", name_of(&kind)));
                    self.comment(&variant.doc);
                    self.fields(name, &variant.fields);
                }
            }
            Shape::Table(fields) => self.fields(name, fields),
            Shape::List(_) | Shape::Leaf(_) => self.key(name, section, &section.default),
        }
    }

    /// A table with free names: its keys are explained where they have a place of their own.
    fn names(&mut self, name: &str) {
        self.comment(&format!("{}=", name_of(&format!("{name}.<name>.<key>"))));
        let prefix = format!("{name}.");
        let older = ALIASES
            .iter()
            .filter(|alias| alias.key.starts_with(&prefix));
        let older: Vec<_> = older.map(|alias| alias.name).collect();
        self.comment(&format!("Older names: {}.", older.join(", ")));
    }

    fn fields(&mut self, path: &str, fields: &Fields) {
        let shown = fields.iter().filter(|(_, field)| field.file_of.is_none());
        for (name, field) in shown {
            let key = format!("{path}.{name}");
            match &field.shape {
                Shape::Table(fields) => {
                    self.line("");
                    self.comment(&field.doc);
                    self.fields(&key, fields);
                }
                _ => self.key(&key, field, &field.default),
            }
        }
    }

    fn key(&mut self, key: &str, field: &Field, default: &Json) {
        self.line("");
        let mut text = field.doc.clone();
        if let Some(bounds) = bounds(key, &field.shape) {
            text = format!("{text} {bounds}.");
        }
        let older = ALIASES.iter().filter(|alias| alias.key == key);
        let older: Vec<_> = older.map(|alias| alias.name).collect();
        if !older.is_empty() {
            text = format!("{text} Older names: {}.", older.join(", "));
        }
        self.comment(&text);
        self.line(&format!("#{}={}", name_of(key), shown(default)));
    }
}

fn bounds(key: &str, shape: &Shape) -> Option<String> {
    match shape {
        Shape::Leaf(Leaf::Boolean) => Some("True or false".to_owned()),
        Shape::Leaf(Leaf::Integer { least, most }) => Some(format!("{least} to {most}")),
        Shape::Leaf(Leaf::Text(text)) if !text.choices.is_empty() => {
            Some(format!("One of {}", text.choices.join(", ")))
        }
        Shape::Leaf(Leaf::Text(text)) if text.secret => {
            Some(format!("Or from a file: {}_FILE", name_of(key)))
        }
        _ => None,
    }
}

fn shown(default: &Json) -> String {
    match default {
        Json::Null => String::new(),
        Json::String(text) if text.contains([' ', '#', '$', '"']) => format!("'{text}'"),
        Json::String(text) => text.clone(),
        Json::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
