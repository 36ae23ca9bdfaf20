//! Hands a form to its parser in steps, each no earlier than the parser can do
//! nothing without it, so that the bytes in front of the file can be counted:
//! the rest of the request's length is then the file's.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::Stream;
use tenantry_application::ports::BodyError;

/// What ends the headers of a field.
const BLANK_LINE: &[u8; 4] = b"\r\n\r\n";

/// Lets the steps pass that the parser needs.
#[derive(Clone, Default)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// How many bytes have passed.
    passed: u64,
    /// Whether the next step may pass.
    granted: bool,
    /// Whether the parser asked for more than was granted.
    starved: bool,
    /// Whether all may pass.
    open: bool,
}

impl Gate {
    /// How many bytes have passed. Once a field has begun, these are the bytes
    /// in front of its content.
    pub(super) fn passed(&self) -> u64 {
        self.state().passed
    }

    /// Lets all that comes pass; it is no longer counted.
    pub(super) fn open(&self) {
        self.state().open = true;
    }

    /// Runs a future of the parser to its end, and grants it a step whenever
    /// it has made use of all it was given.
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

/// A body in steps: one ends behind each blank line, another with each piece
/// of the body.
pub(super) struct Steps<S> {
    inner: S,
    gate: Gate,
    held: Bytes,
    /// How much of a blank line the bytes that have passed end with.
    matched: usize,
    most: u64,
}

impl<S> Steps<S> {
    /// Steps through `inner`, of which at most `most` bytes pass before the
    /// gate is opened.
    pub(super) fn new(inner: S, most: u64) -> (Self, Gate) {
        let gate = Gate::default();
        let steps = Self {
            inner,
            gate: gate.clone(),
            held: Bytes::new(),
            matched: 0,
            most,
        };
        (steps, gate)
    }

    /// Takes the next step off what is held.
    fn step(&mut self) -> Bytes {
        for (at, byte) in self.held.iter().enumerate() {
            self.matched = match *byte {
                byte if byte == BLANK_LINE[self.matched] => self.matched + 1,
                b'\r' => 1,
                _ => 0,
            };
            if self.matched == BLANK_LINE.len() {
                self.matched = 0;
                return self.held.split_to(at + 1);
            }
        }
        std::mem::take(&mut self.held)
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
        if self.held.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_next(cx)) {
                Some(Ok(bytes)) => self.held = bytes,
                end => return Poll::Ready(end),
            }
        }
        if open {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.held))));
        }
        let step = self.step();
        let mut state = self.gate.state();
        state.granted = false;
        state.passed += step.len() as u64;
        // The parser keeps what it cannot make sense of yet.
        if state.passed > self.most {
            let reason = "there is too much in front of the file";
            return Poll::Ready(Some(Err(BodyError::Malformed(reason.to_owned()))));
        }
        drop(state);
        Poll::Ready(Some(Ok(step)))
    }
}
