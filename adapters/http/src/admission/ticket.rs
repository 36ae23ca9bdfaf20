//! The admission of one request.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tenantry_domain::{ClientNetwork, id::TenantId};

use super::{
    budget::ReservedBytes,
    gates::{Gates, OPEN_PER_NETWORK, OPEN_PER_TENANT, busy},
    lane::LaneKey,
    lanes::{Lanes, Overload, Permit},
    shares::Share,
};
use crate::problem::Problem;

/// An admitted request.
#[derive(Clone)]
pub(crate) struct Ticket(Arc<Mutex<State>>);

struct State {
    gates: Arc<Gates>,
    /// The lanes in which the request runs.
    lanes: Lanes,
    key: LaneKey,
    /// None while the request waits.
    permit: Option<Permit>,
    /// The pending permit of a request that continues.
    resuming: Option<Resuming>,
    share: Option<Share>,
}

type Resuming = Pin<Box<dyn Future<Output = Result<Permit, Overload>> + Send>>;

impl Ticket {
    /// Admits a request of a client network, which may wait.
    ///
    /// # Errors
    ///
    /// Fails with `busy` if too many requests of the network are open or
    /// waiting.
    pub(crate) async fn admit(gates: &Arc<Gates>, network: ClientNetwork) -> Result<Self, Problem> {
        let key = LaneKey::Network(network);
        let share = gates.open.open(key, OPEN_PER_NETWORK).ok_or_else(busy)?;
        let permit = gates.requests.enter(key).await?;
        Ok(Self(Arc::new(Mutex::new(State {
            lanes: gates.requests.clone(),
            gates: Arc::clone(gates),
            key,
            permit: Some(permit),
            resuming: None,
            share: Some(share),
        }))))
    }

    /// Moves the request to the lane of its tenant, where it may wait.
    ///
    /// # Errors
    ///
    /// Fails with `busy` if too many requests of the tenant are open or waiting.
    pub(crate) async fn identify(&self, tenant: TenantId) -> Result<(), Problem> {
        let key = LaneKey::Tenant(tenant);
        let lanes = {
            let mut state = self.lock();
            if state.key == key {
                return Ok(());
            }
            let share = state.gates.open.open(key, OPEN_PER_TENANT);
            state.share = Some(share.ok_or_else(busy)?);
            state.lanes.clone()
        };
        self.change_lane(lanes, key).await
    }

    /// Moves the request to the lanes of requests that hash a password, where it
    /// may wait.
    ///
    /// # Errors
    ///
    /// Fails with `busy` if too many such requests are waiting.
    pub(crate) async fn hash_password(&self) -> Result<(), Problem> {
        let (lanes, key) = {
            let state = self.lock();
            (state.gates.password_requests.clone(), state.key)
        };
        self.change_lane(lanes, key).await
    }

    async fn change_lane(&self, lanes: Lanes, key: LaneKey) -> Result<(), Problem> {
        // A waiting request runs in no lane.
        drop(self.lock().permit.take());
        let permit = lanes.enter(key).await?;
        let mut state = self.lock();
        state.lanes = lanes;
        state.key = key;
        state.permit = Some(permit);
        Ok(())
    }

    /// Reserves memory for a body that is buffered.
    pub(crate) fn buffer(&self) -> ReservedBytes {
        let state = self.lock();
        state.gates.buffers.reserve(state.key)
    }

    /// Gives the permit back while the request waits for its client.
    pub(super) fn park(&self) {
        let permit = self.lock().permit.take();
        drop(permit);
    }

    /// Waits until a parked request may continue.
    pub(super) fn poll_resume(&self, context: &mut Context<'_>) -> Poll<Result<(), Overload>> {
        let mut state = self.lock();
        if state.permit.is_some() {
            return Poll::Ready(Ok(()));
        }
        let (lanes, key) = (state.lanes.clone(), state.key);
        let resuming = state
            .resuming
            .get_or_insert_with(|| Box::pin(async move { lanes.enter_again(key).await }));
        let permit = ready!(resuming.as_mut().poll(context));
        state.resuming = None;
        state.permit = Some(permit?);
        Poll::Ready(Ok(()))
    }

    /// Gives the permit back at the end of the handler, and returns the share of
    /// the open requests, to be kept until the response is sent.
    pub(crate) fn finish(&self) -> impl Send + use<> {
        let (permit, share) = {
            let mut state = self.lock();
            state.resuming = None;
            (state.permit.take(), state.share.take())
        };
        drop(permit);
        share
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ticket").field(&self.lock().key).finish()
    }
}
