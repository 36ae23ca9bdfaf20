//! Problems of a configuration.

use std::fmt;

/// A problem of a key, with its reason and, if known, the origin of the value.
///
/// Displayed as one line: `configuration: http.port: 70000 is more than 65535 (flag --port)`.
/// The reason never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    key: String,
    reason: String,
    origin: Option<String>,
}

impl Problem {
    /// Creates a problem of `key` (a dotted path, such as `http.port`) without an origin.
    pub fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            reason: reason.into(),
            origin: None,
        }
    }

    /// Sets the origin unless it is already set.
    #[must_use]
    pub fn from_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin.get_or_insert_with(|| origin.into());
        self
    }

    /// Returns the dotted path of the key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the reason.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns the file, variable or flag that set the value.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Prepends `prefix` and a dot to the key.
    #[must_use]
    pub(crate) fn under(mut self, prefix: &str) -> Self {
        self.key = format!("{prefix}.{}", self.key);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "configuration: {}: ", self.key)?;
        // Messages of parsers may span several lines.
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

/// One or more problems, displayed as one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    first: Problem,
    rest: Vec<Problem>,
}

impl Problems {
    /// Returns the problems in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Returns an error unless `problems` is empty.
    pub(crate) fn check(problems: Vec<Problem>) -> Result<(), Self> {
        let mut problems = problems.into_iter();
        match problems.next() {
            None => Ok(()),
            Some(first) => Err(Self {
                first,
                rest: problems.collect(),
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
