//! Threads that hash, with a bounded queue before them.
//!
//! They are not the runtime's blocking threads: those are many and shared, and
//! a storm of sign-ins would take all cores and gigabytes of memory.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::sync::oneshot;

use super::argon::Memory;

/// After so long without work a thread gives its memory back.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The threads' handle; when it goes, they end with the job they are at.
pub(super) struct Pool {
    queue: Arc<Queue>,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<(u64, Job)>,
    last_ticket: u64,
    idle_threads: usize,
    is_closed: bool,
}

enum Next {
    Work(Job),
    Idle,
    End,
}

impl Pool {
    pub(super) fn start(threads: usize, limit: usize) -> Result<Self, PortError> {
        let queue = Arc::new(Queue {
            state: Mutex::default(),
            changed: Condvar::new(),
            limit,
        });
        let pool = Self { queue };
        for number in 0..threads {
            let queue = Arc::clone(&pool.queue);
            thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || queue.serve())
                .map_err(|error| {
                    let context = "cannot start a thread for hashing passwords";
                    PortError::new(PortErrorKind::Internal, context).caused_by(error)
                })?;
        }
        Ok(pool)
    }

    /// Runs a job on one of the threads. Dropping the future before the job
    /// began takes it out of the queue.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let (reply, answer) = oneshot::channel();
        let _place = self.queue.push(Box::new(move |memory| {
            // Nobody waits any more: nobody is told.
            drop(reply.send(job(memory)));
        }))?;
        answer
            .await
            .map_err(|_| PortError::new(PortErrorKind::Internal, "hashing a password ended early"))
    }
}

/// A caller's place in the queue; dropping it gives the place up.
struct Place<'q> {
    queue: &'q Queue,
    ticket: u64,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<Place<'_>, PortError> {
        let mut state = self.lock();
        // A job that a thread is about to take does not wait.
        if state.jobs.len() >= self.limit + state.idle_threads {
            let context = "too many passwords wait to be hashed";
            return Err(PortError::new(PortErrorKind::Busy, context));
        }
        state.last_ticket += 1;
        let ticket = state.last_ticket;
        state.jobs.push_back((ticket, job));
        drop(state);
        self.changed.notify_one();
        Ok(Place {
            queue: self,
            ticket,
        })
    }

    fn serve(&self) {
        let mut memory = Memory::new();
        loop {
            match self.next(!memory.is_empty()) {
                Next::Work(job) => job(&mut memory),
                Next::Idle => memory = Memory::new(),
                Next::End => return,
            }
        }
    }

    /// Waits for a job; a thread that has memory only for a while.
    fn next(&self, has_memory: bool) -> Next {
        let mut state = self.lock();
        state.idle_threads += 1;
        let mut next = None;
        while next.is_none() {
            next = if state.is_closed {
                Some(Next::End)
            } else if let Some((_, job)) = state.jobs.pop_front() {
                Some(Next::Work(job))
            } else if has_memory {
                let waited = self.changed.wait_timeout(state, IDLE);
                let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                state = guard;
                (timeout.timed_out() && state.jobs.is_empty()).then_some(Next::Idle)
            } else {
                let waited = self.changed.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
                None
            };
        }
        state.idle_threads -= 1;
        next.unwrap_or(Next::End)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.jobs.retain(|(ticket, _)| *ticket != self.ticket);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.is_closed = true;
        state.jobs.clear();
        drop(state);
        self.queue.changed.notify_all();
    }
}
