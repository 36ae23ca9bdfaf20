//! Lanes: the queue of use cases that write one row.

use std::{
    any::Any,
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use event_listener::{Event, EventListener, Listener};
use futures_util::poll;
use tenantry_domain::id::EntityId;
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    ports::CommitError,
    work::{Entity, Kind},
};

/// The maximum number of use cases that wait in one lane.
const MAX_WAITING: usize = 256;

/// The key of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// A row.
    Row(Kind, Uuid),
    /// The attempts of one counter, by the hash of its key.
    Attempts([u8; 32]),
}

impl Lane {
    /// Returns the lane of a row.
    pub(crate) fn of<T: Entity>(id: T::Id) -> Self {
        Self::Row(T::KIND, id.parts().0)
    }

    /// Returns the lane of attempts that count together.
    pub(crate) const fn of_attempts(hash: [u8; 32]) -> Self {
        Self::Attempts(hash)
    }
}

/// A row as the last turn of its lane left it.
type LeftRow = Arc<dyn Any + Send + Sync>;

/// The lanes in use.
#[derive(Default)]
pub(super) struct Lanes(Mutex<HashMap<Lane, LaneState>>);

/// A lane in use: a turn is held or a commit is running.
#[derive(Default)]
struct LaneState {
    is_held: bool,
    /// The use cases that wait for a turn, first come, first served.
    waiting: usize,
    called: Event,
    /// The commits that continue after their turn.
    commits: usize,
    settled: Event,
    row: Option<LeftRow>,
}

type LockedLanes<'l> = MutexGuard<'l, HashMap<Lane, LaneState>>;

impl Lanes {
    /// Waits for a turn. Fails with [`Error::Busy`] if too many wait. With
    /// `takes_row`, the turn takes the row that the previous one left; otherwise
    /// all commits of the lane are done when it begins.
    pub(super) async fn enter(&self, lane: Lane, takes_row: bool) -> Result<Turn<'_>> {
        let waiter = self.take_or_wait(lane)?;
        let has_waited = waiter.is_some();
        if let Some(mut waiter) = waiter {
            if let Some(called) = &mut waiter.called {
                called.await;
            }
            waiter.called = None;
        }
        let left = self.lock().get(&lane).and_then(|state| state.row.clone());
        let mut turn = Turn {
            lanes: self,
            lane,
            row: left.filter(|_| takes_row),
            is_held: true,
            has_waited,
            is_unconfirmed: false,
        };
        if turn.row.is_none() {
            turn.settle().await;
        }
        Ok(turn)
    }

    /// Takes a free lane, or joins its queue.
    fn take_or_wait(&self, lane: Lane) -> Result<Option<Waiter<'_>>> {
        let mut lanes = self.lock();
        let state = lanes.entry(lane).or_default();
        if !state.is_held {
            state.is_held = true;
            return Ok(None);
        }
        if state.waiting >= MAX_WAITING {
            return Err(Error::Busy);
        }
        state.waiting += 1;
        Ok(Some(Waiter {
            lanes: self,
            lane,
            called: Some(state.called.listen()),
        }))
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> LockedLanes<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a turn: calls the next use case, or frees the lane.
fn pass_on(lanes: &mut LockedLanes<'_>, lane: Lane) {
    let Some(state) = lanes.get_mut(&lane) else {
        return;
    };
    if state.waiting > 0 {
        state.waiting -= 1;
        state.called.notify_additional(1);
    } else {
        state.is_held = false;
        remove_unused(lanes, lane);
    }
}

fn remove_unused(lanes: &mut LockedLanes<'_>, lane: Lane) {
    let is_unused = |state: &LaneState| !state.is_held && state.commits == 0;
    if lanes.get(&lane).is_some_and(is_unused) {
        lanes.remove(&lane);
    }
}

/// A use case that waits for its turn; it leaves the queue when it is dropped.
struct Waiter<'l> {
    lanes: &'l Lanes,
    lane: Lane,
    called: Option<EventListener>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let Some(called) = self.called.take() else {
            return;
        };
        let mut lanes = self.lanes.lock();
        if called.discard() {
            pass_on(&mut lanes, self.lane);
        } else if let Some(state) = lanes.get_mut(&self.lane) {
            state.waiting -= 1;
        }
    }
}

