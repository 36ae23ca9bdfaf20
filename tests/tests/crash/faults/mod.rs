//! Faults of a server that the service depends on: requests fail or succeed
//! soon, the service detects the fault and recovers, and no data is lost.

mod outage;
mod server;
mod starts;
