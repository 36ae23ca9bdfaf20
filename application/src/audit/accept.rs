//! Sealing entries of earlier versions.

use std::collections::HashSet;

use tenantry_domain::id::AuditId;

use super::seal::seal_chain_with;
use crate::{error::Result, services::Services};

/// The maximum number of chains per read.
const CHAINS: u32 = 256;

/// Seals unsealed entries without a tag, as earlier versions recorded them, and
/// returns the number of entries that were sealed. The caller has compared them
/// with another source. An entry with a wrong tag is never sealed.
pub async fn accept_untagged(services: &Services, ids: &[AuditId]) -> Result<u64> {
    let ids: HashSet<_> = ids.iter().copied().collect();
    let (mut sealed, mut after) = (0, None);
    loop {
        let index = services.store.upkeep();
        let chains = index.unsealed_chains(after, CHAINS).await?;
        for chain in &chains {
            sealed += seal_chain_with(services, *chain, &ids).await?.accepted;
        }
        after = chains.last().copied().flatten();
        if after.is_none() || chains.len() < CHAINS as usize {
            return Ok(sealed);
        }
    }
}
