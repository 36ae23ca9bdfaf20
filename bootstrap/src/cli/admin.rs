//! `tenantry admin`

use std::{io, process::ExitCode};

use clap::Subcommand;
use tenantry_application::{
    Error,
    auth::{SeedAdmin, seed_admin},
};

use super::{
    options::Options,
    output::{block_on, print},
};
use crate::{error::StartError, service::Service, telemetry};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Create a platform administrator; the password is read from standard input
    Create {
        /// The e-mail address
        #[arg(long)]
        email: String,
        /// The name of a tenant to create, owned by the administrator
        #[arg(long)]
        tenant: Option<String>,
    },
}

pub(super) fn run(options: &Options, action: Action) -> Result<ExitCode, StartError> {
    let Action::Create { email, tenant } = action;
    let config = options.load()?;
    telemetry::start(&config.log)?;
    let mut password = String::new();
    io::stdin()
        .read_line(&mut password)
        .map_err(|e| StartError::io("cannot read the password from standard input", e))?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    block_on(async {
        let service = Service::open(config).await?;
        let command = SeedAdmin {
            email,
            password,
            tenant,
        };
        let created = seed_admin(service.services(), command).await;
        service.close().await?;
        let (user, tenant) = created.map_err(start_error)?;
        print(&format!("user {user}"));
        if let Some(tenant) = tenant {
            print(&format!("tenant {tenant}"));
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Displays each invalid field on its own line.
fn start_error(error: Error) -> StartError {
    match error {
        Error::Invalid(errors) => {
            let lines = errors
                .iter()
                .map(|error| format!("{}: {}", error.field, error.message));
            StartError::Failed(lines.collect::<Vec<_>>().join("\n"))
        }
        other => other.into(),
    }
}
