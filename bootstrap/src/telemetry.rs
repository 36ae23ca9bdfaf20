//! Logs: human-readable on a terminal, otherwise JSON.

use std::io::{IsTerminal, stderr};

use tenantry_config::sections::{LogConfig, LogFormat};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::error::StartError;

/// The levels of verbose dependencies, unless the configured level overrides them.
const QUIET: &str = "sea_orm_migration=warn,sqlx=warn";

/// Starts logging to standard error. Later calls have no effect.
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
    // An embedding program may have started logging already.
    drop(started);
    Ok(())
}
