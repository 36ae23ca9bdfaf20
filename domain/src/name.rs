//! Names of users, tenants, roles and projects.

use std::fmt;

use crate::{Invalid, text};

macro_rules! folded_name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name {
            text: String,
            key: String,
        }

        impl $name {
            /// Parses a name after trimming and NFC normalization.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let text = text::compose(text.trim());
                text::reject_hidden(&text)?;
                let check: fn(&str) -> Result<(), Invalid> = $check;
                check(&text)?;
                let key = text::fold(&text);
                Ok(Self { text, key })
            }

            /// Returns the name as entered.
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// Returns the folded form, for comparison.
            pub fn key(&self) -> &str {
                &self.key
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }
    };
}

folded_name! {
    /// A tenant's name: 1 to 100 characters.
    TenantName, |text| length(text, 1, 100)
}

folded_name! {
    /// A user's display name: 1 to 100 characters.
    DisplayName, |text| length(text, 1, 100)
}

folded_name! {
    /// A sign-in name: 3 to 64 letters, digits, `.`, `_` and `-`, so that it
    /// can never be an e-mail address.
    Username, |text| {
        length(text, 3, 64)?;
        if text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')) {
            Ok(())
        } else {
            Err(Invalid::characters("must contain only letters, digits, dots, underscores and hyphens"))
        }
    }
}

folded_name! {
    /// A role's name: 1 to 64 characters.
    RoleName, |text| length(text, 1, 64)
}

folded_name! {
    /// A project's name: 1 to 100 characters.
    ProjectName, |text| length(text, 1, 100)
}

fn length(text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    let count = text.chars().count();
    if count < min {
        return Err(Invalid::too_short(min, "characters"));
    }
    if count > max {
        return Err(Invalid::too_long(max, "characters"));
    }
    Ok(())
}

/// A tenant's label in host names: 3 to 63 characters of `a`–`z`, `0`–`9` and
/// `-`, starting and ending with a letter or digit (RFC 1123).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subdomain(String);

impl Subdomain {
    /// Parses a label, converting it to lowercase.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim().to_ascii_lowercase();
        if text.len() < 3 {
            return Err(Invalid::too_short(3, "characters"));
        }
        if text.len() > 63 {
            return Err(Invalid::too_long(63, "characters"));
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !text.chars().all(allowed) || text.starts_with('-') || text.ends_with('-') {
            return Err(Invalid::characters(
                "must contain only letters a to z, digits and inner hyphens",
            ));
        }
        Ok(Self(text))
    }

    /// Derives a label from a tenant's name, or returns `None` if too few of
    /// its characters are allowed in a host name.
    pub fn suggest(name: &TenantName) -> Option<Self> {
        let mut label = String::new();
        for c in name.key().chars() {
            if c.is_ascii_alphanumeric() {
                label.push(c);
            } else if !label.is_empty() && !label.ends_with('-') {
                label.push('-');
            }
            if label.len() == 40 {
                break;
            }
        }
        Self::parse(label.trim_end_matches('-')).ok()
    }

    /// Returns the label with a number appended, for when the plain one is
    /// taken.
    pub fn numbered(&self, number: u32) -> Self {
        let room = 63 - 11;
        let stem = &self.0[..self.0.len().min(room)];
        Self(format!("{}-{number}", stem.trim_end_matches('-')))
    }

    /// Returns the label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subdomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_text_and_fold_their_key() {
        let a =
            TenantName::parse("  Acme Ltd ").map(|n| (n.as_str().to_owned(), n.key().to_owned()));
        assert_eq!(a, Ok(("Acme Ltd".into(), "acme ltd".into())));
        assert!(TenantName::parse(" ").is_err());
        assert!(TenantName::parse(&"x".repeat(101)).is_err());
        assert!(TenantName::parse("a\u{202E}b").is_err());
    }

    #[test]
    fn usernames_are_never_addresses() {
        assert!(Username::parse("ann@example.com").is_err());
        assert!(Username::parse("ann.b-c_1").is_ok());
    }

    #[test]
    fn subdomains_are_host_labels() {
        for text in ["ab", "-abc", "abc-", "a.b", "a_b", "äbc", &"a".repeat(64)] {
            assert!(Subdomain::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            Subdomain::parse("ACME-1").map(|s| s.to_string()),
            Ok("acme-1".into())
        );
    }

    #[test]
    fn labels_are_derived_from_names() {
        let suggest = |text| {
            TenantName::parse(text)
                .ok()
                .and_then(|n| Subdomain::suggest(&n))
                .map(|s| s.to_string())
        };
        assert_eq!(suggest("Acme & Sons, Ltd."), Some("acme-sons-ltd".into()));
        assert_eq!(suggest("株式会社"), None);
    }
}
