//! Keys made from text, so that no store compares or sorts by rules of its own.

use unicode_normalization::UnicodeNormalization;

use crate::Invalid;

/// The key under which two spellings of a name are the same: compatibility
/// normalised (NFKC), lower case, outer white space gone.
pub fn fold(text: &str) -> String {
    let lower: String = text.trim().nfkc().flat_map(char::to_lowercase).collect();
    lower.nfkc().collect()
}

/// Canonical composition (NFC): the same text whatever keyboard it came from.
pub fn compose(text: &str) -> String {
    text.nfc().collect()
}

/// Refuses control characters, NUL among them, and the characters that change
/// the direction or disappear, by which one name is made to look like another.
pub fn refuse_hidden(text: &str) -> Result<(), Invalid> {
    if text.chars().any(is_hidden) {
        return Err(Invalid::characters(
            "must have no control characters, direction marks or invisible characters",
        ));
    }
    Ok(())
}

/// Whether a character is a control, a direction mark or has no width.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_stable_and_blind_to_case_and_form() {
        assert_eq!(fold(" Ünïcode "), fold("u\u{308}ni\u{308}CODE"));
        assert_eq!(fold("ﬁle"), "file");
        for text in ["İstanbul", "ΣΊΣΥΦΟΣ", "Straße", "K"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }

    #[test]
    fn hidden_characters_are_refused() {
        for text in ["a\0b", "a\nb", "a\u{202E}b", "a\u{200B}b", "\u{FEFF}a"] {
            assert!(refuse_hidden(text).is_err(), "{text:?}");
        }
        assert!(refuse_hidden("résumé 履歴書 🗂").is_ok());
    }
}
