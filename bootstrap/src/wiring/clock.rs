//! Time and ids.

use std::sync::Arc;

use tenantry_application::ports::{Clock, IdGenerator};
use tenantry_crypto::{SystemClock, UuidV7Ids};

/// The machine's clock.
pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Ids that nobody has had.
pub(super) fn ids() -> Arc<dyn IdGenerator> {
    Arc::new(UuidV7Ids)
}
