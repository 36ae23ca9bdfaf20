//! The keys of objects in blob stores.

use std::{fmt, str::FromStr};

use tenantry_domain::{
    Invalid,
    id::{BlobId, TenantId},
};

/// The key of an object: `t/<tenant>/<blob>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlobKey {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The blob.
    pub blob_id: BlobId,
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t/{}/{}", self.tenant_id, self.blob_id)
    }
}

impl FromStr for BlobKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::format("must be t/<tenant>/<blob>");
        let (tenant, blob) = text
            .strip_prefix("t/")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(invalid)?;
        let key = Self {
            tenant_id: tenant.parse()?,
            blob_id: blob.parse()?,
        };
        // Ids are parsed in either case, but keys are always lowercase.
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(invalid())
        }
    }
}
