//! Logs: for people on a terminal, JSON for everything else.

use std::io::{IsTerminal, stderr};

use tenantry_config::sections::{LogConfig, LogFormat};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::error::StartError;

/// What others write is of interest from here on, unless the level says otherwise.
const QUIET: &str = "sea_orm_migration=warn,sqlx=warn";

/// Begins to write logs, to standard error. Later calls change nothing.
pub(crate) fn start(config: &LogConfig) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.level))
        .map_err(|e| StartError::setting("log.level", e.to_string()))?;
    let pretty = match config.format {
        LogFormat::Auto => stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let started = if pretty {
        let layer = fmt::layer()
            .with_writer(stderr)
            .with_ansi(stderr().is_terminal())
            .with_target(false);
        registry.with(layer).try_init()
    } else {
        let layer = fmt::layer().with_writer(stderr).json().flatten_event(true);
        registry.with(layer).try_init()
    };
    // Already started by whoever embeds the service.
    drop(started);
    Ok(())
}
