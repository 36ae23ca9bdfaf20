//! Stores that publish signals about their commits, and notice failing ones.

mod commit_health;
mod platform_store;
mod publish;
mod tenant_store;

pub use platform_store::AnnouncingStore;
