//! Requests outlive their connections.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// Runs in its connection's task as long as there is one, which spares a task
/// and a change of threads for each request. When the connection goes away
/// first, the rest goes on as a task of its own: a client that leaves never
/// stops a handler midway.
pub(super) struct Detached<F: Future<Output: Send> + Send + 'static> {
    future: Option<Pin<Box<F>>>,
    runtime: Handle,
    tracker: TaskTracker,
}

impl<F: Future<Output: Send> + Send + 'static> Detached<F> {
    /// Must be called within the runtime that the rest shall run on.
    pub(super) fn new(future: F, tracker: TaskTracker) -> Self {
        Self {
            future: Some(Box::pin(future)),
            runtime: Handle::current(),
            tracker,
        }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Detached<F> {
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

impl<F: Future<Output: Send> + Send + 'static> Drop for Detached<F> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            let rest = async move {
                future.await;
            };
            // Nobody waits for the answer any more.
            drop(self.tracker.spawn_on(rest, &self.runtime));
        }
    }
}
