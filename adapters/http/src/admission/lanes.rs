//! A bounded number of permits, granted fairly between lanes.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::lane::LaneKey;

/// Limits of a set of lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LaneLimits {
    /// The maximum number of permits.
    pub(super) permits: usize,
    /// The maximum number of permits of one lane. The rest is left for other
    /// lanes, which therefore do not wait for a busy one.
    pub(super) permits_per_lane: usize,
    /// The maximum number of waiting requests.
    pub(super) waiting: usize,
    /// The maximum number of waiting requests of one lane.
    pub(super) waiting_per_lane: usize,
}

/// Permits for running requests. A request whose lane has no permit left waits,
/// and released permits go to the lanes with waiting requests in turn: a lane
/// with a thousand requests delays others no more than a lane with one.
#[derive(Clone)]
pub(super) struct Lanes(Arc<Mutex<State>>);

/// The rejection of a request because too many are waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overload;

/// The permission to run one request, until it is dropped.
pub(super) struct Permit {
    lanes: Option<Lanes>,
    key: LaneKey,
}

struct State {
    limits: LaneLimits,
    running: usize,
    waiting: usize,
    lanes: HashMap<LaneKey, Lane>,
    /// The lanes with waiting requests, in the order of their turns.
    turns: VecDeque<LaneKey>,
}

#[derive(Default)]
struct Lane {
    running: usize,
    waiting: VecDeque<oneshot::Sender<Permit>>,
}

impl Lanes {
    /// Creates lanes with these limits.
    pub(super) fn new(limits: LaneLimits) -> Self {
        Self(Arc::new(Mutex::new(State {
            limits,
            running: 0,
            waiting: 0,
            lanes: HashMap::new(),
            turns: VecDeque::new(),
        })))
    }

    /// Waits for a permit in a lane.
    ///
    /// # Errors
    ///
    /// Fails immediately if the lane has too many waiting requests, or if all
    /// lanes together have and none has more than this one. Otherwise the
    /// longest lane loses its newest request, which then fails.
    pub(super) async fn enter(&self, key: LaneKey) -> Result<Permit, Overload> {
        let granted = {
            let mut state = self.lock();
            if state.has_permit(key) {
                return Ok(self.grant(&mut state, key));
            }
            state.check_room(key)?;
            let (request, granted) = oneshot::channel();
            state.wait(key).push_back(request);
            granted
        };
        granted.await.map_err(|_| Overload)
    }

    /// Waits for a permit for a request that has run before, ahead of new
    /// requests of its lane. The number of such requests is bounded elsewhere.
    ///
    /// # Errors
    ///
    /// Fails if the request was displaced, as in [`enter`](Self::enter).
    pub(super) async fn enter_again(&self, key: LaneKey) -> Result<Permit, Overload> {
        let granted = {
            let mut state = self.lock();
            if state.has_permit(key) {
                return Ok(self.grant(&mut state, key));
            }
            let (request, granted) = oneshot::channel();
            state.wait(key).push_front(request);
            granted
        };
        granted.await.map_err(|_| Overload)
    }

    fn grant(&self, state: &mut State, key: LaneKey) -> Permit {
        state.running += 1;
        state.lanes.entry(key).or_default().running += 1;
        Permit {
            lanes: Some(self.clone()),
            key,
        }
    }

    fn release(&self, key: LaneKey) {
        let mut state = self.lock();
        state.release(key);
        while let Some((key, request)) = state.next() {
            let permit = self.grant(&mut state, key);
            if let Err(mut unused) = request.send(permit) {
                // The request is gone. Its permit must not lock again.
                unused.lanes = None;
                state.release(key);
            }
        }
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_permit(&self, key: LaneKey) -> bool {
        let lane = self.lanes.get(&key);
        self.running < self.limits.permits
            && lane.is_none_or(|lane| {
                lane.waiting.is_empty() && lane.running < self.limits.permits_per_lane
            })
    }

    /// Makes room for one more waiting request of a lane.
    fn check_room(&mut self, key: LaneKey) -> Result<(), Overload> {
        let mine = self.lanes.get(&key).map_or(0, |lane| lane.waiting.len());
        if mine >= self.limits.waiting_per_lane {
            return Err(Overload);
        }
        if self.waiting < self.limits.waiting {
            return Ok(());
        }
        let longest = self
            .lanes
            .values_mut()
            .max_by_key(|lane| lane.waiting.len());
        let longest = longest.filter(|lane| lane.waiting.len() > mine + 1);
        // Dropping its sender rejects the request.
        let rejected = longest.and_then(|lane| lane.waiting.pop_back());
        rejected.map(drop).ok_or(Overload)?;
        self.waiting -= 1;
        Ok(())
    }

    /// Counts one more waiting request, and returns the queue to add it to.
    fn wait(&mut self, key: LaneKey) -> &mut VecDeque<oneshot::Sender<Permit>> {
        self.waiting += 1;
        let lane = self.lanes.entry(key).or_default();
        if lane.waiting.is_empty() {
            self.turns.push_back(key);
        }
        &mut lane.waiting
    }

    /// Takes the next waiting request whose lane may run one more.
    fn next(&mut self) -> Option<(LaneKey, oneshot::Sender<Permit>)> {
        if self.running >= self.limits.permits {
            return None;
        }
        for _ in 0..self.turns.len() {
            let key = self.turns.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&key) else {
                continue;
            };
            if lane.running >= self.limits.permits_per_lane {
                self.turns.push_back(key);
                continue;
            }
            let Some(request) = lane.waiting.pop_front() else {
                continue;
            };
            self.waiting -= 1;
            if !lane.waiting.is_empty() {
                self.turns.push_back(key);
            }
            return Some((key, request));
        }
        None
    }

