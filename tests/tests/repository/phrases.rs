//! The phrases that no text may contain, and their search.

/// Words in lower case; `a|b` is either, `?` at most two words, `…` at most six.
const PHRASES: &[&str] = &[
    "a|another|each|every|first|last|next|one|per|second|the try",
    "all the same",
    "anew",
    "as it stands",
    "as long ago",
    "bare of",
    "be kept from",
    "be so kind",
    "by and by",
    "for good",
    "give|gives|gave way",
    "hear|hears|heard|hearing",
    "hold|holds|held|holding … against",
    "in earnest",
    "in vain",
    "is|are|was|were|there's none",
    "keep|keeps|kept|keeping close",
    "let|lets|letting ? go",
    "make|makes do",
    "mend|mends|mended|mending",
    "no more than that",
    "of its|their|his|her|our|your|my|one's own",
    "oneself",
    "said once",
    "so many",
    "tell|tells|telling|told",
    "the like",
    "the slow way",
    "thereof",
    "walk|walks past",
    "whatever",
    "whoever|whomever|whosoever",
];

/// A word, an inline code span, or a mark that ends a clause.
struct Word {
    text: String,
    line: usize,
}

/// Returns the forbidden phrases of a text, each with its line, from zero.
pub(crate) fn forbidden(text: &str) -> Vec<(usize, String)> {
    let words = words(text);
    let mut found = Vec::new();
    for phrase in PHRASES {
        let phrase: Vec<_> = phrase.split(' ').collect();
        for (at, word) in words.iter().enumerate() {
            if let Some(length) = matched(&phrase, &words[at..]) {
                let matching = words[at..at + length].iter();
                let matching: Vec<_> = matching.map(|word| word.text.as_str()).collect();
                found.push((word.line, matching.join(" ")));
            }
        }
    }
    found
}

/// Returns the number of words that match the phrase at the beginning of
/// `words`.
fn matched(phrase: &[&str], words: &[Word]) -> Option<usize> {
    let Some((first, rest)) = phrase.split_first() else {
        return Some(0);
    };
    let gap = match *first {
        "?" => 2,
        "…" => 6,
        choice => {
            let word = words.first()?;
            let is_one = choice.split('|').any(|it| it == word.text);
            return matched(rest, &words[1..])
                .filter(|_| is_one)
                .map(|length| length + 1);
        }
    };
    let passable = words.iter().take(gap).take_while(|word| word.text != ".");
    (0..=passable.count()).find_map(|skipped| {
        let length = matched(rest, &words[skipped..])?;
        Some(skipped + length)
    })
}

/// Splits prose; blocks of code are left out, inline code is one word.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut is_code = false;
    for (line, content) in text.lines().enumerate() {
        is_code ^= content.trim_start().starts_with("```");
        if is_code || content.trim().is_empty() {
            words.push(Word::mark(line));
            continue;
        }
        let mut parts = content.split('`').peekable();
        let mut is_span = false;
        while let Some(part) = parts.next() {
            if is_span && parts.peek().is_some() {
                words.push(Word {
                    text: "`".to_owned(),
                    line,
                });
            } else {
                split_words(part, line, &mut words);
            }
            is_span = !is_span;
        }
    }
    words
}

fn split_words(part: &str, line: usize, words: &mut Vec<Word>) {
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '_');
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c| !is_inside(c)).unwrap_or(rest.len());
        if length > 0 {
            let text = rest[..length].to_lowercase().replace('’', "'");
            words.push(Word { text, line });
            rest = &rest[length..];
            continue;
        }
        if !first.is_whitespace() && !matches!(first, '*' | '"') {
            words.push(Word::mark(line));
        }
        rest = &rest[first.len_utf8()..];
    }
}

impl Word {
    fn mark(line: usize) -> Self {
        let text = ".".to_owned();
        Self { text, line }
    }
}

#[test]
fn phrases_are_found_in_every_form() {
    for (text, expected) in [
        ("It is TOLD of it.", "told"),
        ("a folder of its own", "of its own"),
        ("lets the guard go", "lets the guard go"),
        ("lets callers decide to go", ""),
        (
            "holds `a` of the file against `b`",
            "holds ` of the file against",
        ),
        ("so **many** of them", "so many"),
    ] {
        let found = forbidden(text);
        let found = found.first().map_or("", |(_, phrase)| phrase);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn phrases_are_found_over_a_line_break() {
    assert_eq!(
        forbidden("read it\nall the\nsame"),
        [(1, "all the same".to_owned())]
    );
}

#[test]
fn other_sentences_and_code_are_no_phrases() {
    for text in [
        "so; many of them",
        "It holds. It works against it",
        "`is told`",
        "a\n```\nis told\n```\nb",
        "all the\n\nsame",
        "a hotel was retold",
    ] {
        assert!(forbidden(text).is_empty(), "{text}");
    }
}
