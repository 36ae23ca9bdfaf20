//! What one connection is doing, and how long it may go on doing it.

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

use super::{ServerOptions, pace::Pace};

/// Marks an instant that is not set; the clock below starts at one.
const UNSET: u64 = 0;

/// What an idle peer gets to agree that the connection closes.
const CLOSING: Duration = Duration::from_secs(1);

/// Shared by a connection's socket (which sees bytes), its service (which sees
/// requests) and its watch (which sees time). Instants are milliseconds since
/// the connection began.
#[derive(Debug)]
pub(super) struct Activity {
    origin: Instant,
    multiplexed: AtomicBool,
    in_flight: AtomicUsize,
    idle_since: AtomicU64,
    head_since: AtomicU64,
    blocked_since: AtomicU64,
    reading: Mutex<Pace>,
}

/// Why a watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expired {
    /// Nothing was asked for too long.
    Idle,
    /// The head of a request did not arrive in time.
    Head,
    /// What was written is not read, or too slowly.
    Blocked,
}

impl Activity {
    /// A connection that has just begun: its first head is due.
    pub(super) fn new(options: &ServerOptions) -> Arc<Self> {
        Arc::new(Self {
            origin: Instant::now(),
            multiplexed: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            idle_since: AtomicU64::new(1),
            head_since: AtomicU64::new(1),
            blocked_since: AtomicU64::new(UNSET),
            reading: Mutex::new(Pace::new(options.progress_timeout)),
        })
    }

    fn now(&self) -> u64 {
        let elapsed = self.origin.elapsed().as_millis();
        u64::try_from(elapsed).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// HTTP/2 sends frames of its own at any time, so bytes on an idle
    /// connection do not mean that a head is due.
    pub(super) fn multiplexed(&self) {
        self.multiplexed.store(true, Relaxed);
        self.head_since.store(UNSET, Relaxed);
    }

    /// Bytes have come.
    pub(super) fn received(&self) {
        if self.in_flight.load(Relaxed) == 0
            && self.head_since.load(Relaxed) == UNSET
            && !self.multiplexed.load(Relaxed)
        {
            self.head_since.store(self.now(), Relaxed);
        }
    }

    /// The peer takes no bytes at present.
    pub(super) fn blocked(&self) {
        if self.blocked_since.load(Relaxed) == UNSET {
            self.blocked_since.store(self.now(), Relaxed);
        }
    }

    /// The peer took bytes.
    pub(super) fn sent(&self, bytes: usize) {
        let since = self.blocked_since.swap(UNSET, Relaxed);
        if since != UNSET {
            let waited = Duration::from_millis(self.now().saturating_sub(since));
            self.reading().note(waited, bytes);
        }
    }

    fn reading(&self) -> MutexGuard<'_, Pace> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has begun; it ends when the guard is dropped.
    pub(super) fn request(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Relaxed);
        self.head_since.store(UNSET, Relaxed);
        InFlight(Arc::clone(self))
    }

    /// Whether no request is being answered.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.load(Relaxed) == 0
    }

    /// When the present state has lasted too long, and what it is then.
    fn due(&self, limits: &Limits) -> (u64, Expired) {
        let after = |since: u64, limit: Duration| {
            since.saturating_add(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX))
        };
        let blocked = self.blocked_since.load(Relaxed);
        if blocked != UNSET {
            return (after(blocked, self.reading().left()), Expired::Blocked);
        }
        let head = self.head_since.load(Relaxed);
        if head != UNSET {
            return (after(head, limits.header), Expired::Head);
        }
        let since = if self.is_idle() {
            self.idle_since.load(Relaxed)
        } else {
            self.now()
        };
        (after(since, limits.idle), Expired::Idle)
    }
}

/// One request under way, until its answer has been sent or given up.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Relaxed);
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    header: Duration,
    idle: Duration,
}

/// Ends when the connection has been in one state for too long. Poll it after
/// the connection, in the same task: whatever changes the state also wakes
/// that task, so the timer is only moved forward when it fires.
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

    /// The connection has been asked to close: once idle, it has a moment left
    /// to agree (an HTTP/2 peer answers first).
    pub(super) fn close(&mut self) {
        self.limits.idle = CLOSING;
        self.activity.idle_since.store(self.activity.now(), Relaxed);
    }
}

impl Future for Watch {
    type Output = Expired;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Expired> {
        loop {
            let (due, state) = self.activity.due(&self.limits);
            let deadline = self.activity.origin + Duration::from_millis(due.saturating_sub(1));
            if deadline < self.timer.deadline() {
                self.timer.as_mut().reset(deadline);
            }
            ready!(self.timer.as_mut().poll(context));
            if deadline <= Instant::now() {
                return Poll::Ready(state);
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
    async fn a_head_is_due_from_the_start_and_again_from_its_first_byte() {
        let (activity, watch) = watch();
        let begin = Instant::now();
        assert_eq!(watch.await, Expired::Head);
        assert_eq!(begin.elapsed().as_secs(), 10);

        drop(activity.request());
        let watch = Watch::new(Arc::clone(&activity), &ServerOptions::default());
        activity.received();
        let begin = Instant::now();
        assert_eq!(watch.await, Expired::Head);
        assert_eq!(begin.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_lasts_as_long_as_it_needs() {
        let (activity, mut watch) = watch();
        let request = activity.request();
        let hour = Duration::from_hours(1);
        assert!(tokio::time::timeout(hour, &mut watch).await.is_err());
        drop(request);
        let begin = Instant::now();
        assert_eq!(watch.await, Expired::Idle);
        assert_eq!(begin.elapsed().as_secs(), 75);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_a_byte_now_and_then_is_noticed() {
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
        assert_eq!(watch.await, Expired::Blocked);
        assert_eq!(begin.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_is_noticed() {
        let (activity, watch) = watch();
        let _request = activity.request();
        activity.blocked();
        let begin = Instant::now();
        assert_eq!(watch.await, Expired::Blocked);
        assert_eq!(begin.elapsed().as_secs(), 30);
    }
}
