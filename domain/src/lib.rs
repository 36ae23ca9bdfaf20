//! The domain model of Tenantry: entities, value objects, state machines and
//! policies.
//!
//! This crate performs no I/O: it never reads a clock, generates random
//! numbers, or depends on a database, wire format or framework. Rules take
//! their inputs as values and return values.
//!
//! | topic | modules |
//! |---|---|
//! | ids, revisions, timestamps | [`id`], [`revision`], [`time`] |
//! | validation of text input | [`text`], [`email`], [`name`], [`path`], [`media_type`], [`tags`], [`description`], [`password`] |
//! | users and tenants | [`identity`], [`tenant`], [`membership`], [`session`] |
//! | networks of clients | [`client_network`] |
//! | authorization | [`permission`], [`role`], [`policy`] |
//! | files and their content | [`file`](mod@file), [`version`], [`blob`], [`quota`] |
//! | projects | [`project`] |
//! | background jobs, audit log, idempotent requests | [`job`], [`audit`], [`idempotency`] |

pub mod audit;
pub mod blob;
pub mod client_network;
pub mod description;
pub mod email;
pub mod epoch;
pub mod file;
pub mod id;
pub mod idempotency;
pub mod identity;
pub mod invalid;
pub mod job;
pub mod media_type;
pub mod membership;
pub mod name;
pub mod password;
pub mod path;
pub mod permission;
pub mod policy;
pub mod project;
pub mod quota;
pub mod revision;
pub mod role;
pub mod session;
pub mod tags;
pub mod tenant;
pub mod text;
pub mod time;
pub mod version;

pub use client_network::ClientNetwork;
pub use invalid::{Invalid, InvalidTransition};
pub use revision::Revision;
pub use time::Timestamp;
