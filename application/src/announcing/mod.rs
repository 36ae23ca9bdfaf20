//! Stores that publish signals about their commits.

mod platform_store;
mod publish;
mod tenant_store;

pub use platform_store::AnnouncingStore;
