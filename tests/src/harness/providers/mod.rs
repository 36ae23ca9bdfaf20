//! The providers on which the suites run.

pub mod combinations;
mod list;
mod place;
mod provider;
mod selection;

pub use list::{PROGRAMS, PROVIDERS, provider, provider_named};
pub use place::Place;
pub use provider::{Program, Provider, Section, Server};
pub use selection::Providers;
