//! An outage, as it is seen from outside.

use std::{sync::Arc, time::Duration};

use tenantry_tests::{
    harness::{Actor, ApiResponse, ServiceProcess, record_text, until},
    services::{Fault, FaultProxy},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

/// How soon the service is not ready any more, and how soon it says so to
/// whoever reads.
const NOTICED: Duration = Duration::from_secs(2);
/// How soon everything works again, once the server does.
const RECOVERED: Duration = Duration::from_secs(5);
/// What a busy machine may add to a bound.
const ALLOWANCE: Duration = Duration::from_secs(1);
/// How long the server fails, after the service has noticed.
const LASTING: Duration = Duration::from_secs(2);
/// How often a server comes and goes, and how long it stays.
const FLAPS: usize = 8;
const FLAP: Duration = Duration::from_millis(300);
/// People who go on asking.
const READERS: usize = 8;

/// The ways in which a server fails.
pub(crate) const FAULTS: [(&str, Fault); 4] = [
    ("down", Fault::Down),
    ("mute", Fault::Hang),
    ("lost", Fault::Lost),
    ("slow", Fault::Slow(Duration::from_secs(2))),
];

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    noticed_after: Duration,
    worst_error: Duration,
    recovered_after: Duration,
}

/// A service in use, and what is looked at while a server fails.
pub(crate) struct Watched<'w> {
    /// The service.
    pub(crate) process: &'w ServiceProcess,
    /// The way to the server.
    pub(crate) proxy: &'w FaultProxy,
    /// Who goes on asking.
    pub(crate) reader: &'w Actor,
    /// What for.
    pub(crate) path: &'w str,
    /// Which health tells of the server.
    pub(crate) health: &'w str,
    /// Whether who asks may be refused meanwhile.
    pub(crate) may_fail: bool,
}

impl Watched<'_> {
    /// Lets the server fail, and watches.
    pub(crate) async fn outage(&self, fault: Fault) -> Outage {
        let anyone = self.process.anonymous();
        let (stop, readers) = self.readers(READERS);
        let begun = Instant::now();
        self.proxy.set(fault);
        until("the fault is noticed", async || {
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
        until("the service is well and answers", async || {
            let well = anyone.get(self.health).await.status == 200;
            (well && self.reader.get(self.path).await.status == 200).then_some(())
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

    /// Lets the server come and go, and returns how soon everything works
    /// again after that.
    pub(crate) async fn flapping(&self) -> Duration {
        let (stop, readers) = self.readers(1);
        for _ in 0..FLAPS {
            self.proxy.set(Fault::Down);
            sleep(FLAP).await;
            self.proxy.set(Fault::None);
            sleep(FLAP).await;
        }
        let ended = Instant::now();
        until("the service answers", async || {
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

    /// Every way of failing, one after the other; what was measured is left
    /// for the table of providers under the server's name.
    pub(crate) async fn every_fault(&self, server: &str) {
        for (name, fault) in FAULTS {
            let seen = self.outage(fault).await;
            println!("{server} {name}: {seen:?}");
            seen.expect_bounded();
            let [noticed, error, recovered] =
                [seen.noticed_after, seen.worst_error, seen.recovered_after]
                    .map(|time| time.as_millis());
            let line = format!("{noticed} {error} {recovered}");
            record_text(
                env!("CARGO_TARGET_TMPDIR"),
                &format!("fault.{server}.{name}"),
                &line,
            );
        }
        let recovered = self.flapping().await.as_millis();
        record_text(
            env!("CARGO_TARGET_TMPDIR"),
            &format!("fault.{server}.flapping"),
            &format!("- - {recovered}"),
        );
    }

    /// What is written is stored again, soon after the server is there.
    pub(crate) async fn expect_written(&self, path: &str) {
        let begun = Instant::now();
        let stored = until("something is stored", async || {
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

/// Reads until told to stop, and returns how long the slowest refusal took, or the
/// slowest answer where none may be refused.
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
            expect_refusal(&answer);
        }
        if answer.status != 200 || !may_fail {
            worst = worst.max(begun.elapsed());
        }
        sleep(Duration::from_millis(20)).await;
    }
    worst
}

/// A refusal that says to come back.
#[track_caller]
fn expect_refusal(answer: &ApiResponse) {
    let answer = answer.clone().expect(503);
    let after = answer.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(after, Some(Ok(1..))), "{after:?}");
}

impl Outage {
    /// Every bound held.
    #[track_caller]
    fn expect_bounded(self) {
        assert!(self.noticed_after < NOTICED + ALLOWANCE, "{self:?}");
        assert!(self.worst_error < NOTICED + ALLOWANCE, "{self:?}");
        assert!(self.recovered_after < RECOVERED + ALLOWANCE, "{self:?}");
    }
}
