//! `tenantry migrate`

use std::process::ExitCode;

use clap::Subcommand;

use super::{Options, block_on, output::say};
use crate::{error::StartError, wiring};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Show which changes are made and which are not
    Status,
    /// Make those that are not
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
            say(&format!(
                "{} {name}",
                if applied { "applied" } else { "pending" }
            ));
        }
        metadata.close().await?;
        Ok(ExitCode::SUCCESS)
    })
}
