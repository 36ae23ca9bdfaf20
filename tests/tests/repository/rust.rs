//! Rust source, split into code, comments and string literals.

/// The kinds of [`Piece`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `//`, `/* */`
    Comment,
    /// `///`
    Doc,
    /// `//!`
    ModuleDoc,
    /// A string literal.
    Text,
    /// A byte string literal.
    Bytes,
}

/// A block of comment lines, or a literal.
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    /// The line of its first byte, from zero.
    pub(crate) line: usize,
    /// Its place in the source, delimiters included.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The text without delimiters, with the line breaks of the source.
    pub(crate) text: String,
}

impl Piece {
    pub(crate) fn is_comment(&self) -> bool {
        matches!(self.kind, Kind::Comment | Kind::Doc | Kind::ModuleDoc)
    }

    pub(crate) fn is_doc(&self) -> bool {
        self.kind == Kind::Doc
    }
}

/// A source file in pieces.
pub(crate) struct Rust {
    /// The source with comments and the inside of literals blanked, byte for byte.
    pub(crate) code: String,
    pub(crate) pieces: Vec<Piece>,
}

impl Rust {
    pub(crate) fn parse(source: &str) -> Self {
        let mut lexer = Lexer {
            source,
            code: source.as_bytes().to_vec(),
            pieces: Vec::new(),
        };
        lexer.run();
        let code = String::from_utf8(lexer.code).expect("blanks are ASCII");
        let pieces = join_comments(&code, lexer.pieces);
        Self { code, pieces }
    }

    /// Blanks the items under `#[cfg(test)]` and drops their pieces.
    pub(crate) fn without_tests(mut self) -> Self {
        const MARK: &str = "#[cfg(test)]";
        let mut from = 0;
        while let Some(start) = self.code[from..].find(MARK).map(|at| at + from) {
            let end = item_end(&self.code, start + MARK.len());
            let blank = blanked(&self.code[start..end]);
            self.code.replace_range(start..end, &blank);
            self.pieces
                .retain(|piece| piece.start < start || piece.start >= end);
            from = end;
        }
        self
    }

    /// Returns the line, from zero, of a place in the source.
    pub(crate) fn line(&self, place: usize) -> usize {
        self.code[..place].matches('\n').count()
    }
}

/// Returns the end of the item that begins at `start`: after its block or
/// semicolon.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_u32;
    for (at, c) in code[start..].char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (c == '}' || c == ';') {
            return start + at + 1;
        }
    }
    code.len()
}

fn blanked(code: &str) -> String {
    let blank = |byte| if byte == b'\n' { '\n' } else { ' ' };
    code.bytes().map(blank).collect()
}

