//! `tenantry migrate`

use std::process::ExitCode;

use clap::Subcommand;

use super::{
    options::Options,
    output::{block_on, print},
};
use crate::{error::StartError, wiring};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// List the migrations and whether each is applied
    Status,
    /// Apply pending migrations
    Up,
}

pub(super) fn run(options: &Options, action: &Action) -> Result<ExitCode, StartError> {
    let config = options.load()?;
    block_on(async {
        let metadata = wiring::metadata_from_config(&config).await?;
        if let Action::Up = action {
            metadata.migrate().await?;
        }
        for (name, applied) in metadata.migrations().await? {
            print(&format!(
                "{} {name}",
                if applied { "applied" } else { "pending" }
            ));
        }
        metadata.close().await?;
        Ok(ExitCode::SUCCESS)
    })
}
