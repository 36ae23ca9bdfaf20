//! The service about itself, and what goes with every answer.

mod about;
mod headers;
mod pages;
mod start;
