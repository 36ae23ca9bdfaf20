//! A body that reaches the form parser in steps, each only when the parser cannot
//! continue without it. This counts the bytes before the file; the rest of the
//! request's length is the file's size.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures_util::Stream;
use tenantry_application::ports::BodyError;

/// The end of a field's headers.
const BLANK_LINE: &[u8; 4] = b"\r\n\r\n";
/// The maximum size of everything before the file, in bytes.
const LEADING_BYTES: u64 = 160 * 1024;
/// The maximum size of the headers of one field, in bytes. The parser reads
/// incomplete headers again with each chunk.
pub(super) const HEADER_BYTES: u64 = 8 * 1024;
/// The maximum size of a boundary with its line breaks (RFC 2046, section 5.1.1).
const BOUNDARY_BYTES: u64 = 80;

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
    /// The number of bytes passed before the headers that are being read.
    headers_from: Option<u64>,
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

    /// Drives a future that reads the headers of a field.
    pub(super) async fn drive_headers<F: Future>(&self, parsing: F) -> F::Output {
        {
            let mut state = self.state();
            state.headers_from = Some(state.passed);
        }
        let output = self.drive(parsing).await;
        self.state().headers_from = None;
        output
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
    /// The rest of the delimiter that begins the form.
    delimiter: Bytes,
}

impl<S> Steps<S> {
    /// Wraps the body of a form with a boundary.
    pub(super) fn new(inner: S, boundary: &str) -> (Self, Gate) {
        let gate = Gate::default();
        let steps = Self {
            inner,
            gate: gate.clone(),
            buffer: Bytes::new(),
            matched: 0,
            delimiter: Bytes::from(format!("--{boundary}")),
        };
        (steps, gate)
    }

    /// Tests whether the form begins with its delimiter, as far as it has arrived.
    /// A preamble, which no client sends, would be searched again and again.
    fn begins_with_delimiter(&mut self, step: &[u8]) -> bool {
        let is_first = |at: usize| step[..at].iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        for (at, byte) in step.iter().enumerate() {
            match self.delimiter.first() {
                None => return true,
                Some(expected) if expected == byte => self.delimiter.advance(1),
                Some(b'-') if matches!(byte, b'\r' | b'\n') && is_first(at) => {}
                Some(_) => return false,
            }
        }
        true
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
        if !self.begins_with_delimiter(&step) {
            return malformed("the form does not begin with its boundary");
        }
        let mut state = self.gate.state();
        state.granted = false;
        state.passed += step.len() as u64;
        let headers = state.headers_from.map_or(0, |from| state.passed - from);
        if headers > HEADER_BYTES + BOUNDARY_BYTES {
            return malformed("the headers of a field of the form are too large");
        }
        if state.passed > LEADING_BYTES {
            return malformed("the form has too much data before the file");
        }
        drop(state);
        Poll::Ready(Some(Ok(step)))
    }
}

fn malformed(reason: &str) -> Poll<Option<Result<Bytes, BodyError>>> {
    Poll::Ready(Some(Err(BodyError::Malformed(reason.to_owned()))))
}
