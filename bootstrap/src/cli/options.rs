//! The options of all commands.

use std::path::PathBuf;

use clap::Args;
use tenantry_config::{Config, Flags, LoadedConfig, Sources};

use crate::error::StartError;

/// Options of all commands, which override all other sources of configuration.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Options {
    /// The configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, global = true, value_name = "HOST")]
    host: Option<String>,
    /// The port to listen on; 0 selects a free port [default: 8080]
    #[arg(long, global = true, value_name = "PORT")]
    port: Option<u16>,
}

impl Options {
    /// Returns the configuration sources of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "configuration reads the environment here only"
    )]
    fn sources(&self) -> Result<Sources, StartError> {
        let directory = std::env::current_dir()
            .map_err(|e| StartError::io("cannot determine the working directory", e))?;
        let data = self.data.as_ref().map(|data| data.display());
        let flags = Flags::new()
            .set("--data", "app.data", data)
            .set("--host", "http.host", self.host.as_ref())
            .set("--port", "http.port", self.port);
        Ok(Sources::new(directory)
            .env(std::env::vars_os())
            .config_file(self.config.clone())
            .flags(flags))
    }

    /// Reads the configuration without validating it.
    pub(super) fn read(&self) -> Result<LoadedConfig, StartError> {
        Ok(LoadedConfig::read(&self.sources()?)?)
    }

    /// Reads and validates the configuration.
    pub(super) fn load(&self) -> Result<Config, StartError> {
        Ok(Config::load(&self.sources()?)?.config)
    }
}
