//! Health checks of the dependencies of the service.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// The timeout of one probe.
const PROBE_TIMEOUT: Duration = Duration::from_millis(1500);
/// The time a result is cached, which limits the load on the dependency.
const CACHE_TIME: Duration = Duration::from_millis(400);

type Probe = dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

/// The health checks of a service. A failed probe returns a short public reason,
/// such as `unreachable`, never an address.
#[derive(Clone)]
pub struct HealthChecks {
    checks: Arc<Vec<Check>>,
    draining: CancellationToken,
}

struct Check {
    name: &'static str,
    is_required: bool,
    probe: Box<Probe>,
    /// Locked while the probe runs: concurrent callers wait for its result.
    last: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// The result of one health check.
pub(super) struct CheckOutcome {
    pub(super) name: &'static str,
    /// Whether the service requires the dependency.
    pub(super) is_required: bool,
    pub(super) result: Result<(), String>,
}

impl HealthChecks {
    /// Creates an empty list. The service is unhealthy once `draining` is
    /// cancelled.
    pub fn new(draining: CancellationToken) -> Self {
        Self {
            checks: Arc::default(),
            draining,
        }
    }

    /// Adds a probe of a required dependency, such as `db` or `storage`.
    ///
    /// Probes must be added before the list is cloned; later calls have no
    /// effect.
    pub fn with<F, P>(self, name: &'static str, probe: P) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
        P: Fn() -> F + Send + Sync + 'static,
    {
        self.add(name, true, probe)
    }

    /// Adds a probe of an optional dependency, such as `cache`.
    pub fn with_optional<F, P>(self, name: &'static str, probe: P) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
        P: Fn() -> F + Send + Sync + 'static,
    {
        self.add(name, false, probe)
    }

    fn add<F, P>(mut self, name: &'static str, is_required: bool, probe: P) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
        P: Fn() -> F + Send + Sync + 'static,
    {
        if let Some(checks) = Arc::get_mut(&mut self.checks) {
            checks.push(Check {
                name,
                is_required,
                probe: Box::new(move || Box::pin(probe())),
                last: Mutex::new(None),
            });
        }
        self
    }

    /// Tests whether the service is shutting down.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Runs all probes concurrently.
    pub(super) async fn all(&self) -> Vec<CheckOutcome> {
        let checks = self.checks.iter();
        let outcomes = checks.map(|check| async {
            CheckOutcome {
                name: check.name,
                is_required: check.is_required,
                result: check.result().await,
            }
        });
        join_all(outcomes).await
    }

    /// Runs one probe; returns `None` if no probe has that name.
    pub async fn one(&self, name: &str) -> Option<Result<(), String>> {
        let check = self.checks.iter().find(|check| check.name == name)?;
        Some(check.result().await)
    }
}

impl Check {
    async fn result(&self) -> Result<(), String> {
        let mut last = self.last.lock().await;
        if let Some((at, result)) = &*last
            && at.elapsed() < CACHE_TIME
        {
            return result.clone();
        }
        let result = timeout(PROBE_TIMEOUT, (self.probe)())
            .await
            .unwrap_or_else(|_| Err("timeout".to_owned()));
        if let Err(reason) = &result {
            tracing::warn!(health.check = self.name, reason, "health check failed");
        }
        *last = Some((Instant::now(), result.clone()));
        result
    }
}

impl fmt::Debug for HealthChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.checks.iter().map(|check| check.name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn probes_time_out_and_results_are_cached() {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        let checks = HealthChecks::new(CancellationToken::new())
            .with("db", move || {
                count.fetch_add(1, Ordering::Relaxed);
                std::future::ready(Ok(()))
            })
            .with("storage", std::future::pending);
        let begin = Instant::now();
        let all = checks.all().await;
        assert_eq!(begin.elapsed(), PROBE_TIMEOUT);
        assert_eq!((all[0].name, &all[0].result), ("db", &Ok(())));
        assert_eq!(all[1].result, Err("timeout".to_owned()));
        // The fast result has expired by now, the slow one is still cached.
        for _ in 0..3 {
            assert_eq!(checks.one("db").await, Some(Ok(())));
        }
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert_eq!(checks.one("mail").await, None);
    }
}
