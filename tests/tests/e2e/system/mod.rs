//! Health, settings, documentation, and headers of all responses.

mod about;
mod headers;
mod pages;
mod start;
