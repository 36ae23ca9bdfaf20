//! `tenantry fsck`

use std::process::ExitCode;

use tenantry_application::upkeep::fsck;

use super::{Options, block_on, output::say};
use crate::{error::StartError, service::Service, telemetry};

pub(super) fn run(options: &Options, repair: bool) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    telemetry::start(&config.log)?;
    block_on(async {
        let service = Service::open(config).await?;
        if service.is_new() {
            service.close().await?;
            return Err(StartError::Found(
                "the store is empty: is this the right data folder?".to_owned(),
            ));
        }
        let checked = fsck(service.services(), repair).await;
        service.close().await?;
        let report = checked?;
        for finding in &report.findings {
            say(&finding.to_string());
        }
        say(&format!(
            "checked {} tenants, {} versions, {} blobs with {} bytes, {} audit entries: {} findings, {} repaired",
            report.tenants,
            report.versions,
            report.blobs,
            report.bytes,
            report.audit_entries,
            report.findings.len(),
            report.repaired
        ));
        let left = report.findings.len() as u64 > report.repaired;
        Ok(if left {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    })
}
