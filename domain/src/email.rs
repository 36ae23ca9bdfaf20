//! E-mail addresses.

use std::fmt;

use crate::{Invalid, text};

/// An e-mail address as entered, with its key for comparison.
///
/// Invariants: at most 254 bytes, a local part of 1 to 64 bytes, one `@`, and a
/// domain of letters, digits, hyphens and dots (RFC 5321 sizes); no white space
/// or control characters. Quoted local parts are not supported.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email {
    text: String,
    key: String,
}

impl Email {
    /// Parses an address after trimming it.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text::compose(text.trim());
        if text.len() > 254 {
            return Err(Invalid::too_long(254, "bytes"));
        }
        text::reject_hidden(&text)?;
        let (local, domain) = text.rsplit_once('@').ok_or_else(invalid_address)?;
        if !is_local(local) || !is_domain(domain) {
            return Err(invalid_address());
        }
        let key = text::fold(&text);
        Ok(Self { text, key })
    }

    /// Returns the address as entered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the folded form, which is unique.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn is_local(local: &str) -> bool {
    let misplaced_dot = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let disallowed = |c: char| c.is_whitespace() || "\"(),:;<>@[\\]".contains(c);
    !local.is_empty() && local.len() <= 64 && !misplaced_dot && !local.contains(disallowed)
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

fn invalid_address() -> Invalid {
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
    fn common_addresses_are_accepted() {
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
    fn malformed_addresses_are_rejected() {
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
    fn keys_ignore_case() {
        let key = |text| Email::parse(text).map(|e| e.key().to_owned());
        assert_eq!(key("Ann@Example.COM"), key("ann@example.com"));
    }
}
