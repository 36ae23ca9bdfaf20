//! Taking over the jobs of processes that have ended.

use crate::{error::Result, services::Services};

/// Registers this process, whose workers are named `<process>/<number>`. Without
/// it, its jobs are taken over when their leases expire.
pub async fn register(services: &Services, process: &str) -> Result<()> {
    Ok(services.store.jobs().register(process).await?)
}

/// Makes the jobs of ended processes due, where the store can prove their end.
/// Returns the number of jobs.
pub async fn recover(services: &Services) -> Result<u64> {
    Ok(services.store.jobs().recover().await?)
}
