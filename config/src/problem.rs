//! What is wrong with a configuration, as lines an operator can act on.

use std::fmt;

/// One fault: the key, the reason and, where something was written, who wrote it.
///
/// Shown as one line, `configuration: http.port: 70000 is more than 65535 (flag --port)`.
/// The reason never contains the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    key: String,
    reason: String,
    origin: Option<String>,
}

impl Problem {
    /// A fault of `key` (dotted path, such as `http.port`) whose origin is not known yet.
    pub fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            reason: reason.into(),
            origin: None,
        }
    }

    /// The same fault with the layer or variable it came from, unless one is already named.
    #[must_use]
    pub fn from_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin.get_or_insert_with(|| origin.into());
        self
    }

    /// The dotted path of the key at fault.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Why it is refused.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The file, variable or flag that gave the value; absent when nothing did.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Puts `prefix` and a dot before the key: a section's key becomes that of a named section.
    #[must_use]
    pub(crate) fn under(mut self, prefix: &str) -> Self {
        self.key = format!("{prefix}.{}", self.key);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "configuration: {}: ", self.key)?;
        // A parser's message may span lines; an operator's log should not.
        let mut lines = self.reason.lines().map(str::trim);
        formatter.write_str(lines.next().unwrap_or_default())?;
        lines.try_for_each(|line| write!(formatter, " {line}"))?;
        match &self.origin {
            Some(origin) => write!(formatter, " ({origin})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// All faults that were found, at least one; shown one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    first: Problem,
    rest: Vec<Problem>,
}

impl Problems {
    /// The faults in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// `Ok` when nothing was found.
    pub(crate) fn check(found: Vec<Problem>) -> Result<(), Self> {
        let mut found = found.into_iter();
        match found.next() {
            None => Ok(()),
            Some(first) => Err(Self {
                first,
                rest: found.collect(),
            }),
        }
    }
}

impl From<Problem> for Problems {
    fn from(first: Problem) -> Self {
        Self {
            first,
            rest: Vec::new(),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(formatter)?;
        self.rest
            .iter()
            .try_for_each(|problem| write!(formatter, "\n{problem}"))
    }
}

impl std::error::Error for Problems {}