/// The turn of a use case in a lane, until it is dropped or its commit is queued.
pub(crate) struct Turn<'l> {
    lanes: &'l Lanes,
    lane: Lane,
    row: Option<LeftRow>,
    is_held: bool,
    has_waited: bool,
    /// Whether the decision is based on a row that may not be committed.
    is_unconfirmed: bool,
}

impl<'l> Turn<'l> {
    /// Returns the row as the previous turn committed it, or is about to commit
    /// it. A decision on it counts only if a [commit](Self::commit) confirms or
    /// refuses it.
    pub(crate) fn row<T: Entity + Send + Sync + 'static>(&mut self) -> Option<T> {
        let row = self.row.take()?.downcast_ref::<T>().cloned()?;
        self.is_unconfirmed = true;
        Some(row)
    }

    /// Returns whether the turn was not free immediately, so that rows read before it
    /// may have changed.
    pub(crate) const fn has_waited(&self) -> bool {
        self.has_waited
    }

    /// Commits an update of the lane's row, and ends the turn as soon as the unit
    /// is queued: the store applies units of one tenant in the order in which
    /// they are queued, so that the next turn may already decide on the updated
    /// row.
    pub(crate) async fn commit<T: Entity + Send + Sync + 'static>(
        &mut self,
        mut commit: impl Future<Output = Result<(), CommitError>> + Unpin,
        updated: &T,
    ) -> Result<(), CommitError> {
        let outcome = match poll!(&mut commit) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => {
                let mut row = updated.clone();
                row.set_revision(updated.revision().next());
                let queued = self.leave(Arc::new(row));
                let outcome = commit.await;
                queued.end(outcome.is_ok());
                outcome
            }
        };
        // A unit based on a row that was not committed is refused as stale.
        self.is_unconfirmed = false;
        outcome
    }

    /// Returns whether the decision does not count, since it was based on a row
    /// that may not have been committed.
    pub(crate) const fn must_decide_again(&self) -> bool {
        self.is_unconfirmed
    }

    /// Waits until the commits of earlier turns are done.
    async fn settle(&mut self) {
        loop {
            let settled = match self.lanes.lock().get(&self.lane) {
                Some(state) if state.commits > 0 => state.settled.listen(),
                _ => return,
            };
            self.has_waited = true;
            settled.await;
        }
    }

    /// Ends the turn and leaves a row for the next one.
    fn leave(&mut self, row: LeftRow) -> QueuedCommit<'l> {
        let mut lanes = self.lanes.lock();
        if let Some(state) = lanes.get_mut(&self.lane) {
            state.row = Some(row);
            state.commits += 1;
        }
        self.is_held = false;
        pass_on(&mut lanes, self.lane);
        drop(lanes);
        QueuedCommit {
            lanes: self.lanes,
            lane: self.lane,
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.is_held {
            return;
        }
        let mut lanes = self.lanes.lock();
        if let Some(state) = lanes.get_mut(&self.lane) {
            // The use case may have written the row.
            state.row = None;
        }
        pass_on(&mut lanes, self.lane);
    }
}

/// A commit that continues after its turn.
struct QueuedCommit<'l> {
    lanes: &'l Lanes,
    lane: Lane,
}

impl QueuedCommit<'_> {
    /// Ends the commit. After a failure, rows based on it are not committed
    /// either, so that the next turn reads the stored one.
    fn end(self, succeeded: bool) {
        if !succeeded && let Some(state) = self.lanes.lock().get_mut(&self.lane) {
            state.row = None;
        }
    }
}

impl Drop for QueuedCommit<'_> {
    fn drop(&mut self) {
        let mut lanes = self.lanes.lock();
        if let Some(state) = lanes.get_mut(&self.lane) {
            state.commits -= 1;
            if state.commits == 0 {
                state.settled.notify(usize::MAX);
            }
        }
        remove_unused(&mut lanes, self.lane);
    }
}

#[cfg(test)]
mod tests;
