//! Command line, wiring and lifecycle of the Tenantry service.
