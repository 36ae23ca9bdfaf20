//! What waits for the writer: bounded, and fair between tenants.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_domain::id::TenantId;
use tokio::sync::Notify;

use super::order::Order;

/// A tenant's orders, or the platform's.
type Lane = Option<TenantId>;

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
        if mine == 0 {
            waiting.turn.push_back(lane);
        }
        waiting.lanes.entry(lane).or_default().push_back(order);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for orders and takes up to `most` of them, one a lane in turn;
    /// `None` when the queue is closed and empty.
    pub(super) async fn take(&self, most: usize) -> Option<Vec<Order>> {
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

    /// Lets nothing more in.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Drops what waits, whose callers learn that the writer is gone.
    pub(super) fn abandon(&self) {
        let mut waiting = self.lock();
        *waiting = Waiting {
            closed: true,
            ..Waiting::default()
        };
    }

    // A panic while it was locked cannot have left it half changed.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self, most: usize) -> Vec<Order> {
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
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use tenantry_application::work::UnitOfWork;
    use tokio::sync::oneshot;
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
        let calls = Vec::new();
        queue.push(lane, Order::Unit { unit, calls, reply })
    }

    fn lanes(orders: &[Order]) -> Vec<Lane> {
        let lane = |order: &Order| match order {
            Order::Unit { unit, .. } => unit.tenant,
            Order::Statement { .. } => None,
        };
        orders.iter().map(lane).collect()
    }

    #[tokio::test]
    async fn tenants_are_served_in_turn() {
        let queue = Queue::new(100);
        for number in [1, 1, 1, 1, 2, 3, 3] {
            push(&queue, tenant(number)).expect("room");
        }
        let first = queue.take(4).await.expect("orders");
        assert_eq!(
            lanes(&first),
            [tenant(1), tenant(2), tenant(3), tenant(1)].map(Some)
        );
        let rest = queue.take(4).await.expect("orders");
        assert_eq!(lanes(&rest), [tenant(3), tenant(1), tenant(1)].map(Some));
    }

    #[tokio::test]
    async fn no_tenant_fills_the_queue_alone() {
        let queue = Queue::new(4);
        let busy = |result: Result<(), PortError>| {
            result.is_err_and(|error| error.kind == PortErrorKind::Busy)
        };
        push(&queue, tenant(1)).expect("room");
        push(&queue, tenant(1)).expect("room");
        assert!(busy(push(&queue, tenant(1))));
        push(&queue, tenant(2)).expect("room");
        push(&queue, tenant(3)).expect("room");
        assert!(busy(push(&queue, tenant(4))), "the queue is full");
        queue.take(1).await.expect("an order");
        push(&queue, tenant(4)).expect("room again");
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
