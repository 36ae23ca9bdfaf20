//! Azure Blob Storage.

mod connection_string;
mod container;
mod credential;

pub use self::{container::AzureOptions, credential::AzureCredential};
