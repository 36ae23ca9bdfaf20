//! Health, settings, documentation, and headers of all responses.

mod about;
mod below_path;
mod browsers;
mod headers;
mod libraries;
mod pages;
mod passwords;
mod responses;
mod start;

pub(crate) use libraries::LIBRARIES;
pub(crate) use passwords::secret_keys;
