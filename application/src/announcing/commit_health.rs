//! Whether commits succeed, for the health check of the database.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tenantry_domain::{
    id::{IdempotencyId, UserId},
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyScope, IdempotencyState},
};

use crate::{
    ports::{Clock, CommitError, IdGenerator, PlatformStore, PortError, PortErrorKind},
    work::PlatformWork,
};

/// The outcome of the last commit. After a failure, a small row is written and
/// removed to find out whether commits succeed again.
pub(super) struct CommitHealth {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    has_failed: AtomicBool,
}

impl CommitHealth {
    pub(super) fn new(clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>) -> Self {
        Self {
            clock,
            ids,
            has_failed: AtomicBool::new(false),
        }
    }

    /// Records the outcome of a commit. A refused one proves nothing: the
    /// database may decide without writing.
    pub(super) fn record(&self, outcome: &Result<(), CommitError>) {
        match outcome {
            Ok(()) => self.has_failed.store(false, Ordering::Relaxed),
            Err(CommitError::Failed(error)) if error.kind != PortErrorKind::Busy => {
                self.has_failed.store(true, Ordering::Relaxed);
            }
            Err(_) => {}
        }
    }

    /// Writes and removes a row if the last commit failed.
    pub(super) async fn probe(&self, store: &dyn PlatformStore) -> Result<(), PortError> {
        if !self.has_failed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let row = self.row()?;
        let mut work = PlatformWork::new();
        work.idempotency(None).add(&row);
        commit(store, work).await?;
        let mut work = PlatformWork::new();
        work.idempotency(None).remove(&row);
        commit(store, work).await?;
        self.has_failed.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Returns a row that no client can refer to, and that expires if it is not
    /// removed.
    fn row(&self) -> Result<IdempotencyRecord, PortError> {
        let id = self.ids.next();
        let key = IdempotencyKey::parse(&id.to_string()).map_err(|error| {
            PortError::new(PortErrorKind::Internal, "create the row of a health check")
                .caused_by(error)
        })?;
        let scope = IdempotencyScope {
            tenant_id: None,
            user_id: UserId::from_uuid(id),
            operation: "health.probe".to_owned(),
            key,
        };
        let state = IdempotencyState::Done {
            fingerprint: [0; 32],
            answer: String::new(),
        };
        let id = IdempotencyId::from_uuid(id);
        Ok(IdempotencyRecord::new(id, scope, state, self.clock.now()))
    }
}

async fn commit(store: &dyn PlatformStore, work: PlatformWork) -> Result<(), PortError> {
    match store.commit(work).await {
        Ok(()) => Ok(()),
        Err(CommitError::Failed(error)) => Err(error),
        Err(refused @ CommitError::Refused(_)) => {
            let context = format!("write the row of a health check: {refused}");
            Err(PortError::new(PortErrorKind::Internal, context))
        }
    }
}
