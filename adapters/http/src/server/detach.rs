//! Handlers that outlive their connection.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// The start of a handler's work. Before the endpoint marks it, a request whose
/// client disconnects is dropped; afterwards the handler completes.
#[derive(Debug, Clone, Default)]
pub struct HandlerStart(Arc<AtomicBool>);

impl HandlerStart {
    /// Marks the start.
    pub fn mark(&self) {
        self.0.store(true, Relaxed);
    }

    fn is_marked(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A handler that runs in its connection's task while the connection lives,
/// which saves one task and a thread switch per request. If the connection
/// closes after the start, the handler continues in a separate task: a client
/// that disconnects never cancels a handler midway.
pub(super) struct DetachableHandler<F: Future<Output: Send> + Send + 'static> {
    future: Option<Pin<Box<F>>>,
    start: HandlerStart,
    runtime: Handle,
    tracker: TaskTracker,
}

impl<F: Future<Output: Send> + Send + 'static> DetachableHandler<F> {
    /// Wraps `future`; must be called within the runtime that may continue it.
    pub(super) fn new(future: F, start: HandlerStart, tracker: TaskTracker) -> Self {
        Self {
            future: Some(Box::pin(future)),
            start,
            runtime: Handle::current(),
            tracker,
        }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for DetachableHandler<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(future) = &mut self.future else {
            return Poll::Pending;
        };
        let output = ready!(future.as_mut().poll(context));
        self.future = None;
        Poll::Ready(output)
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for DetachableHandler<F> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take()
            && self.start.is_marked()
        {
            let remainder = async move {
                future.await;
            };
            // Nothing awaits the response any more.
            drop(self.tracker.spawn_on(remainder, &self.runtime));
        }
    }
}
