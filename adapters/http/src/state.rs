//! The state shared by all resources.

use std::sync::Arc;

use tenantry_application::Services;

use crate::system::HealthChecks;

/// The state of the service, created by the binary.
#[derive(Clone)]
pub struct State {
    /// The dependencies of the use cases.
    pub services: Arc<Services>,
    /// The health checks of the dependencies.
    pub health: HealthChecks,
}
