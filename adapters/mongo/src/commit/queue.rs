//! What waits to be written: bounded, and fair between tenants.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_domain::id::TenantId;
use tokio::sync::Notify;

use super::order::Order;

/// A tenant's orders, or the platform's.
pub(super) type Lane = Option<TenantId>;

/// Orders in lanes, one a tenant, served in turn: a tenant with a thousand
/// waiting costs another no more than a tenant with one.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    lanes: HashMap<Lane, VecDeque<Order>>,
    turn: VecDeque<Lane>,
    /// Lanes that a task has: what waits in them waits for it to come back.
    taken: HashSet<Lane>,
    count: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            arrived: Notify::new(),
            capacity: capacity.max(1),
        }
    }

    /// Adds an order, or refuses it at once when too many wait, all in all or
    /// in its lane: no tenant can fill the queue alone.
    pub(super) fn push(&self, lane: Lane, order: Order) -> Result<(), PortError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(super::gone());
        }
        let mine = waiting.lanes.get(&lane).map_or(0, VecDeque::len);
        if waiting.count >= self.capacity || mine >= self.capacity.div_ceil(2) {
            let text = "too many commits wait for the database";
            return Err(PortError::new(PortErrorKind::Busy, text));
        }
        waiting.count += 1;
        if mine == 0 && !waiting.taken.contains(&lane) {
            waiting.turn.push_back(lane);
        }
        waiting.lanes.entry(lane).or_default().push_back(order);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for orders and takes up to `most` of them, one a lane in turn;
    /// `None` when the queue is closed and empty.
    pub(super) async fn take(&self, most: usize) -> Option<VecDeque<Order>> {
        loop {
            {
                let mut waiting = self.lock();
                if waiting.count > 0 {
                    return Some(waiting.take(most.max(1)));
                }
                if waiting.closed {
                    return None;
                }
            }
            self.arrived.notified().await;
        }
    }

    /// Waits for a lane that no other task has, and takes up to `most` of its
    /// orders; it is to be [released](Self::release). `None` when the queue is
    /// closed and empty.
    pub(super) async fn take_lane(&self, most: usize) -> Option<(Lane, VecDeque<Order>)> {
        loop {
            {
                let mut waiting = self.lock();
                if let Some(taken) = waiting.take_lane(most.max(1)) {
                    let more = !waiting.turn.is_empty();
                    drop(waiting);
                    if more {
                        self.arrived.notify_one();
                    }
                    return Some(taken);
                }
                if waiting.closed && waiting.count == 0 {
                    drop(waiting);
                    // The other tasks end as well.
                    self.arrived.notify_one();
                    return None;
                }
            }
            self.arrived.notified().await;
        }
    }

    /// Gives a lane back.
    pub(super) fn release(&self, lane: Lane) {
        let mut waiting = self.lock();
        if waiting.taken.remove(&lane) && waiting.lanes.contains_key(&lane) {
            waiting.turn.push_back(lane);
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Lets nothing more in.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Drops what waits, whose callers learn that nobody writes any more.
    pub(super) fn abandon(&self) {
        let mut waiting = self.lock();
        *waiting = Waiting {
            closed: true,
            ..Waiting::default()
        };
        drop(waiting);
        self.arrived.notify_one();
    }

    // A panic while it was locked cannot have left it half changed.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self, most: usize) -> VecDeque<Order> {
        let mut taken = VecDeque::with_capacity(most.min(self.count));
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

    /// What belongs to no tenant has no order among itself: several tasks may
    /// have some of it.
    fn take_lane(&mut self, most: usize) -> Option<(Lane, VecDeque<Order>)> {
        let lane = self.turn.pop_front()?;
        let orders = self.lanes.get_mut(&lane)?;
        let taken: VecDeque<Order> = orders.drain(..most.min(orders.len())).collect();
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
    use std::time::Duration;

    use tenantry_application::work::UnitOfWork;
    use tokio::{sync::oneshot, time::timeout};
    use uuid::Uuid;

    use super::*;

    fn tenant(number: u128) -> TenantId {
        TenantId::from_uuid(Uuid::from_u128(number))
    }

    fn push(queue: &Queue, lane: impl Into<Lane>) -> Result<(), PortError> {
        let lane = lane.into();
        let unit = UnitOfWork {
            tenant: lane,
            changes: Vec::new(),
        };
        let reply = oneshot::channel().0;
        queue.push(lane, Order::Unit { unit, reply })
    }

    fn lanes(orders: &VecDeque<Order>) -> Vec<Lane> {
        let lane = |order: &Order| match order {
            Order::Unit { unit, .. } => unit.tenant,
            Order::Command { .. } => None,
        };
        orders.iter().map(lane).collect()
    }

    #[tokio::test]
    async fn tenants_are_served_in_turn() {
        let queue = Queue::new(100);
        for number in [1, 1, 1, 2, 3, 3] {
            push(&queue, tenant(number)).expect("room");
        }
        let first = queue.take(4).await.expect("orders");
        assert_eq!(
            lanes(&first),
            [1, 2, 3, 1].map(|number| Some(tenant(number)))
        );
        let rest = queue.take(4).await.expect("orders");
        assert_eq!(lanes(&rest), [3, 1].map(|number| Some(tenant(number))));
    }

    #[tokio::test]
    async fn a_lane_is_one_tasks_until_it_is_released() {
        let queue = Queue::new(100);
        for number in [1, 1, 2] {
            push(&queue, tenant(number)).expect("room");
        }
        let (first, orders) = queue.take_lane(1).await.expect("orders");
        assert_eq!(lanes(&orders), [Some(tenant(1))]);
        let (second, orders) = queue.take_lane(9).await.expect("orders");
        assert_eq!(lanes(&orders), [Some(tenant(2))]);
        let none = timeout(Duration::ZERO, queue.take_lane(9)).await;
        assert!(none.is_err(), "both lanes are taken");
        queue.release(second);
        queue.release(first);
        let (_, orders) = queue.take_lane(9).await.expect("orders");
        assert_eq!(lanes(&orders), [Some(tenant(1))]);
    }

    #[tokio::test]
    async fn no_tenant_fills_the_queue_alone() {
        let queue = Queue::new(4);
        let is_busy = |pushed: Result<(), PortError>| {
            pushed.is_err_and(|error| error.kind == PortErrorKind::Busy)
        };
        push(&queue, tenant(1)).expect("room");
        push(&queue, tenant(1)).expect("room");
        assert!(is_busy(push(&queue, tenant(1))));
        push(&queue, tenant(2)).expect("room");
        push(&queue, None).expect("room");
        assert!(is_busy(push(&queue, tenant(3))), "the queue is full");
    }

    #[tokio::test]
    async fn what_waits_is_still_taken_after_closing() {
        let queue = Queue::new(4);
        push(&queue, None).expect("room");
        queue.close();
        assert!(push(&queue, None).is_err());
        assert_eq!(queue.take(4).await.map(|orders| orders.len()), Some(1));
        assert!(queue.take(4).await.is_none());
    }
}
