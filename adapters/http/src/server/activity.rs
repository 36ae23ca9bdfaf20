//! The state of one connection and the timeouts that apply to it.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{hold::ResponseAbort, options::ServerOptions, pace::Pace};

/// The value of an unset instant; `Activity::now` starts at one.
const UNSET: u64 = 0;

/// The time an idle peer has to close the connection when asked to.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// The activity of a connection, shared by its socket (bytes), its service
/// (requests) and its watch (time). Instants are milliseconds since the start
/// of the connection.
#[derive(Debug)]
pub(super) struct Activity {
    origin: Instant,
    is_multiplexed: AtomicBool,
    in_flight: AtomicUsize,
    idle_since: AtomicU64,
    head_since: AtomicU64,
    blocked_since: AtomicU64,
    send_pace: Mutex<Pace>,
    /// The abort condition of the response being sent (HTTP/1.1).
    abort: Mutex<Option<ResponseAbort>>,
}

/// The timeout that ended a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    /// No request arrived in time.
    Idle,
    /// A request head was not complete in time.
    Head,
    /// The peer does not read, or reads too slowly.
    Blocked,
    /// The abort condition of a response was met.
    Aborted,
}

impl Activity {
    /// Starts the activity of a new connection, which owes a request head.
    pub(super) fn new(options: &ServerOptions) -> Arc<Self> {
        Arc::new(Self {
            origin: Instant::now(),
            is_multiplexed: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            idle_since: AtomicU64::new(1),
            head_since: AtomicU64::new(1),
            blocked_since: AtomicU64::new(UNSET),
            send_pace: Mutex::new(Pace::new(options.progress_timeout)),
            abort: Mutex::new(None),
        })
    }

    fn now(&self) -> u64 {
        let elapsed = self.origin.elapsed().as_millis();
        u64::try_from(elapsed).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Marks the connection as HTTP/2, whose control frames arrive at any time:
    /// bytes on an idle connection do not start a request head.
    pub(super) fn set_multiplexed(&self) {
        self.is_multiplexed.store(true, Relaxed);
        self.head_since.store(UNSET, Relaxed);
    }

    /// Records received bytes.
    pub(super) fn received(&self) {
        if self.in_flight.load(Relaxed) == 0
            && self.head_since.load(Relaxed) == UNSET
            && !self.is_multiplexed.load(Relaxed)
        {
            self.head_since.store(self.now(), Relaxed);
        }
    }

    /// Records that the peer accepts no bytes at present.
    pub(super) fn blocked(&self) {
        if self.blocked_since.load(Relaxed) == UNSET {
            self.blocked_since.store(self.now(), Relaxed);
        }
    }

    /// Records that the peer accepted `bytes`.
    pub(super) fn sent(&self, bytes: usize) {
        let since = self.blocked_since.swap(UNSET, Relaxed);
        if since != UNSET {
            let waited = Duration::from_millis(self.now().saturating_sub(since));
            self.pace().record(waited, bytes);
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.send_pace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a request that ends when the guard is dropped.
    pub(super) fn request(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Relaxed);
        self.head_since.store(UNSET, Relaxed);
        InFlight(Arc::clone(self))
    }

    /// Records the start of the response to the only request in flight.
    pub(super) fn start_response(&self, abort: Option<ResponseAbort>) {
        *self.abort() = abort;
    }

    fn abort(&self) -> MutexGuard<'_, Option<ResponseAbort>> {
        self.abort.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tests whether no request is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.load(Relaxed) == 0
    }

    /// Returns the time since which no request is in flight; `None` if one is.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let since = self.idle_since.load(Relaxed).saturating_sub(1);
        self.is_idle()
            .then(|| self.origin + Duration::from_millis(since))
    }

