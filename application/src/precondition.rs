//! Preconditions of changes (`If-Match`).

use tenantry_domain::Revision;

use crate::error::{Error, Result};

/// The revisions on which a change may be based.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// Any revision.
    #[default]
    None,
    /// One of these revisions.
    OneOf(Vec<Revision>),
}

impl Precondition {
    /// Fails with [`Error::PreconditionFailed`] if the precondition does not
    /// hold.
    pub(crate) fn check(&self, current: Revision) -> Result<()> {
        match self {
            Self::OneOf(revisions) if !revisions.contains(&current) => {
                Err(Error::PreconditionFailed)
            }
            Self::None | Self::OneOf(_) => Ok(()),
        }
    }
}
