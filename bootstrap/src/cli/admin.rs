//! `tenantry admin`

use std::{
    io::{self, BufRead},
    process::ExitCode,
};

use clap::Subcommand;
use tenantry_application::{
    Error,
    auth::{SeedAdmin, seed_admin},
};
use tenantry_config::decode_text;

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
    let password = first_line(&mut io::stdin().lock())
        .map_err(|e| StartError::io("cannot read the password from standard input", e))?;
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

/// Reads a line without its end.
fn first_line(input: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    input.read_until(b'\n', &mut line)?;
    let line = decode_text(line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_text_without_its_end_and_byte_order_mark() {
        for input in ["pass word\r\nmore", "pass word\n", "\u{FEFF}pass word"] {
            let line = first_line(&mut input.as_bytes());
            assert_eq!(line.ok().as_deref(), Some("pass word"), "{input:?}");
        }
        assert!(first_line(&mut &b"\xff\xfep\0\n\0"[..]).is_err());
    }
}
