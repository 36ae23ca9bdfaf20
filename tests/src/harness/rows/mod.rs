//! The rows of each database, without the service.

pub(super) mod mongodb;
pub(super) mod postgres;
pub(super) mod reader;
pub(super) mod sqlite;
