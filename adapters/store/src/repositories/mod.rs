//! Repositories that are the same on every store, one file a port.

mod audit_log;
mod blob_repository;
mod epoch_repository;
mod file_repository;
mod idempotency_repository;
mod identity_repository;
mod membership_repository;
mod project_repository;
mod quota_repository;
mod role_repository;
mod session_repository;
mod tenant_repository;
mod version_repository;

pub use epoch_repository::epochs_in_order;
pub use quota_repository::no_quota;
