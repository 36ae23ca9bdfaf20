//! An outage as clients see it.

use std::{sync::Arc, time::Duration};

use tenantry_tests::{
    harness::{Actor, ApiResponse, Provider, ServiceProcess, record_text, until},
    services::{Fault, FaultProxy},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

/// The maximum time until the service is not ready, and until a request fails.
const NOTICED: Duration = Duration::from_secs(2);
/// The maximum time until the service works after the server has recovered.
const RECOVERED: Duration = Duration::from_secs(5);
/// The tolerance for a busy machine.
const ALLOWANCE: Duration = Duration::from_secs(1);
/// The duration of a fault after the service has detected it.
const LASTING: Duration = Duration::from_secs(2);
/// The number of times a flapping server fails and recovers.
const FLAPS: usize = 8;
/// The time between two changes of a flapping server.
const FLAP: Duration = Duration::from_millis(300);
/// The number of clients that keep reading.
const READERS: usize = 8;

/// The faults by name.
pub(crate) const FAULTS: [(&str, Fault); 4] = [
    ("down", Fault::Down),
    ("mute", Fault::Hang),
    ("lost", Fault::Lost),
    ("slow", Fault::Slow(Duration::from_secs(2))),
];

/// The measurements of an outage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    noticed_after: Duration,
    worst_error: Duration,
    recovered_after: Duration,
}

/// A service in use while a server fails.
pub(crate) struct Watched<'w> {
    /// The service.
    pub(crate) process: &'w ServiceProcess,
    /// The proxy in front of the server.
    pub(crate) proxy: &'w FaultProxy,
    /// The user who keeps reading.
    pub(crate) reader: &'w Actor,
    /// The path to read.
    pub(crate) path: &'w str,
    /// The path of the health check for the server.
    pub(crate) health: &'w str,
    /// Whether reads may fail during the fault.
    pub(crate) may_fail: bool,
}

impl Watched<'_> {
    /// Injects a fault and measures the outage.
    pub(crate) async fn outage(&self, fault: Fault) -> Outage {
        let anyone = self.process.anonymous();
        let (stop, readers) = self.readers(READERS);
        let begun = Instant::now();
        self.proxy.set(fault);
        until("the fault is detected", async || {
            (anyone.get(self.health).await.status == 503).then_some(())
        })
        .await;
        let noticed_after = begun.elapsed();
        anyone.get("/health/live").await.expect(200);
        let ready = anyone.get("/health/ready").await.status;
        assert_eq!(ready == 503, self.may_fail, "{ready}");
        sleep(LASTING).await;

        let ended = Instant::now();
        self.proxy.set(Fault::None);
        until("the service is healthy and responds", async || {
            let healthy = anyone.get(self.health).await.status == 200;
            (healthy && self.reader.get(self.path).await.status == 200).then_some(())
        })
        .await;
        let recovered_after = ended.elapsed();
        stop.send_replace(true);
        let worst_error = readers.join_all().await.into_iter().max();
        Outage {
            noticed_after,
            worst_error: worst_error.expect("readers"),
            recovered_after,
        }
    }

    /// Lets the server fail and recover repeatedly, and returns the time until
    /// the service works after that.
    pub(crate) async fn flapping(&self) -> Duration {
        let (stop, readers) = self.readers(1);
        for _ in 0..FLAPS {
            self.proxy.set(Fault::Down);
            sleep(FLAP).await;
            self.proxy.set(Fault::None);
            sleep(FLAP).await;
        }
        let ended = Instant::now();
        until("the service responds", async || {
            (self.reader.get(self.path).await.status == 200).then_some(())
        })
        .await;
        let recovered_after = ended.elapsed();
        stop.send_replace(true);
        let worst_error = readers.join_all().await.into_iter().max();
        let worst_error = worst_error.expect("a reader");
        assert!(worst_error < NOTICED + ALLOWANCE, "{worst_error:?}");
        assert!(
            recovered_after < RECOVERED + ALLOWANCE,
            "{recovered_after:?}"
        );
        recovered_after
    }

    /// Injects each fault in turn, and records the measurements for the table
    /// of faults.
    pub(crate) async fn every_fault(&self, provider: &Provider) {
        let (section, kind) = (provider.section.name(), provider.kind);
        let record = |fault: &str, line: &str| {
            let name = format!("fault.{section}.{kind}.{fault}");
            record_text(env!("CARGO_TARGET_TMPDIR"), &name, line);
        };
        for (name, fault) in FAULTS {
            let outage = self.outage(fault).await;
            println!("{section} {kind} {name}: {outage:?}");
            outage.expect_bounded();
            let [noticed, error, recovered] = [
                outage.noticed_after,
                outage.worst_error,
                outage.recovered_after,
            ]
            .map(|time| time.as_millis());
            record(name, &format!("{noticed} {error} {recovered}"));
        }
        let recovered = self.flapping().await.as_millis();
        record("flapping", &format!("- - {recovered}"));
    }

    /// Asserts that an upload succeeds soon after the server has recovered.
    pub(crate) async fn expect_written(&self, path: &str) {
        let begun = Instant::now();
        let stored = until("a file is stored", async || {
            let answer = self.reader.upload(path, "text/plain", "two").await;
            answer.status.is_success().then_some(answer)
        })
        .await;
        assert!(begun.elapsed() < RECOVERED + ALLOWANCE);
        self.reader.processed(&stored.text("file_id")).await;
    }

    fn readers(&self, count: usize) -> (watch::Sender<bool>, JoinSet<Duration>) {
        let (stop, stopped) = watch::channel(false);
        let mut readers = JoinSet::new();
        for _ in 0..count {
            let (reader, path) = (self.reader.clone(), Arc::from(self.path));
            readers.spawn(read_on(reader, path, stopped.clone(), self.may_fail));
        }
        (stop, readers)
    }
}

/// Reads until `stop` is set. Returns the time of the slowest failure, or of the
/// slowest response if none may fail.
async fn read_on(
    reader: Actor,
    path: Arc<str>,
    stop: watch::Receiver<bool>,
    may_fail: bool,
) -> Duration {
    let mut worst = Duration::ZERO;
    while !*stop.borrow() {
        let begun = Instant::now();
        let answer = reader.get(&path).await;
        if answer.status != 200 {
            assert!(may_fail, "{answer:?}");
            expect_unavailable(&answer);
        }
        if answer.status != 200 || !may_fail {
            worst = worst.max(begun.elapsed());
        }
        sleep(Duration::from_millis(20)).await;
    }
    worst
}

/// Asserts that the response asks the client to retry later.
#[track_caller]
fn expect_unavailable(answer: &ApiResponse) {
    let answer = answer.clone().expect(503);
    let after = answer.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(after, Some(Ok(1..))), "{after:?}");
}

impl Outage {
    /// Asserts that all times are within bounds.
    #[track_caller]
    fn expect_bounded(self) {
        assert!(self.noticed_after < NOTICED + ALLOWANCE, "{self:?}");
        assert!(self.worst_error < NOTICED + ALLOWANCE, "{self:?}");
        assert!(self.recovered_after < RECOVERED + ALLOWANCE, "{self:?}");
    }
}
