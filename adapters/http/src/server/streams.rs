//! HTTP/2 streams whose peer does not read.
//!
//! Flow control lets a peer keep a response open without reading it while the
//! connection stays active. Each stream runs in its own task. The task ends when
//! the response waits too long for its peer, or when its
//! [abort condition](super::ResponseAbort) is met; hyper then resets the stream
//! and drops the body.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::Executor;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{hold::ResponseAbort, pace::Pace};

tokio::task_local! {
    static CURRENT: Arc<StreamState>;
}

/// Spawns the streams of HTTP/2 connections, each with a time limit.
#[derive(Debug, Clone)]
pub(super) struct StreamExecutor {
    progress_timeout: Duration,
}

/// The progress of the response of one stream.
#[derive(Debug)]
pub(super) struct StreamState(Mutex<Progress>);

#[derive(Debug)]
struct Progress {
    pace: Pace,
    /// Whether the stream sends a response.
    is_responding: bool,
    /// Whether the body was polled and had nothing to send.
    is_body_pending: bool,
    /// The time since which the peer takes no bytes.
    waiting_since: Option<Instant>,
    /// The bytes that were sent to the peer last.
    offered: usize,
    abort: Option<ResponseAbort>,
}

impl StreamExecutor {
    /// Creates an executor with the time limit for waiting on the peer.
    pub(super) fn new(progress_timeout: Duration) -> Self {
        Self { progress_timeout }
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, stream: F) {
        let state = Arc::new(StreamState::new(self.progress_timeout));
        let task = StreamTask {
            stream: Box::pin(stream),
            state: Arc::clone(&state),
            timer: None,
        };
        tokio::spawn(CURRENT.scope(state, task));
    }
}

impl StreamState {
    fn new(limit: Duration) -> Self {
        Self(Mutex::new(Progress {
            pace: Pace::new(limit),
            is_responding: false,
            is_body_pending: false,
            waiting_since: None,
            offered: 0,
            abort: None,
        }))
    }

    /// Returns the state of the stream that the current task serves.
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Records the start of the response.
    pub(super) fn start_response(&self, abort: Option<ResponseAbort>) {
        let mut progress = self.lock();
        progress.is_responding = true;
        progress.abort = abort;
    }

    /// Records that the peer can take bytes of the body.
    pub(super) fn body_polled(&self) {
        let mut progress = self.lock();
        let waited = progress.waiting_since.take().map(|since| since.elapsed());
        let offered = std::mem::take(&mut progress.offered);
        progress.pace.record(waited.unwrap_or_default(), offered);
    }

    /// Records the result of polling the body: bytes, or none at present.
    pub(super) fn body_returned(&self, bytes: Option<usize>) {
        let mut progress = self.lock();
        progress.is_body_pending = bytes.is_none();
        progress.offered = bytes.unwrap_or(0);
    }

    /// Returns the time at which a response that waits for its peer fails.
    fn deadline(&self) -> Option<Instant> {
        let mut progress = self.lock();
        if !progress.is_responding || progress.is_body_pending {
            return None;
        }
        let since = *progress.waiting_since.get_or_insert_with(Instant::now);
        Some(since + progress.pace.remaining())
    }

    fn abort(&self) -> Option<ResponseAbort> {
        self.lock().abort.clone()
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stream and its time limit.
struct StreamTask<F> {
    stream: Pin<Box<F>>,
    state: Arc<StreamState>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<F: Future<Output = ()>> Future for StreamTask<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let task = &mut *self;
        if task.stream.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        if let Some(deadline) = task.state.deadline() {
            let timer = task
                .timer
                .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(context).is_ready() {
                tracing::debug!("stream reset: the peer does not read");
                return Poll::Ready(());
            }
        }
        let abort = task.state.abort();
        if abort.is_some_and(|abort| abort.poll(context).is_ready()) {
            tracing::debug!("stream reset: the response was aborted");
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