    fn release(&mut self, key: LaneKey) {
        self.running -= 1;
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.running -= 1;
            if lane.running == 0 && lane.waiting.is_empty() {
                self.lanes.remove(&key);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(lanes) = self.lanes.take() {
            lanes.release(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a failed test may panic")]

    use std::{
        net::Ipv4Addr,
        pin::{Pin, pin},
        task::{Context, Poll, Waker},
    };

    use tenantry_domain::ClientNetwork;

    use super::*;

    const LIMITS: LaneLimits = LaneLimits {
        permits: 4,
        permits_per_lane: 3,
        waiting: 6,
        waiting_per_lane: 5,
    };

    fn key(number: u8) -> LaneKey {
        LaneKey::Network(ClientNetwork::of(Ipv4Addr::new(10, 0, 0, number).into()))
    }

    type Waiting = Pin<Box<dyn Future<Output = Result<Permit, Overload>>>>;

    fn poll(waiting: &mut Waiting) -> Poll<Result<Permit, Overload>> {
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }

    fn enter(lanes: &Lanes, number: u8) -> Waiting {
        let lanes = lanes.clone();
        let mut waiting: Waiting = Box::pin(async move { lanes.enter(key(number)).await });
        assert!(poll(&mut waiting).is_pending(), "a permit was left");
        waiting
    }

    fn granted(waiting: &mut Waiting) -> Option<Permit> {
        match poll(waiting) {
            Poll::Ready(permit) => Some(permit.expect("a permit")),
            Poll::Pending => None,
        }
    }

    async fn permits(lanes: &Lanes, number: u8, count: usize) -> Vec<Permit> {
        let mut permits = Vec::new();
        for _ in 0..count {
            permits.push(lanes.enter(key(number)).await.expect("a permit"));
        }
        permits
    }

    #[tokio::test]
    async fn a_busy_lane_leaves_permits_to_others() {
        let lanes = Lanes::new(LIMITS);
        let busy = permits(&lanes, 1, 3).await;
        let mut fourth = enter(&lanes, 1);
        let _other = permits(&lanes, 2, 1).await;
        assert!(granted(&mut fourth).is_none());
        drop(busy);
        assert!(granted(&mut fourth).is_some());
    }

    #[tokio::test]
    async fn lanes_take_turns() {
        let lanes = Lanes::new(LIMITS);
        let mut running = permits(&lanes, 1, 3).await;
        running.extend(permits(&lanes, 2, 1).await);
        let mut first: Vec<_> = (0..3).map(|_| enter(&lanes, 1)).collect();
        let mut second = enter(&lanes, 2);
        let mut third = enter(&lanes, 3);
        drop(running);
        // Each lane got one permit before the first lane got its second one.
        let grants: Vec<_> = first.iter_mut().filter_map(granted).collect();
        assert_eq!(grants.len(), 2);
        assert!(granted(&mut second).is_some());
        assert!(granted(&mut third).is_some());
    }

    #[tokio::test]
    async fn excess_is_rejected_and_the_longest_lane_yields() {
        let lanes = Lanes::new(LIMITS);
        let running = permits(&lanes, 1, 3).await;
        let mut long: Vec<_> = (0..5).map(|_| enter(&lanes, 1)).collect();
        assert_eq!(lanes.enter(key(1)).await.err(), Some(Overload));
        let others = permits(&lanes, 2, 1).await;
        let short = [enter(&lanes, 2), enter(&lanes, 3)];
        let newest = long.pop().expect("a request");
        assert_eq!(newest.await.err(), Some(Overload));
        drop((running, others));
        assert_eq!(long.iter_mut().filter_map(granted).count(), 4);
        drop(short);
        let state = lanes.lock();
        assert_eq!((state.running, state.waiting), (0, 0));
        assert!(state.lanes.is_empty());
    }

    #[tokio::test]
    async fn requests_that_left_take_no_permit() {
        let lanes = Lanes::new(LIMITS);
        let running = permits(&lanes, 1, 3).await;
        let abandoned = enter(&lanes, 1);
        let mut next = enter(&lanes, 1);
        drop(abandoned);
        drop(running);
        assert!(granted(&mut next).is_some());
        let state = lanes.lock();
        assert_eq!((state.running, state.waiting), (0, 0));
    }

    #[tokio::test]
    async fn requests_that_ran_before_are_not_rejected() {
        let lanes = Lanes::new(LIMITS);
        let running = permits(&lanes, 1, 3).await;
        let _long: Vec<_> = (0..5).map(|_| enter(&lanes, 1)).collect();
        let mut again = pin!(lanes.enter_again(key(1)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(again.as_mut().poll(&mut context).is_pending());
        drop(running);
    }
}
