//! Sealing entries of earlier versions.

use std::collections::HashSet;

use tenantry_domain::id::AuditId;

use super::seal::{seal_chain_with, unsealed_chains};
use crate::{error::Result, services::Services};

/// Seals unsealed entries without a tag, as earlier versions recorded them, and
/// returns the number of entries that were sealed. The caller has compared them
/// with another source. An entry with a wrong tag is never sealed.
pub async fn accept_untagged(services: &Services, ids: &[AuditId]) -> Result<u64> {
    let ids: HashSet<_> = ids.iter().copied().collect();
    let mut sealed = 0;
    for chain in unsealed_chains(services).await? {
        sealed += seal_chain_with(services, chain, &ids).await?.accepted;
    }
    Ok(sealed)
}
