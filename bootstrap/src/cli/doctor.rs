//! `tenantry doctor`

use std::process::ExitCode;

use tenantry_application::storage::{BackendReport, examine};

use super::{
    options::Options,
    output::{block_on, print},
};
use crate::{error::StartError, service::Service, telemetry};

pub(super) fn run(options: &Options) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    telemetry::start(&config.log)?;
    block_on(async {
        let service = Service::open(config).await?;
        let reports = examine(service.services()).await;
        service.close().await?;
        for report in &reports {
            for check in &report.checks {
                let status = check.outcome.as_str();
                let line = format!("{} ({}) {}: {status}", report.name, report.kind, check.name);
                if check.advice.is_empty() {
                    print(&line);
                } else {
                    print(&format!("{line}: {}", check.advice));
                }
            }
        }
        Ok(if reports.iter().all(BackendReport::is_healthy) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}
