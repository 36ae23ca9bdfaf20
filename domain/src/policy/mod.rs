//! Authorization policies: pure decisions over plain values.

pub mod file_access;
