//! The signals that stop the service.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::StartError;

/// Returns a future that resolves on `SIGTERM`, `SIGINT` or `SIGHUP`, which a
/// closing terminal sends. `SIGHUP` stays ignored in a process that was started
/// with `nohup`.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()>, StartError> {
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hangup = if ignores_hangup() {
        None
    } else {
        Some(listen(SignalKind::hangup())?)
    };
    Ok(async move {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hung_up => {}
        }
    })
}

fn listen(kind: SignalKind) -> Result<Signal, StartError> {
    signal(kind).map_err(|e| StartError::io("cannot listen for signals", e))
}

/// Tests whether the process inherited an ignored `SIGHUP`. Only Linux reports it
/// without unsafe code.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_signals(&status) & 1 != 0
}

/// Returns the set of ignored signals, whose lowest bit is `SIGHUP` (1).
fn ignored_signals(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_a_set() {
        let status = "Name:\ttenantry\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001001\n";
        assert_eq!(ignored_signals(status), 0x1001);
        assert_eq!(ignored_signals("SigBlk:\t1\n"), 0);
    }
}
