//! Logs: human-readable on a terminal, otherwise JSON.

use std::io::{IsTerminal, stderr};

use tenantry_config::sections::{LogConfig, LogFormat};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

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
        registry.with(json(stderr)).try_init()
    };
    // An embedding program may have started logging already.
    drop(started);
    Ok(())
}

/// Returns a layer that writes each event as one line of JSON.
fn json<S, W>(writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fmt::layer().with_writer(writer).json().flatten_event(true)
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex, PoisonError},
    };

    use serde_json::Value;
    use tracing_subscriber::registry;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        fn text(&self) -> String {
            let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            String::from_utf8_lossy(&bytes).into_owned()
        }
    }

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            log.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn events_are_single_lines_of_json_in_utc() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = registry().with(json(move || writer.clone()));
        let forged = "a\r\n{\"level\":\"ERROR\"}\u{2028}\u{1b}[31m\u{0}";
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(request.id = "r1", file.name = forged, "{forged}");
        });
        let text = log.text();
        assert_eq!(text.lines().count(), 1, "{text}");
        let is_hidden = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(is_hidden), "{text:?}");
        let event: Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(event["level"], "WARN");
        assert_eq!(event["message"], forged);
        assert_eq!(event["file.name"], forged);
        assert_eq!(event["request.id"], "r1");
        let time = event["timestamp"].as_str().unwrap_or_default();
        assert!(time.contains('T') && time.ends_with('Z'), "{text}");
    }
}
