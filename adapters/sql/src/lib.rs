//! Metadata on SQL databases, through sea-orm.
