//! E-mail addresses.

use std::fmt;

use crate::{Invalid, text};

/// An address as its owner wrote it, with the key it is unique by.
///
/// Invariants: at most 254 bytes, one `@` with 1 to 64 bytes before it and a
/// domain of letters, digits, hyphens and dots behind it (RFC 5321 sizes), no
/// white space, no control characters. Quoted local parts are refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email {
    text: String,
    key: String,
}

impl Email {
    /// Reads an address; outer white space is dropped.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text::compose(text.trim());
        if text.len() > 254 {
            return Err(Invalid::too_long(254, "bytes"));
        }
        text::refuse_hidden(&text)?;
        let (local, domain) = text.rsplit_once('@').ok_or_else(not_an_address)?;
        if !is_local(local) || !is_domain(domain) {
            return Err(not_an_address());
        }
        let key = text::fold(&text);
        Ok(Self { text, key })
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The folded form two spellings share.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn is_local(local: &str) -> bool {
    let ends = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let odd = |c: char| c.is_whitespace() || "\"(),:;<>@[\\]".contains(c);
    !local.is_empty() && local.len() <= 64 && !ends && !local.contains(odd)
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c == '-' || c.is_alphanumeric())
    };
    domain.split('.').all(label)
}

fn not_an_address() -> Invalid {
    Invalid::format("must be an e-mail address like name@example.com")
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_ordinary_addresses() {
        for text in [
            "a@b.co",
            "first.last+tag@sub.example.com",
            "用户@例子.中国",
            "a@localhost",
        ] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "a",
            "@b.co",
            "a@",
            "a b@c.de",
            "a@b@c.de",
            ".a@b.co",
            "a..b@c.de",
            "a@-b.co",
            "a@b..co",
            "a\0@b.co",
            "a@b.co\r\nBcc: x@y.z",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn compares_without_case() {
        let key = |text| Email::parse(text).map(|e| e.key().to_owned());
        assert_eq!(key("Ann@Example.COM"), key("ann@example.com"));
    }
}
