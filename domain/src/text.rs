//! Normalization of text, so that comparison and sorting do not depend on a
//! store's collation, and the characters that texts may contain.

use icu_properties::{
    CodePointSetData,
    props::{DefaultIgnorableCodePoint, ExtendedPictographic, UnifiedIdeograph},
};
use unicode_normalization::{
    UnicodeNormalization,
    char::{canonical_combining_class, is_combining_mark},
};

use crate::Invalid;

const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];
/// The combining class of the signs that suppress a vowel, such as virama.
const VIRAMA: u8 = 9;
/// The selectors of text and emoji presentation.
const PRESENTATION: [char; 2] = ['\u{FE0E}', '\u{FE0F}'];
const BLACK_FLAG: char = '\u{1F3F4}';
/// The tags that turn a black flag into those of England, Scotland and Wales.
const FLAG_TAGS: [&str; 3] = [
    "\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
    "\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}",
];

/// Returns the comparison key of a name: trimmed, NFKC-normalized and lowercase,
/// without invisible characters. Names that differ only in joiners look alike, and
/// have the same key.
pub fn fold(text: &str) -> String {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let visible = text.nfkc().filter(|c| !ignorable.contains(*c));
    let lower: String = visible.flat_map(char::to_lowercase).collect();
    let folded: String = lower.nfkc().collect();
    folded.trim().to_owned()
}

/// Returns the folded text of a search; fails if it has hidden characters.
pub fn search_key(text: &str) -> Result<String, Invalid> {
    reject_hidden(text).map(|()| fold(text))
}

/// Returns the text in canonical composition (NFC), so that it does not depend
/// on the input method.
pub fn compose(text: &str) -> String {
    text.nfc().collect()
}

/// Rejects control characters (including NUL), bidirectional controls and
/// invisible characters, which can make one name look like another, except where
/// an invisible character is part of the spelling: joiners and variation selectors
/// in words and emoji.
pub fn reject_hidden(text: &str) -> Result<(), Invalid> {
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if is_hidden(c) && !is_spelling(c, before, rest.clone().next()) {
            return Err(Invalid::characters(
                "must not contain control characters, direction marks or invisible characters",
            ));
        }
        before = Some(c);
        let mut tags = FLAG_TAGS.iter().filter(|_| c == BLACK_FLAG);
        if let Some(after) = tags.find_map(|tags| rest.as_str().strip_prefix(tags)) {
            rest = after.chars();
        }
    }
    Ok(())
}

/// Rejects hidden characters in a text that may have several lines.
pub fn reject_hidden_in_lines(text: &str) -> Result<(), Invalid> {
    text.split(['\n', '\r', '\t']).try_for_each(reject_hidden)
}

/// Returns whether a character is a control or separator, or is invisible unless
/// its context gives it a meaning (`Default_Ignorable_Code_Point` of Unicode).
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}')
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Returns whether an invisible character belongs to the spelling of its context:
/// a joiner between letters, after a virama (as in old Malayalam chillus) or in an
/// emoji sequence, a variation selector after an emoji, a keycap or an ideograph, or
/// a selector of the block U+1800 after a letter of that block.
fn is_spelling(c: char, before: Option<char>, after: Option<char>) -> bool {
    let Some(before) = before else {
        return false;
    };
    let is_emoji = |c| CodePointSetData::new::<ExtendedPictographic>().contains(c);
    let is_modifier = |c| matches!(c, '\u{1F3FB}'..='\u{1F3FF}');
    match c {
        '\u{200C}' | '\u{200D}' if canonical_combining_class(before) == VIRAMA => {
            !after.is_some_and(|after| JOINERS.contains(&after))
        }
        '\u{200C}' | '\u{200D}' if is_letter(before) => after.is_some_and(is_letter),
        '\u{200D}' => {
            let joins = is_emoji(before) || is_modifier(before) || PRESENTATION.contains(&before);
            joins && after.is_some_and(is_emoji)
        }
        '\u{FE0E}' | '\u{FE0F}' if is_emoji(before) => true,
        '\u{FE0E}' | '\u{FE0F}' if matches!(before, '0'..='9' | '#' | '*') => {
            after == Some('\u{20E3}')
        }
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
            CodePointSetData::new::<UnifiedIdeograph>().contains(before)
        }
        '\u{180B}'..='\u{180F}' => matches!(before, '\u{1820}'..='\u{18AA}'),
        _ => false,
    }
}

fn is_letter(c: char) -> bool {
    !is_hidden(c) && (c.is_alphabetic() || is_combining_mark(c))
}

#[cfg(test)]
mod tests;
