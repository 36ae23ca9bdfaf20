//! Normalization of text, so that comparison and sorting do not depend on a
//! store's collation.

use unicode_normalization::UnicodeNormalization;

use crate::Invalid;

/// Returns the comparison key of a name: trimmed, NFKC-normalized and
/// lowercase.
pub fn fold(text: &str) -> String {
    let lower: String = text.trim().nfkc().flat_map(char::to_lowercase).collect();
    lower.nfkc().collect()
}

/// Returns the folded text of a search; fails if it has invisible characters.
pub fn search_key(text: &str) -> Result<String, Invalid> {
    reject_hidden(text).map(|()| fold(text))
}

/// Returns the text in canonical composition (NFC), so that it does not depend
/// on the input method.
pub fn compose(text: &str) -> String {
    text.nfc().collect()
}

/// Rejects control characters (including NUL), bidirectional controls and
/// invisible characters, which can make one name look like another.
pub fn reject_hidden(text: &str) -> Result<(), Invalid> {
    if text.chars().any(is_hidden) {
        return Err(Invalid::characters(
            "must not contain control characters, direction marks or invisible characters",
        ));
    }
    Ok(())
}

/// Returns whether a character is a control, a bidirectional mark or has no
/// width.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_idempotent_and_ignores_case_and_form() {
        assert_eq!(fold(" Ünïcode "), fold("u\u{308}ni\u{308}CODE"));
        assert_eq!(fold("ﬁle"), "file");
        for text in ["İstanbul", "ΣΊΣΥΦΟΣ", "Straße", "K"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }

    #[test]
    fn hidden_characters_are_rejected() {
        for text in ["a\0b", "a\nb", "a\u{202E}b", "a\u{200B}b", "\u{FEFF}a"] {
            assert!(reject_hidden(text).is_err(), "{text:?}");
        }
        assert!(reject_hidden("résumé 履歴書 🗂").is_ok());
    }
}