struct Lexer<'a> {
    source: &'a str,
    code: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(next) = self.source[at..].chars().next() {
            at = match next {
                '/' if self.source[at..].starts_with("//") => self.line_comment(at),
                '/' if self.source[at..].starts_with("/*") => self.block_comment(at),
                '"' => self.literal(at, at, Kind::Text, None),
                '\'' => self.character(at),
                c if c.is_alphanumeric() || c == '_' => self.word(at),
                c => at + c.len_utf8(),
            };
        }
    }

    fn line_comment(&mut self, start: usize) -> usize {
        let line = self.source[start..].lines().next().unwrap_or_default();
        let (kind, mark) = match line {
            line if line.starts_with("////") => (Kind::Comment, 2),
            line if line.starts_with("///") => (Kind::Doc, 3),
            line if line.starts_with("//!") => (Kind::ModuleDoc, 3),
            _ => (Kind::Comment, 2),
        };
        let text = line[mark..].to_owned();
        self.push(kind, start, start + line.len(), text, 0)
    }

    fn block_comment(&mut self, start: usize) -> usize {
        let (mut at, mut depth) = (start, 0_u32);
        while at < self.source.len() {
            let rest = &self.source.as_bytes()[at..];
            match rest {
                [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
                [b'*', b'/', ..] => (depth, at) = (depth.saturating_sub(1), at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                break;
            }
        }
        let text = self.source[start..at]
            .trim_matches(['/', '*', '!'])
            .to_owned();
        self.push(Kind::Comment, start, at, text, 0)
    }

    /// Reads an identifier, or the literal that it is the prefix of.
    fn word(&mut self, start: usize) -> usize {
        let rest = &self.source[start..];
        let length = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let hashes = after.len() - after.trim_start_matches('#').len();
        let (kind, is_raw) = match word {
            "r" => (Kind::Text, true),
            "b" | "c" => (Kind::Bytes, false),
            "br" | "cr" => (Kind::Bytes, true),
            _ => return start + length,
        };
        let is_literal = after[hashes..].starts_with('"') && (is_raw || hashes == 0);
        if !is_literal {
            return start + length;
        }
        let quote = start + length + hashes;
        self.literal(start, quote, kind, is_raw.then_some(hashes))
    }

    /// Reads the literal whose opening quote is at `quote`; `raw` is its
    /// number of hashes.
    fn literal(&mut self, start: usize, quote: usize, kind: Kind, raw: Option<usize>) -> usize {
        let inside = &self.source[quote + 1..];
        let closing = format!("\"{}", "#".repeat(raw.unwrap_or_default()));
        let length = match raw {
            Some(_) => inside.find(&closing),
            None => end_of_text(inside),
        };
        let length = length.unwrap_or(inside.len().saturating_sub(closing.len()));
        let text = match raw {
            Some(_) => inside[..length].to_owned(),
            None => without_escapes(&inside[..length]),
        };
        let end = quote + 1 + length + closing.len();
        self.push(kind, start, end, text, 1)
    }

    /// Skips a character literal or a lifetime.
    fn character(&mut self, start: usize) -> usize {
        let rest = &self.source[start + 1..];
        let mut characters = rest.char_indices();
        let length = match (characters.next(), characters.next()) {
            (Some((_, '\\')), Some((_, c))) => {
                let escape = 1 + c.len_utf8();
                rest[escape..].find('\'').map(|at| escape + at + 1)
            }
            (Some(_), Some((at, '\''))) => Some(at + 1),
            _ => None,
        };
        let end = start + 1 + length.unwrap_or_default();
        self.blank(start + 1, end.max(start + 2) - 1);
        end
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, text: String, quote: usize) -> usize {
        let line = self.source[..start].matches('\n').count();
        self.blank(start + quote, end - quote);
        self.pieces.push(Piece {
            kind,
            line,
            start,
            end,
            text,
        });
        end
    }

    fn blank(&mut self, start: usize, end: usize) {
        for byte in &mut self.code[start..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
}

/// Returns the place of the quote that ends a text.
fn end_of_text(inside: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            '"' if !is_escaped => return Some(at),
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    None
}

/// Replaces each escape by blanks, so that words and lines stay in place.
fn without_escapes(text: &str) -> String {
    let mut blank = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('\n') => blank.push_str(" \n"),
                _ => blank.push_str("  "),
            },
            c => blank.push(c),
        }
    }
    blank
}

/// Joins the comments that are lines of one block.
fn join_comments(code: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces {
        let continues = joined.last().filter(|last| {
            let line_start = code[..last.start].rfind('\n').map_or(0, |at| at + 1);
            let between = &code[last.end..piece.start];
            piece.is_comment()
                && last.kind == piece.kind
                && code[line_start..last.start].trim().is_empty()
                && between.trim().is_empty()
                && between.matches('\n').count() == 1
        });
        match continues.is_some().then(|| joined.last_mut()).flatten() {
            Some(last) => {
                last.end = piece.end;
                last.text.push('\n');
                last.text.push_str(&piece.text);
            }
            None => joined.push(piece),
        }
    }
    joined
}

#[test]
fn source_is_split_into_code_comments_and_literals() {
    let source = concat!(
        "/// One\n/// two.\nfn f<'a>(c: char) -> &'a str {\n",
        "    let _ = ('\"', '\\'', b'x'); // three\n",
        "    r#\"a \"b\" c\"#; b\"d\"; \"e \\\" f\\\n     g\" }\n",
    );
    let rust = Rust::parse(source);
    let found: Vec<_> = rust
        .pieces
        .iter()
        .map(|piece| (piece.kind, piece.line, piece.text.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Kind::Doc, 0, " One\n two."),
            (Kind::Comment, 3, " three"),
            (Kind::Text, 4, "a \"b\" c"),
            (Kind::Bytes, 4, "d"),
            (Kind::Text, 4, "e    f \n     g"),
        ]
    );
    assert_eq!(rust.code.len(), source.len());
    assert!(!rust.code.contains("three") && rust.code.contains("fn f<'a>(c: char)"));
}

#[test]
fn test_items_are_left_out() {
    let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n    // b\n}\n#[cfg(test)]\nmod c;\n// d\n";
    let rust = Rust::parse(source).without_tests();
    assert_eq!(rust.code.trim(), "fn a() {}");
    assert_eq!(rust.pieces.len(), 1);
    assert_eq!(rust.line(source.len() - 1), 7);
}
