//! Who may do what to what: decisions over plain values.

pub mod file_access;
