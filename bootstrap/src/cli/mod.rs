//! The command line: what each command takes, and who does it.

mod admin;
mod config;
mod doctor;
mod fsck;
mod health;
mod migrate;
mod openapi;
mod output;
mod secret;
mod serve;
mod worker;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use tenantry_config::{Config, Flags, Loaded, Sources};

use crate::error::StartError;

/// A multi-tenant backend service: tenants, people, roles, files, jobs and
/// audit behind one HTTP API.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Options of every command, stronger than all other configuration.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Options {
    /// A configuration file, in TOML
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data folder [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, global = true, value_name = "HOST")]
    host: Option<String>,
    /// The port to listen on; 0 takes a free one [default: 8080]
    #[arg(long, global = true, value_name = "PORT")]
    port: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API (what `tenantry` alone does)
    Serve,
    /// Work on background jobs without serving
    Worker,
    /// Bring the tables up to date, or show what that would do
    Migrate {
        #[command(subcommand)]
        action: migrate::Action,
    },
    /// Print the OpenAPI document
    Openapi {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: openapi::Format,
    },
    /// Look at the configuration
    Config {
        #[command(subcommand)]
        action: config::Action,
    },
    /// Make secrets
    Secret {
        #[command(subcommand)]
        action: secret::Action,
    },
    /// Manage administrators of the platform
    Admin {
        #[command(subcommand)]
        action: admin::Action,
    },
    /// Ask the process that runs with this configuration how it is
    Health {
        /// Ask the worker, at `worker.port`, instead of what serves the API
        #[arg(long)]
        worker: bool,
    },
    /// Try every storage backend: what works, and what to do about what does not
    Doctor,
    /// Check rows, bytes, quota and audit chains against one another
    Fsck {
        /// Mend what can be mended without losing anything that is visible
        #[arg(long)]
        repair: bool,
    },
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            for line in error.to_string().lines() {
                output::complain(line);
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
        Command::Fsck { repair } => fsck::run(&options, repair),
    }
}

impl Options {
    /// Everything that configuration comes from, in this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    fn sources(&self) -> Result<Sources, StartError> {
        let folder = std::env::current_dir()
            .map_err(|e| StartError::io("cannot tell the working folder", e))?;
        let data = self.data.as_ref().map(|data| data.display());
        let flags = Flags::new()
            .set("--data", "app.data", data)
            .set("--host", "http.host", self.host.as_ref())
            .set("--port", "http.port", self.port);
        Ok(Sources::new(folder)
            .env(std::env::vars_os())
            .config_file(self.config.clone())
            .flags(flags))
    }

    /// The configuration, not checked yet.
    fn read(&self) -> Result<Loaded, StartError> {
        Ok(Loaded::read(&self.sources()?)?)
    }

    /// The checked configuration.
    fn load(&self) -> Result<Config, StartError> {
        Ok(Config::load(&self.sources()?)?.config)
    }
}

/// Runs a command that waits for things.
fn block_on<F: Future<Output = Result<ExitCode, StartError>>>(
    future: F,
) -> Result<ExitCode, StartError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| StartError::io("cannot start the runtime", e))?
        .block_on(future)
}
