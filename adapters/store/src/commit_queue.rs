//! A bounded queue of commits, fair between tenants, for stores that commit in
//! groups.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use event_listener::Event;
use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_domain::id::TenantId;

/// The queue of a tenant, or of the platform.
pub type Lane = Option<TenantId>;

/// Orders in one lane per tenant, served in turn: a tenant with a thousand
/// queued orders delays others no more than a tenant with one.
pub struct CommitQueue<T> {
    waiting: Mutex<WaitingItems<T>>,
    arrived: Event,
    capacity: usize,
}

struct WaitingItems<T> {
    lanes: HashMap<Lane, VecDeque<T>>,
    turn: VecDeque<Lane>,
    /// Lanes that a task holds; their orders wait for its release.
    taken: HashSet<Lane>,
    count: usize,
    closed: bool,
}

impl<T> CommitQueue<T> {
    /// Creates an empty queue for `capacity` orders, half of them of one lane.
    pub fn new(capacity: usize) -> Self {
        Self {
            waiting: Mutex::new(WaitingItems::empty()),
            arrived: Event::new(),
            capacity: capacity.max(1),
        }
    }

    /// Adds an order, or fails with busy if the queue or the lane is full: no
    /// tenant can fill the queue alone.
    pub fn push(&self, lane: Lane, order: T) -> Result<(), PortError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(closed());
        }
        let mine = waiting.lanes.get(&lane).map_or(0, VecDeque::len);
        if waiting.count >= self.capacity || mine >= self.capacity.div_ceil(2) {
            let text = "queue a commit: too many commits are queued; retry later";
            return Err(PortError::new(PortErrorKind::Busy, text));
        }
        waiting.count += 1;
        if mine == 0 && !waiting.taken.contains(&lane) {
            waiting.turn.push_back(lane);
        }
        waiting.lanes.entry(lane).or_default().push_back(order);
        drop(waiting);
        self.arrived.notify(1);
        Ok(())
    }

    /// Waits for orders and takes up to `most`, one per lane in turn; `None` once
    /// the queue is closed and empty.
    pub async fn take(&self, most: usize) -> Option<Vec<T>> {
        loop {
            let arrived = self.arrived.listen();
            {
                let mut waiting = self.lock();
                if waiting.count > 0 {
                    return Some(waiting.take(most.max(1)));
                }
                if waiting.closed {
                    return None;
                }
            }
            arrived.await;
        }
    }

    /// Waits for a lane that no other task holds, and takes up to `most` of its
    /// orders. The caller must [release](Self::release) it. `None` once the queue
    /// is closed and empty.
    pub async fn take_lane(&self, most: usize) -> Option<(Lane, Vec<T>)> {
        loop {
            let arrived = self.arrived.listen();
            {
                let mut waiting = self.lock();
                if let Some(taken) = waiting.take_lane(most.max(1)) {
                    let more = !waiting.turn.is_empty();
                    drop(waiting);
                    if more {
                        self.arrived.notify(1);
                    }
                    return Some(taken);
                }
                if waiting.closed && waiting.count == 0 {
                    drop(waiting);
                    // Wakes the next task, so that all end.
                    self.arrived.notify(1);
                    return None;
                }
            }
            arrived.await;
        }
    }

    /// Releases a lane.
    pub fn release(&self, lane: Lane) {
        let mut waiting = self.lock();
        if waiting.taken.remove(&lane) && waiting.lanes.contains_key(&lane) {
            waiting.turn.push_back(lane);
        }
        drop(waiting);
        self.arrived.notify(1);
    }

    /// Closes the queue for new orders.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify(1);
    }

    /// Returns whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Returns the guard of a task that serves the queue.
    pub fn guard(self: &Arc<Self>) -> QueueGuard<T> {
        QueueGuard(Arc::clone(self))
    }

    /// Closes the queue and drops its orders.
    fn abandon(&self) {
        let mut waiting = self.lock();
        *waiting = WaitingItems {
            closed: true,
            ..WaitingItems::empty()
        };
        drop(waiting);
        self.arrived.notify(usize::MAX);
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, WaitingItems<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the queue and drops its orders when the serving task ends, however it
/// ends.
#[derive(Debug)]
pub struct QueueGuard<T>(Arc<CommitQueue<T>>);

impl<T> Drop for QueueGuard<T> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Returns the error of a closed queue.
fn closed() -> PortError {
    PortError::new(
        PortErrorKind::Unavailable,
        "queue a commit: the store is closed",
    )
}

impl<T> fmt::Debug for CommitQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitQueue")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl<T> WaitingItems<T> {
    fn empty() -> Self {
        Self {
            lanes: HashMap::new(),
            turn: VecDeque::new(),
            taken: HashSet::new(),
            count: 0,
            closed: false,
        }
    }

    fn take(&mut self, most: usize) -> Vec<T> {
        let mut taken = Vec::with_capacity(most.min(self.count));
        while taken.len() < most
            && let Some(lane) = self.turn.pop_front()
        {
            let Some(orders) = self.lanes.get_mut(&lane) else {
                continue;
            };
            taken.extend(orders.pop_front());
            if orders.is_empty() {
                self.lanes.remove(&lane);
            } else {
                self.turn.push_back(lane);
            }
        }
        self.count -= taken.len();
        taken
    }

    /// Takes orders of the first lane. Several tasks may hold orders of the
    /// platform, which are unordered.
    fn take_lane(&mut self, most: usize) -> Option<(Lane, Vec<T>)> {
        let lane = self.turn.pop_front()?;
        let orders = self.lanes.get_mut(&lane)?;
        let taken: Vec<T> = orders.drain(..most.min(orders.len())).collect();
        if orders.is_empty() {
            self.lanes.remove(&lane);
        } else if lane.is_none() {
            self.turn.push_back(lane);
        }
        if lane.is_some() {
            self.taken.insert(lane);
        }
        self.count -= taken.len();
        Some((lane, taken))
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use futures_util::FutureExt;
    use uuid::Uuid;

    use super::*;

    /// Queues an order of the tenant with its number.
    fn push(queue: &CommitQueue<u128>, number: u128) -> Result<(), PortError> {
        let tenant = TenantId::from_uuid(Uuid::from_u128(number));
        queue.push(Some(tenant), number)
    }

    fn queue(capacity: usize, numbers: &[u128]) -> CommitQueue<u128> {
        let queue = CommitQueue::new(capacity);
        for number in numbers {
            push(&queue, *number).expect("room");
        }
        queue
    }

    /// Takes the orders that are ready.
    fn take(queue: &CommitQueue<u128>, most: usize) -> Vec<u128> {
        let taken = queue.take(most).now_or_never();
        taken.expect("orders are queued").expect("an open queue")
    }

    #[test]
    fn tenants_are_served_in_turn() {
        let queue = queue(100, &[1, 1, 1, 1, 2, 3, 3]);
        assert_eq!(take(&queue, 4), [1, 2, 3, 1]);
        assert_eq!(take(&queue, 4), [3, 1, 1]);
    }

    #[test]
    fn a_lane_belongs_to_one_task_until_its_release() {
        let queue = queue(100, &[1, 1, 1, 2]);
        let lane = |most| queue.take_lane(most).now_or_never().flatten();
        let (first, orders) = lane(2).expect("orders");
        assert_eq!(orders, [1, 1]);
        push(&queue, 1).expect("room");
        let (second, orders) = lane(2).expect("orders");
        assert_eq!(orders, [2]);
        assert!(lane(2).is_none(), "both lanes are taken");
        queue.release(second);
        queue.release(first);
        assert_eq!(lane(9).expect("orders").1, [1, 1]);
    }

    #[test]
    fn a_new_order_wakes_a_waiting_task() {
        let queue = queue(100, &[]);
        let mut waiting = Box::pin(queue.take(9));
        assert!(waiting.as_mut().now_or_never().is_none());
        queue.push(None, 7).expect("room");
        let taken = waiting.now_or_never().expect("woken");
        assert_eq!(taken.expect("an open queue"), [7]);
        let ended = Box::pin(queue.take(9));
        queue.close();
        assert_eq!(ended.now_or_never(), Some(None));
    }

    #[test]
    fn no_tenant_fills_the_queue_alone() {
        let queue = queue(4, &[1, 1]);
        let is_busy = |pushed: Result<(), PortError>| {
            pushed.is_err_and(|error| error.kind == PortErrorKind::Busy)
        };
        assert!(is_busy(push(&queue, 1)));
        push(&queue, 2).expect("room");
        queue.push(None, 3).expect("room");
        assert!(is_busy(push(&queue, 3)), "the queue is full");
        assert_eq!(take(&queue, 1), [1]);
        push(&queue, 3).expect("room again");
    }

    #[test]
    fn orders_are_dropped_with_the_guard() {
        let queue = Arc::new(queue(4, &[1]));
        drop(queue.guard());
        assert!(push(&queue, 1).is_err());
        assert_eq!(queue.take(1).now_or_never(), Some(None));
    }
}
