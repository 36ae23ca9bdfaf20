//! What a client says must hold of what it changes.

use tenantry_domain::Revision;

use crate::error::{Error, Result};

/// Which revisions a change may be made on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// Any.
    #[default]
    None,
    /// One of these.
    OneOf(Vec<Revision>),
}

impl Precondition {
    /// Refuses with [`Error::PreconditionFailed`] where it does not hold.
    pub(crate) fn check(&self, current: Revision) -> Result<()> {
        match self {
            Self::OneOf(revisions) if !revisions.contains(&current) => {
                Err(Error::PreconditionFailed)
            }
            Self::None | Self::OneOf(_) => Ok(()),
        }
    }
}
