//! The command line.

mod admin;
mod audit;
mod config;
mod doctor;
mod fsck;
mod health;
mod migrate;
mod openapi;
mod options;
mod output;
mod secret;
mod serve;
mod stop_signal;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::options::Options;
use crate::error::StartError;

/// A multi-tenant backend service: tenants, users, roles, files, jobs and
/// audit behind one HTTP API.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API (the default)
    Serve,
    /// Run background jobs without serving the API
    Worker,
    /// Show or apply database migrations
    Migrate {
        #[command(subcommand)]
        action: migrate::Action,
    },
    /// Print the OpenAPI document
    Openapi {
        /// The output format
        #[arg(long, value_enum, default_value_t)]
        format: openapi::Format,
    },
    /// Inspect the configuration
    Config {
        #[command(subcommand)]
        action: config::Action,
    },
    /// Generate secrets
    Secret {
        #[command(subcommand)]
        action: secret::Action,
    },
    /// Manage platform administrators
    Admin {
        #[command(subcommand)]
        action: admin::Action,
    },
    /// Check the health of the running process
    Health {
        /// Check the worker on `worker.port` instead of the API
        #[arg(long)]
        worker: bool,
    },
    /// Check all storage backends and suggest fixes
    Doctor,
    /// Check the consistency of rows, blobs, quotas and audit chains
    Fsck {
        #[command(flatten)]
        check: fsck::Check,
    },
    /// Publish the ends of audit chains, and seal entries of earlier versions
    Audit {
        #[command(subcommand)]
        action: audit::Action,
    },
}

/// Parses the command line of this process and runs the command.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            for line in error.to_string().lines() {
                output::print_error(line);
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode, StartError> {
    let options = cli.options;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&options),
        Command::Worker => worker::run(&options),
        Command::Migrate { action } => migrate::run(&options, &action),
        Command::Openapi { format } => openapi::run(format),
        Command::Config { action } => config::run(&options, &action),
        Command::Secret { action } => secret::run(&action),
        Command::Admin { action } => admin::run(&options, action),
        Command::Health { worker } => health::run(&options, worker),
        Command::Doctor => doctor::run(&options),
        Command::Fsck { check } => fsck::run(&options, &check),
        Command::Audit { action } => audit::run(&options, action),
    }
}
