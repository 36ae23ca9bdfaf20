//! Values that a response carries to the server.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

/// A value that is kept until the response is sent or abandoned; an extension
/// of the response.
#[derive(Clone)]
pub struct ResponseHold(#[expect(dead_code, reason = "dropped with the response")] Arc<Held>);

type Held = Mutex<dyn Send>;

impl ResponseHold {
    /// Holds a value.
    pub fn new(value: impl Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }
}

impl fmt::Debug for ResponseHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHold").finish_non_exhaustive()
    }
}

/// A condition that aborts a response once it is met, even while the peer does
/// not read; an extension of the response.
#[derive(Clone)]
pub struct ResponseAbort(Arc<Mutex<Condition>>);

type Condition = Pin<Box<dyn Future<Output = ()> + Send>>;

impl ResponseAbort {
    /// Aborts the response when `condition` completes.
    pub fn when(condition: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::pin(condition))))
    }

    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut condition = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        condition.as_mut().poll(context)
    }
}

impl fmt::Debug for ResponseAbort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseAbort").finish_non_exhaustive()
    }
}
