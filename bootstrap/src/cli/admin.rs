//! `tenantry admin`

use std::{io, process::ExitCode};

use clap::Subcommand;
use tenantry_application::{
    Error,
    auth::{SeedAdmin, seed_admin},
};

use super::{Options, block_on, output::say};
use crate::{error::StartError, service::Service, telemetry};

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Make an administrator of the platform; the password is read from standard input
    Create {
        /// Their e-mail address
        #[arg(long)]
        email: String,
        /// The name of a tenant to make for them, as its owner
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
        let made = seed_admin(service.services(), command).await;
        service.close().await?;
        let (user, tenant) = made.map_err(readable)?;
        say(&format!("user {user}"));
        if let Some(tenant) = tenant {
            say(&format!("tenant {tenant}"));
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn readable(error: Error) -> StartError {
    match error {
        Error::Invalid(errors) => {
            let lines = errors
                .iter()
                .map(|error| format!("{}: {}", error.field, error.message));
            StartError::Found(lines.collect::<Vec<_>>().join("\n"))
        }
        other => other.into(),
    }
}
