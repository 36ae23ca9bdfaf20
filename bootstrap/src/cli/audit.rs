//! `tenantry audit`

use std::process::ExitCode;

use clap::Subcommand;
use tenantry_application::audit::{accept_untagged, audit_heads};
use tenantry_domain::id::AuditId;

use super::{
    options::Options,
    output::{block_on, print},
};
use crate::{error::StartError, service::Service, telemetry};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Seal the audit entries and print the end of each chain, for `fsck --audit-head`
    Heads,
    /// Seal entries that an earlier version recorded without a tag
    Accept {
        /// The ids of the entries, as `tenantry fsck` lists them
        #[arg(required = true, value_name = "ENTRY")]
        entries: Vec<AuditId>,
    },
}

pub(super) fn run(options: &Options, action: Action) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    telemetry::start(&config.log)?;
    block_on(async {
        let service = Service::open(config).await?;
        let done = match action {
            Action::Heads => heads(&service).await,
            Action::Accept { entries } => accept(&service, entries).await,
        };
        service.close().await?;
        done
    })
}

async fn heads(service: &Service) -> Result<ExitCode, StartError> {
    for head in audit_heads(service.services()).await? {
        print(&head.to_string());
    }
    Ok(ExitCode::SUCCESS)
}

async fn accept(service: &Service, mut entries: Vec<AuditId>) -> Result<ExitCode, StartError> {
    entries.sort_unstable();
    entries.dedup();
    let sealed = accept_untagged(service.services(), &entries).await?;
    print(&format!("sealed {sealed} of {} entries", entries.len()));
    Ok(if sealed == entries.len() as u64 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
