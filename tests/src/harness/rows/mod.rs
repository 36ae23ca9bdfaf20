//! The rows of each database, read and changed without the service.

pub(super) mod mongodb;
pub(super) mod postgres;
pub(super) mod reader;
pub(super) mod sqlite;
pub(super) mod tampering;
