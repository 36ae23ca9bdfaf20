//! An outage, as it is seen from outside.

use std::{sync::Arc, time::Duration};

use tenantry_tests::{
    harness::{Actor, Answer, ServiceProcess, until},
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

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    not_ready_after: Duration,
    worst_error: Duration,
    recovered_after: Duration,
}

/// Lets a server fail under a service in use, and watches. `path` is what is
/// read again and again: it needs the server.
pub(crate) async fn outage(
    process: &ServiceProcess,
    proxy: &FaultProxy,
    fault: Fault,
    reader: &Actor,
    path: &str,
) -> Outage {
    let anyone = process.anonymous();
    let (stop, stopped) = watch::channel(false);
    let mut readers = JoinSet::new();
    let path: Arc<str> = path.into();
    for _ in 0..READERS {
        readers.spawn(read_on(reader.clone(), Arc::clone(&path), stopped.clone()));
    }

    let begun = Instant::now();
    proxy.set(fault);
    until("the service is not ready", async || {
        (anyone.get("/health/ready").await.status == 503).then_some(())
    })
    .await;
    let not_ready_after = begun.elapsed();
    anyone.get("/health/live").await.expect(200);
    sleep(LASTING).await;

    let ended = Instant::now();
    proxy.set(Fault::None);
    until("the service is ready and answers", async || {
        let ready = anyone.get("/health/ready").await.status == 200;
        (ready && reader.get(&path).await.status == 200).then_some(())
    })
    .await;
    let recovered_after = ended.elapsed();
    stop.send_replace(true);
    let worst_error = readers.join_all().await.into_iter().max();
    Outage {
        not_ready_after,
        worst_error: worst_error.expect("readers"),
        recovered_after,
    }
}

/// Lets a server come and go under a service in use, and returns how soon
/// everything works again after that.
pub(crate) async fn flapping(proxy: &FaultProxy, reader: &Actor, path: &str) -> Duration {
    let (stop, stopped) = watch::channel(false);
    let reading = tokio::spawn(read_on(reader.clone(), path.into(), stopped));
    for _ in 0..FLAPS {
        proxy.set(Fault::Down);
        sleep(FLAP).await;
        proxy.set(Fault::None);
        sleep(FLAP).await;
    }
    let ended = Instant::now();
    until("the service answers", async || {
        (reader.get(path).await.status == 200).then_some(())
    })
    .await;
    let recovered_after = ended.elapsed();
    stop.send_replace(true);
    let worst_error = reading.await.expect("a reader");
    assert!(worst_error < NOTICED + ALLOWANCE, "{worst_error:?}");
    assert!(
        recovered_after < RECOVERED + ALLOWANCE,
        "{recovered_after:?}"
    );
    recovered_after
}

/// Reads until told to stop, and returns how long the slowest refusal took.
async fn read_on(reader: Actor, path: Arc<str>, stop: watch::Receiver<bool>) -> Duration {
    let mut worst = Duration::ZERO;
    while !*stop.borrow() {
        let begun = Instant::now();
        let answer = reader.get(&path).await;
        if answer.status != 200 {
            expect_refusal(&answer);
            worst = worst.max(begun.elapsed());
        }
        sleep(Duration::from_millis(20)).await;
    }
    worst
}

/// A refusal that says to come back.
#[track_caller]
pub(crate) fn expect_refusal(answer: &Answer) {
    let answer = answer.clone().expect(503);
    let after = answer.header("retry-after").map(str::parse::<u32>);
    assert!(matches!(after, Some(Ok(1..))), "{after:?}");
}

impl Outage {
    /// Every bound held.
    #[track_caller]
    pub(crate) fn expect_bounded(self) -> Self {
        assert!(self.not_ready_after < NOTICED + ALLOWANCE, "{self:?}");
        assert!(self.worst_error < NOTICED + ALLOWANCE, "{self:?}");
        assert!(self.recovered_after < RECOVERED + ALLOWANCE, "{self:?}");
        self
    }
}
