//! A body that reaches the form parser in steps, each only when the parser cannot
//! continue without it. This counts the bytes before the file; the rest of the
//! request's length is the file's size.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::Stream;
use tenantry_application::ports::BodyError;

/// The end of a field's headers.
const BLANK_LINE: &[u8; 4] = b"\r\n\r\n";

/// A gate that passes the steps that the parser needs.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The number of bytes passed.
    passed: u64,
    /// Whether the next step may pass.
    granted: bool,
    /// Whether the parser polled for a step that was not granted.
    starved: bool,
    /// Whether all steps may pass.
    open: bool,
}

impl Gate {
    /// Returns the number of bytes passed: at the start of a field, the bytes
    /// before its content.
    pub(super) fn passed(&self) -> u64 {
        self.state().passed
    }

    /// Passes all further bytes without counting them.
    pub(super) fn open(&self) {
        self.state().open = true;
    }

    /// Drives a future of the parser to completion, granting a step whenever it
    /// has consumed the previous ones.
    pub(super) async fn drive<F: Future>(&self, parsing: F) -> F::Output {
        let mut parsing = pin!(parsing);
        poll_fn(|cx| {
            loop {
                self.state().starved = false;
                if let Poll::Ready(output) = parsing.as_mut().poll(cx) {
                    return Poll::Ready(output);
                }
                let mut state = self.state();
                if !state.starved {
                    return Poll::Pending;
                }
                state.granted = true;
            }
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body in steps, which end after each blank line and each chunk.
pub(super) struct Steps<S> {
    inner: S,
    gate: Gate,
    buffer: Bytes,
    /// The length of the partial blank line at the end of the passed bytes.
    matched: usize,
    max_bytes: u64,
}

impl<S> Steps<S> {
    /// Wraps `inner`, of which at most `max_bytes` pass before the gate opens.
    pub(super) fn new(inner: S, max_bytes: u64) -> (Self, Gate) {
        let gate = Gate::default();
        let steps = Self {
            inner,
            gate: gate.clone(),
            buffer: Bytes::new(),
            matched: 0,
            max_bytes,
        };
        (steps, gate)
    }

    /// Takes the next step from the buffer.
    fn next_step(&mut self) -> Bytes {
        for (at, byte) in self.buffer.iter().enumerate() {
            self.matched = match *byte {
                byte if byte == BLANK_LINE[self.matched] => self.matched + 1,
                b'\r' => 1,
                _ => 0,
            };
            if self.matched == BLANK_LINE.len() {
                self.matched = 0;
                return self.buffer.split_to(at + 1);
            }
        }
        std::mem::take(&mut self.buffer)
    }
}

impl<S> Stream for Steps<S>
where
    S: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let open = {
            let mut state = self.gate.state();
            if !state.open && !state.granted {
                state.starved = true;
                return Poll::Pending;
            }
            state.open
        };
        if self.buffer.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_next(cx)) {
                Some(Ok(bytes)) => self.buffer = bytes,
                end => return Poll::Ready(end),
            }
        }
        if open {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.buffer))));
        }
        let step = self.next_step();
        let mut state = self.gate.state();
        state.granted = false;
        state.passed += step.len() as u64;
        // The parser buffers incomplete headers.
        if state.passed > self.max_bytes {
            let reason = "the form has too much data before the file";
            return Poll::Ready(Some(Err(BodyError::Malformed(reason.to_owned()))));
        }
        drop(state);
        Poll::Ready(Some(Ok(step)))
    }
}
