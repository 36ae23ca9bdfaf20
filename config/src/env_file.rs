//! The lines of `.env`.

use crate::problem::Problem;

/// Parses lines `NAME=value`. A dollar sign is part of the value: nothing is expanded, since
/// passwords contain dollar signs, and the parser would drop the text after them silently.
pub(crate) fn parse(text: &str) -> Result<Vec<(String, String)>, Problem> {
    let text = escape_dollars(text);
    dotenvy::from_read_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::new(".env", explain(&error, &text)))
}

/// Returns the reason of an error. The line may contain a secret; the message has only its number.
fn explain(error: &dotenvy::Error, text: &str) -> String {
    let dotenvy::Error::LineParse(part, _) = error else {
        return "cannot be read".to_owned();
    };
    // The error contains the line, or only its value.
    let part = part.lines().next().unwrap_or_default().trim_end();
    let place = text
        .lines()
        .position(|line| line.trim_end().ends_with(part));
    let line = match place {
        Some(place) => format!("line {}", place + 1),
        None => "a line".to_owned(),
    };
    format!("{line} is not NAME=value; put a value with other characters in single quotes")
}

/// The quotes around a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

/// Escapes the dollar signs that the parser would expand.
fn escape_dollars(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut quotes = Quotes::None;
    let mut is_escaped = false;
    let mut before = '\n';
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quotes) {
            _ if is_escaped => is_escaped = false,
            ('#', Quotes::None) if before.is_whitespace() => {
                let rest = chars.as_str();
                let (comment, after) = rest.split_at(rest.find('\n').unwrap_or(rest.len()));
                escaped.push('#');
                escaped.push_str(comment);
                chars = after.chars();
                continue;
            }
            ('\\', Quotes::None | Quotes::Double) => is_escaped = true,
            ('$', Quotes::None | Quotes::Double) => escaped.push('\\'),
            ('\'', Quotes::None) => quotes = Quotes::Single,
            ('"', Quotes::None) => quotes = Quotes::Double,
            ('\'', Quotes::Single) | ('"', Quotes::Double) => quotes = Quotes::None,
            _ => {}
        }
        escaped.push(c);
        before = c;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Result<String, String> {
        let text = format!("# don't stop\nFIRST=1\r\n{line}\r\nLAST='2' # $c\n");
        let lines = parse(&text).map_err(|problem| problem.to_string())?;
        let values: Vec<_> = lines.into_iter().map(|(_, value)| value).collect();
        match values.as_slice() {
            [first, value, last] if first == "1" && last == "2" => Ok(value.clone()),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn values_keep_their_characters() {
        for (line, expected) in [
            ("A=ab$defgh@jk", "ab$defgh@jk"),
            ("A=$FIRST", "$FIRST"),
            ("A=${FIRST}$$", "${FIRST}$$"),
            ("A=\"a${PATH}b$\"", "a${PATH}b$"),
            ("A='a$FIRST\"b\\c'", "a$FIRST\"b\\c"),
            ("A=a\\$b", "a$b"),
            ("A=a\\\\$b", "a\\$b"),
            ("A=\"a\\\"$b\"", "a\"$b"),
            ("A=a#b$c", "a#b$c"),
            ("A=a # $b 'c", "a"),
            (
                "A=%&!*()[]{}|;:<>,.?/~`^+=-_@",
                "%&!*()[]{}|;:<>,.?/~`^+=-_@",
            ),
            ("A=pässwörd$é", "pässwörd$é"),
            ("export A=b$c", "b$c"),
            ("  export   A = 'b c'  ", "b c"),
            ("A=\"b c\"", "b c"),
            (
                "A=postgres://app:p$w@db:5432/x",
                "postgres://app:p$w@db:5432/x",
            ),
            ("A=", ""),
            ("A='$a\n$b'", "$a\n$b"),
        ] {
            assert_eq!(value(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn values_that_need_quotes_are_reported_with_their_line() {
        for line in ["A=a b", "A=a\\b", "A=it's", "A=\"a$", "hunter2", "A$=b"] {
            let problem = value(line).err().unwrap_or_default();
            assert!(
                problem.contains(".env: line 3 is not NAME=value"),
                "{line}: {problem}"
            );
        }
    }
}
