//! Password requirements.

mod common;

use std::fmt;

use crate::{
    Invalid,
    email::Email,
    name::{DisplayName, Subdomain, TenantName, Username},
    text,
};

/// The maximum number of characters, which bounds the cost of hashing.
const MAX_CHARS: usize = 128;

/// The minimum number of characters of a part of a name that counts as a word.
const WORD_CHARS: usize = 3;

/// The requirements for new passwords, according to NIST SP 800-63B and OWASP
/// ASVS 5.0 (6.2.4, 6.2.11): a minimum to 128 characters, any character except
/// NUL, no composition rules, none of the most common passwords, and no password
/// made of names of its context.
#[derive(Debug, Clone, Copy)]
pub struct PasswordPolicy<'a> {
    /// The minimum number of characters.
    pub min_chars: usize,
    /// The names of the password's context.
    pub names: ContextNames<'a>,
}

/// The names that an attacker of the password would try. Absent ones do not exist.
#[derive(Debug, Clone, Copy)]
pub struct ContextNames<'a> {
    /// The name of the product.
    pub product: &'a str,
    /// The name of the user's tenant.
    pub tenant: Option<&'a TenantName>,
    /// The tenant's label in host names.
    pub subdomain: Option<&'a Subdomain>,
    /// The user's e-mail address.
    pub email: Option<&'a Email>,
    /// The user's sign-in name.
    pub username: Option<&'a Username>,
    /// The user's name as shown to others.
    pub display_name: Option<&'a DisplayName>,
}

/// A password that a policy accepts, in canonical composition. Debug output omits
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(String);

impl NewPassword {
    /// Returns the password, for hashing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

impl PasswordPolicy<'_> {
    /// Checks a new password.
    pub fn accept(&self, password: &str) -> Result<NewPassword, Invalid> {
        let count = password.chars().count();
        if count < self.min_chars {
            return Err(Invalid::too_short(self.min_chars, "characters"));
        }
        if count > MAX_CHARS {
            return Err(Invalid::too_long(MAX_CHARS, "characters"));
        }
        if password.contains('\0') {
            return Err(Invalid::characters("must not contain NUL"));
        }
        if is_repeated(password) || common::contains(&text::fold(password)) {
            return Err(Invalid::new(
                "too_common",
                "must not be a single repeated character or a commonly used password",
            ));
        }
        if self.names.make_up(password) {
            return Err(Invalid::new(
                "contains_name",
                "must not be made of the names of the service, the tenant or the user, with or \
                 without digits and punctuation",
            ));
        }
        Ok(NewPassword(text::compose(password)))
    }
}

impl ContextNames<'_> {
    /// Returns whether a password consists of names or their parts, digits and
    /// punctuation, regardless of case.
    fn make_up(&self, password: &str) -> bool {
        let is_address = |email: &Email| {
            Email::parse(password).is_ok_and(|address| address.key() == email.key())
        };
        self.email.is_some_and(is_address) || is_made_of(&significant(password), &self.words())
    }

    /// Returns the significant characters of each name and of each of its parts that
    /// is long enough.
    fn words(&self) -> Vec<Vec<char>> {
        let address = self.email.map(Email::as_str);
        let local = address.and_then(|address| address.rsplit_once('@'));
        let names = [
            Some(self.product),
            self.tenant.map(TenantName::as_str),
            self.subdomain.map(Subdomain::as_str),
            address,
            local.map(|(local, _)| local),
            self.username.map(Username::as_str),
            self.display_name.map(DisplayName::as_str),
        ];
        let mut words = Vec::new();
        for name in names.into_iter().flatten() {
            words.push(significant(name));
            let parts = name.split(|c: char| !c.is_alphanumeric());
            let parts = parts.map(significant);
            words.extend(parts.filter(|part| part.len() >= WORD_CHARS));
        }
        words.retain(|word| !word.is_empty());
        words
    }
}

/// Returns the folded letters and digits of a text.
fn significant(text: &str) -> Vec<char> {
    let folded = text::fold(text);
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Returns whether a text is a sequence of at least one of the words, and of digits.
fn is_made_of(text: &[char], words: &[Vec<char>]) -> bool {
    // For each position, whether such a sequence ends there, without and with a word.
    let mut ends = vec![[false; 2]; text.len() + 1];
    ends[0][0] = true;
    for (at, first) in text.iter().enumerate() {
        let [without, with] = ends[at];
        if !first.is_alphabetic() {
            ends[at + 1][0] |= without;
            ends[at + 1][1] |= with;
        }
        if without || with {
            for word in words.iter().filter(|word| text[at..].starts_with(word)) {
                ends[at + word.len()][1] = true;
            }
        }
    }
    ends[text.len()][1]
}

fn is_repeated(password: &str) -> bool {
    let mut chars = password.chars();
    let first = chars.next();
    first.is_some() && chars.all(|c| Some(c) == first)
}

#[cfg(test)]
mod tests;
