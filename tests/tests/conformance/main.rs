//! The conformance suite of each port, run on each adapter.

mod announcing;
mod azurite;
mod local_disk;
mod memory;
mod memory_blobs;
mod memory_objects;
mod minio;
mod minio_uploads;
mod mongodb;
mod mongodb_records;
mod mongodb_replica_set;
mod mongodb_start;
mod mongodb_transactions;
mod objects;
mod postgres;
mod postgres_faults;
mod postgres_pooler;
mod postgres_walls;
mod redis;
mod sqlite;
mod transfers;
mod unconditional_objects;
mod webdav;
