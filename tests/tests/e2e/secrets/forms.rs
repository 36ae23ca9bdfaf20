//! Secrets, and the forms in which they may appear.

use std::fmt::Write;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use reqwest::Url;

use crate::system::secret_keys;

/// The known secrets with their names.
#[derive(Default)]
pub(super) struct Secrets(Vec<(String, String)>);

impl Secrets {
    /// Adds a secret.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        assert!(value.len() >= 8, "{name} is too short to be searched for");
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Adds the secret in a setting of a provider, if it has one: the password in
    /// a URL, or the whole value.
    pub(super) fn add_setting(&mut self, variable: &str, value: &str) {
        let key = variable.trim_start_matches("TENANTRY_").to_lowercase();
        let key = key.replace("__", ".");
        if !secret_keys().iter().any(|(secret, _)| *secret == key) {
            return;
        }
        let secret = match Url::parse(value) {
            Ok(url) => url.password().unwrap_or_default().to_owned(),
            Err(_) => match value.split_once("AccountKey=") {
                Some((_, rest)) => rest.split(';').next().unwrap_or_default().to_owned(),
                None => value.to_owned(),
            },
        };
        // Other words contain a shorter one.
        if secret.len() >= 8 {
            self.add(variable, &secret);
        }
    }

    /// Returns a line for each secret in a place.
    pub(super) fn search(&self, places: &[(String, Vec<u8>)]) -> Vec<String> {
        let mut findings = Vec::new();
        for (place, bytes) in places {
            let text = String::from_utf8_lossy(bytes);
            for (name, secret) in &self.0 {
                let forms = forms(secret).into_iter();
                for (at, form) in forms.filter_map(|form| Some((text.find(&form)?, form))) {
                    let before: Vec<char> = text[..at].chars().rev().take(200).collect();
                    let before: String = before.into_iter().rev().collect();
                    findings.push(format!("{name} as {form:?} in {place}: {before}"));
                }
            }
        }
        findings
    }
}

/// Returns a secret as it is, in JSON, percent-encoded, in hexadecimal and in
/// base64 at each offset.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let mut forms = vec![secret.to_owned(), json.trim_matches('"').to_owned()];
    let (mut lower, mut upper, mut percent) = (String::new(), String::new(), String::new());
    for byte in secret.bytes() {
        let _ = write!(lower, "{byte:02x}");
        let _ = write!(upper, "{byte:02X}");
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            percent.push(byte.into());
        } else {
            let _ = write!(percent, "%{byte:02X}");
        }
    }
    forms.extend([lower, upper, percent.replace("%20", "+"), percent]);
    for offset in 0..3_usize {
        let mut bytes = vec![0; offset];
        bytes.extend(secret.bytes());
        for text in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            // Only characters that depend on the secret alone.
            let begin = (offset * 8).div_ceil(6);
            let end = bytes.len() * 8 / 6;
            forms.push(text[begin..end].to_owned());
        }
    }
    forms.sort();
    forms.dedup();
    forms
}

#[test]
fn the_search_finds_each_form_of_a_secret() {
    let mut secrets = Secrets::default();
    secrets.add("password", "pass/word ?é \"7\"");
    for text in [
        "a pass/word ?é \"7\" b".to_owned(),
        r#"{"a": "pass/word ?é \"7\""}"#.to_owned(),
        "/?a=pass%2Fword%20%3F%C3%A9%20%227%22".to_owned(),
        "/?a=pass%2Fword+%3F%C3%A9+%227%22".to_owned(),
        "X'706173732F776F7264203FC3A920223722'".to_owned(),
        "706173732f776f7264203fc3a920223722".to_owned(),
        STANDARD_NO_PAD.encode("u:pass/word ?é \"7\"@"),
        URL_SAFE_NO_PAD.encode("user:pass/word ?é \"7\"@"),
        STANDARD_NO_PAD.encode("pass/word ?é \"7\"!"),
    ] {
        let places = [("text".to_owned(), text.clone().into_bytes())];
        assert!(!secrets.search(&places).is_empty(), "{text}");
    }
    let places = [("text".to_owned(), b"pass/word".to_vec())];
    assert!(secrets.search(&places).is_empty());
}
