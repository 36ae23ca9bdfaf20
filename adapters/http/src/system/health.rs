//! Whether the parts the service depends on can be reached.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// What one probe may take.
const BOUND: Duration = Duration::from_millis(1500);
/// How long its answer serves, so that asking often costs the part nothing.
const FRESH: Duration = Duration::from_millis(400);

type Probe = dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

/// The probes of a service. A probe answers a reason in a few words that are
/// fit for anyone to read: `unreachable`, not an address.
#[derive(Clone)]
pub struct HealthChecks {
    checks: Arc<Vec<Check>>,
    draining: CancellationToken,
}

struct Check {
    name: &'static str,
    is_needed: bool,
    probe: Box<Probe>,
    /// Held while the probe runs: who asks meanwhile waits for its answer.
    last: Mutex<Option<(Instant, Result<(), String>)>>,
}

/// How a part was found.
pub(super) struct Checked {
    pub(super) name: &'static str,
    /// Whether the service cannot do without it.
    pub(super) is_needed: bool,
    pub(super) result: Result<(), String>,
}

impl HealthChecks {
    /// No probes yet. Once `draining` is cancelled the service is not ready
    /// whatever they say.
    pub fn new(draining: CancellationToken) -> Self {
        Self {
            checks: Arc::default(),
            draining,
        }
    }

    /// The same with one more probe: `db`, `storage`. The service cannot do
    /// without the part.
    ///
    /// Probes are added before the first use; afterwards the list is shared
    /// and stays as it is.
    pub fn with<F, P>(self, name: &'static str, probe: P) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
        P: Fn() -> F + Send + Sync + 'static,
    {
        self.add(name, true, probe)
    }

    /// The same with a probe of a part that the service can do without:
    /// `cache`.
    pub fn with_optional<F, P>(self, name: &'static str, probe: P) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
        P: Fn() -> F + Send + Sync + 'static,
    {
        self.add(name, false, probe)
    }

    fn add<F, P>(mut self, name: &'static str, is_needed: bool, probe: P) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
        P: Fn() -> F + Send + Sync + 'static,
    {
        if let Some(checks) = Arc::get_mut(&mut self.checks) {
            checks.push(Check {
                name,
                is_needed,
                probe: Box::new(move || Box::pin(probe())),
                last: Mutex::new(None),
            });
        }
        self
    }

    /// Whether the service is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// All probes at once.
    pub(super) async fn all(&self) -> Vec<Checked> {
        let checks = self.checks.iter();
        let checked = checks.map(|check| async {
            Checked {
                name: check.name,
                is_needed: check.is_needed,
                result: check.result().await,
            }
        });
        join_all(checked).await
    }

    /// One probe; `None` where there is none of that name.
    pub async fn one(&self, name: &str) -> Option<Result<(), String>> {
        let check = self.checks.iter().find(|check| check.name == name)?;
        Some(check.result().await)
    }
}

impl Check {
    async fn result(&self) -> Result<(), String> {
        let mut last = self.last.lock().await;
        if let Some((at, result)) = &*last
            && at.elapsed() < FRESH
        {
            return result.clone();
        }
        let result = timeout(BOUND, (self.probe)())
            .await
            .unwrap_or_else(|_| Err("no answer in time".to_owned()));
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
    async fn probes_are_bounded_and_their_answers_serve_a_while() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let checks = HealthChecks::new(CancellationToken::new())
            .with("db", move || {
                count.fetch_add(1, Ordering::Relaxed);
                std::future::ready(Ok(()))
            })
            .with("storage", std::future::pending);
        let begin = Instant::now();
        let all = checks.all().await;
        assert_eq!(begin.elapsed(), BOUND);
        assert_eq!((all[0].name, &all[0].result), ("db", &Ok(())));
        assert_eq!(all[1].result, Err("no answer in time".to_owned()));
        // The quick answer is two seconds old by now, the slow one is fresh.
        for _ in 0..3 {
            assert_eq!(checks.one("db").await, Some(Ok(())));
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        assert_eq!(checks.one("mail").await, None);
    }
}
