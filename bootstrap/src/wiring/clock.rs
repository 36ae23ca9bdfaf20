//! The clock and the id generator.

use std::sync::Arc;

use tenantry_application::ports::{Clock, IdGenerator};
use tenantry_crypto::{SystemClock, UuidV7Ids};

/// Returns the system clock.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Returns the generator of unique ids.
pub(super) fn ids() -> Arc<dyn IdGenerator> {
    Arc::new(UuidV7Ids)
}
