//! What all resources share.

use std::sync::Arc;

use tenantry_application::Services;

use crate::system::HealthChecks;

/// The parts of the service that operations use, wired by the binary.
#[derive(Clone)]
pub struct State {
    /// What use cases work with.
    pub services: Arc<Services>,
    /// The probes of the parts.
    pub health: HealthChecks,
}
