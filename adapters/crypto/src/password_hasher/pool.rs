//! A thread pool for hashing, with a bounded queue.
//!
//! The runtime's blocking threads are too many for this: a burst of sign-ins
//! would occupy all cores and gigabytes of memory.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tenantry_application::ports::{PortError, PortErrorKind};
use tokio::sync::oneshot;

use super::argon::Memory;

/// The idle time after which a thread releases its memory.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// A handle to the threads. Dropping it stops them after their current job.
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

enum Step {
    Run(Job),
    ReleaseMemory,
    Stop,
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
                .spawn(move || queue.run_jobs())
                .map_err(|error| {
                    let context = "cannot start a password hashing thread";
                    PortError::new(PortErrorKind::Internal, context).caused_by(error)
                })?;
        }
        Ok(pool)
    }

    /// Runs a job on one of the threads. Dropping the future removes the job
    /// from the queue unless it has started.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let (sender, receiver) = oneshot::channel();
        let _ticket = self.queue.push(Box::new(move |memory| {
            // Fails if the caller dropped its future.
            drop(sender.send(job(memory)));
        }))?;
        receiver.await.map_err(|_| {
            PortError::new(
                PortErrorKind::Internal,
                "the password hashing job did not finish",
            )
        })
    }
}

/// A caller's place in the queue. Dropping it removes the job.
struct QueueTicket<'q> {
    queue: &'q Queue,
    number: u64,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Code under the lock does not panic, so the state is consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) -> Result<QueueTicket<'_>, PortError> {
        let mut state = self.lock();
        // Jobs that idle threads are about to take do not count as waiting.
        if state.jobs.len() >= self.limit + state.idle_threads {
            let context = "the password hashing queue is full; retry later";
            return Err(PortError::new(PortErrorKind::Busy, context));
        }
        state.last_ticket += 1;
        let number = state.last_ticket;
        state.jobs.push_back((number, job));
        drop(state);
        self.changed.notify_one();
        Ok(QueueTicket {
            queue: self,
            number,
        })
    }

    /// Runs jobs until the queue is closed.
    fn run_jobs(&self) {
        let mut memory = Memory::new();
        loop {
            match self.next_step(!memory.is_empty()) {
                Step::Run(job) => job(&mut memory),
                Step::ReleaseMemory => memory = Memory::new(),
                Step::Stop => return,
            }
        }
    }

    /// Waits for a job, or for the idle timeout of a thread with memory.
    fn next_step(&self, has_memory: bool) -> Step {
        let mut state = self.lock();
        state.idle_threads += 1;
        let mut step = None;
        while step.is_none() {
            step = if state.is_closed {
                Some(Step::Stop)
            } else if let Some((_, job)) = state.jobs.pop_front() {
                Some(Step::Run(job))
            } else if has_memory {
                let result = self.changed.wait_timeout(state, IDLE_TIMEOUT);
                let (guard, timeout) = result.unwrap_or_else(PoisonError::into_inner);
                state = guard;
                (timeout.timed_out() && state.jobs.is_empty()).then_some(Step::ReleaseMemory)
            } else {
                let result = self.changed.wait(state);
                state = result.unwrap_or_else(PoisonError::into_inner);
                None
            };
        }
        state.idle_threads -= 1;
        step.unwrap_or(Step::Stop)
    }
}

impl Drop for QueueTicket<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.jobs.retain(|(number, _)| *number != self.number);
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