    /// Returns the deadline of the current state and its timeout.
    fn deadline(&self, limits: &Limits) -> (u64, Expiry) {
        let after = |since: u64, limit: Duration| {
            since.saturating_add(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX))
        };
        let blocked = self.blocked_since.load(Relaxed);
        if blocked != UNSET {
            return (after(blocked, self.pace().remaining()), Expiry::Blocked);
        }
        let head = self.head_since.load(Relaxed);
        if head != UNSET {
            return (after(head, limits.header), Expiry::Head);
        }
        let since = if self.is_idle() {
            self.idle_since.load(Relaxed)
        } else {
            self.now()
        };
        (after(since, limits.idle), Expiry::Idle)
    }
}

/// One request in flight, until its response is sent or abandoned.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Relaxed);
        *self.0.abort() = None;
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    header: Duration,
    idle: Duration,
}

/// A future that completes when the connection stays in one state for too
/// long. Poll it after the connection in the same task: every change of state
/// wakes that task, so the timer moves forward only when it fires.
pub(super) struct Watch {
    activity: Arc<Activity>,
    limits: Limits,
    timer: Pin<Box<Sleep>>,
}

impl Watch {
    pub(super) fn new(activity: Arc<Activity>, options: &ServerOptions) -> Self {
        let limits = Limits {
            header: options.header_timeout,
            idle: options.idle_timeout,
        };
        let timer = Box::pin(sleep_until(activity.origin + limits.header));
        Self {
            activity,
            limits,
            timer,
        }
    }

    /// Shortens the idle timeout after a graceful shutdown was started: an
    /// HTTP/2 peer responds first.
    pub(super) fn start_closing(&mut self) {
        self.limits.idle = CLOSE_TIME;
        self.activity.idle_since.store(self.activity.now(), Relaxed);
    }
}

impl Future for Watch {
    type Output = Expiry;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Expiry> {
        let abort = self.activity.abort().clone();
        if !self.activity.is_idle() && abort.is_some_and(|abort| abort.poll(context).is_ready()) {
            return Poll::Ready(Expiry::Aborted);
        }
        loop {
            let (due, expiry) = self.activity.deadline(&self.limits);
            let deadline = self.activity.origin + Duration::from_millis(due.saturating_sub(1));
            if deadline < self.timer.deadline() {
                self.timer.as_mut().reset(deadline);
            }
            ready!(self.timer.as_mut().poll(context));
            if deadline <= Instant::now() {
                return Poll::Ready(expiry);
            }
            self.timer.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> (Arc<Activity>, Watch) {
        let activity = Activity::new(&ServerOptions::default());
        let watch = Watch::new(Arc::clone(&activity), &ServerOptions::default());
        (activity, watch)
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_is_due_from_the_start_and_from_its_first_byte() {
        let (activity, watch) = watch();
        let begin = Instant::now();
        assert_eq!(watch.await, Expiry::Head);
        assert_eq!(begin.elapsed().as_secs(), 10);

        drop(activity.request());
        let watch = Watch::new(Arc::clone(&activity), &ServerOptions::default());
        activity.received();
        let begin = Instant::now();
        assert_eq!(watch.await, Expiry::Head);
        assert_eq!(begin.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_running_request_does_not_time_out() {
        let (activity, mut watch) = watch();
        let request = activity.request();
        let hour = Duration::from_hours(1);
        assert!(tokio::time::timeout(hour, &mut watch).await.is_err());
        drop(request);
        let begin = Instant::now();
        assert_eq!(watch.await, Expiry::Idle);
        assert_eq!(begin.elapsed().as_secs(), 75);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_a_few_bytes_times_out() {
        let (activity, mut watch) = watch();
        let _request = activity.request();
        for _ in 0..3 {
            activity.blocked();
            let moment = Duration::from_secs(9);
            assert!(tokio::time::timeout(moment, &mut watch).await.is_err());
            activity.sent(1);
        }
        activity.blocked();
        let begin = Instant::now();
        assert_eq!(watch.await, Expiry::Blocked);
        assert_eq!(begin.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_times_out() {
        let (activity, watch) = watch();
        let _request = activity.request();
        activity.blocked();
        let begin = Instant::now();
        assert_eq!(watch.await, Expiry::Blocked);
        assert_eq!(begin.elapsed().as_secs(), 30);
    }
}
