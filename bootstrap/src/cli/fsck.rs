//! `tenantry fsck`

use std::process::ExitCode;

use tenantry_application::upkeep::fsck;

use super::{
    options::Options,
    output::{block_on, print},
};
use crate::{error::StartError, service::Service, telemetry};

pub(super) fn run(options: &Options, repair: bool) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    telemetry::start(&config.log)?;
    block_on(async {
        let service = Service::open(config).await?;
        if service.is_new() {
            service.close().await?;
            return Err(StartError::Failed(
                "the store is empty; check the data directory and the database".to_owned(),
            ));
        }
        let checked = fsck(service.services(), repair).await;
        service.close().await?;
        let report = checked?;
        for finding in &report.findings {
            print(&finding.to_string());
        }
        print(&format!(
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
