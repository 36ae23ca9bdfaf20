//! Password requirements.

use crate::{Invalid, email::Email};

/// Checks a new password according to NIST SP 800-63B: `min` to 128 characters,
/// any character except NUL, no composition rules, not the user's own address.
///
/// The maximum length bounds the cost of hashing.
pub fn check_new(password: &str, min: usize, email_key: &str) -> Result<(), Invalid> {
    let count = password.chars().count();
    if count < min {
        return Err(Invalid::too_short(min, "characters"));
    }
    if count > 128 {
        return Err(Invalid::too_long(128, "characters"));
    }
    if password.contains('\0') {
        return Err(Invalid::characters("must not contain NUL"));
    }
    if Email::parse(password).is_ok_and(|address| address.key() == email_key) {
        return Err(Invalid::new("too_weak", "must not be the e-mail address"));
    }
    if is_trivial(password) {
        return Err(Invalid::new(
            "too_weak",
            "must not be a single repeated character or a commonly used password",
        ));
    }
    Ok(())
}

/// The most common leaked passwords of eight or more characters; shorter ones
/// are rejected by the minimum length.
const MOST_COMMON: [&str; 24] = [
    "123456789",
    "12345678",
    "1234567890",
    "password",
    "password1",
    "password123",
    "qwerty123",
    "qwertyuiop",
    "iloveyou",
    "11111111",
    "00000000",
    "87654321",
    "987654321",
    "1q2w3e4r",
    "1qaz2wsx",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "trustno1",
    "changeme",
    "letmein1",
    "abcd1234",
];

fn is_trivial(password: &str) -> bool {
    let mut chars = password.chars();
    let first = chars.next();
    let repeated = first.is_some() && chars.all(|c| Some(c) == first);
    repeated || MOST_COMMON.contains(&password.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_passwords_are_accepted() {
        assert!(check_new("correct horse battery staple", 8, "a@b.co").is_ok());
        assert!(check_new("пароль длинный", 8, "a@b.co").is_ok());
    }

    #[test]
    fn trivial_passwords_are_rejected() {
        let long = "x".repeat(129);
        for text in [
            "short",
            "aaaaaaaaaaaa",
            "Password123",
            "a@B.co.uk",
            "nul\0nul\0nul",
            &long,
        ] {
            assert!(check_new(text, 8, "a@b.co.uk").is_err(), "{text:?}");
        }
        let key = "ann@xn--bcher-kva.example";
        assert!(check_new("Ann@Bücher.example", 8, key).is_err());
    }
}
