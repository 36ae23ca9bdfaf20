//! E-mail addresses.

use std::fmt;

use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};

use crate::{Invalid, text};

/// An e-mail address as entered, with its key for comparison.
///
/// Invariants: at most 254 bytes, a local part of 1 to 64 bytes, one `@`, and a
/// domain of letters, digits, hyphens and dots (RFC 5321 sizes), which may be
/// internationalized (UTS 46); no white space or control characters. Quoted local
/// parts are not supported. Domains are compared in their ASCII form: `bücher.example`
/// is `xn--bcher-kva.example`.
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
        if !is_local(local) {
            return Err(invalid_address());
        }
        let key = format!("{}@{}", text::fold(local), ascii_domain(domain)?);
        Ok(Self { text, key })
    }

    /// Returns the address as entered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the folded form with the domain in ASCII, which is unique.
    pub fn key(&self) -> &str {
        &self.key
    }
}

fn is_local(local: &str) -> bool {
    let misplaced_dot = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let disallowed = |c: char| c.is_whitespace() || "\"(),:;<>@[\\]".contains(c);
    !local.is_empty() && local.len() <= 64 && !misplaced_dot && !local.contains(disallowed)
}

fn ascii_domain(domain: &str) -> Result<String, Invalid> {
    let ascii = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    ascii.map(Into::into).map_err(|_| invalid_address())
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
            "a@b_c.de",
            "a@b.co.",
            "a@[127.0.0.1]",
            // Invalid Punycode and a joiner without a context.
            "a@xn--zzzzzz.example",
            "a@b\u{200C}c.example",
            "a@b/c.example",
            "a\0@b.co",
            "a@b.co\r\nBcc: x@y.z",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn keys_ignore_case_and_the_form_of_the_domain() {
        let key = |text| Email::parse(text).map(|e| e.key().to_owned());
        assert_eq!(key("Ann@Example.COM"), Ok("ann@example.com".to_owned()));
        let ascii = Ok("ann@xn--bcher-kva.example".to_owned());
        for text in [
            "ann@bücher.example",
            "ann@bu\u{308}cher.example",
            "Ann@BÜCHER.Example",
            "ann@XN--BCHER-KVA.example",
            "ann@bücher。example",
        ] {
            assert_eq!(key(text), ascii, "{text}");
        }
        assert_ne!(key("ann@straße.example"), key("ann@strasse.example"));
    }

    #[test]
    fn the_text_is_kept_as_entered() {
        let text = |text| Email::parse(text).map(|e| e.to_string());
        let entered = "Ann@xn--bcher-kva.Example";
        assert_eq!(text(entered).as_deref(), Ok(entered));
        assert_eq!(
            text(" ann@bücher.example ").as_deref(),
            Ok("ann@bücher.example")
        );
    }
}
