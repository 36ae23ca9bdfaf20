//! The count that makes concurrent changes visible.

use std::fmt;

/// How often a stored row has been written, from 1.
///
/// An entity carries the revision it was read with; an update expects that
/// one and writes the next. It is also the entity's `ETag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a row that was just added.
    pub const FIRST: Self = Self(1);

    /// Takes a stored number as a revision.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number alone.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The revision the next write leaves.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
