//! Problems.
pub mod codes;
