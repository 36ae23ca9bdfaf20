//! The rules of Tenantry: entities, value objects, state machines and policies.
//!
//! Nothing here waits, reads a clock, draws a random number or knows of a
//! database, a wire format or a framework. Whatever a rule needs to know is
//! given to it as a value; whatever it decides is a value again.
//!
//! | to find | look in |
//! |---|---|
//! | ids, revisions, instants | [`id`], [`revision`], [`time`] |
//! | what text from outside must satisfy | [`text`], [`email`], [`name`], [`path`], [`media_type`], [`tags`], [`password`] |
//! | people and tenants | [`identity`], [`tenant`], [`membership`], [`session`] |
//! | what people may do | [`permission`], [`role`], [`policy`] |
//! | files and their bytes | [`file`], [`version`], [`blob`], [`quota`] |
//! | background work, traces, requests sent twice | [`job`], [`audit`], [`idempotency`] |

pub mod audit;
pub mod blob;
pub mod email;
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
pub mod quota;
pub mod revision;
pub mod role;
pub mod session;
pub mod tags;
pub mod tenant;
pub mod text;
pub mod time;
pub mod version;

pub use invalid::{Invalid, Refused};
pub use revision::Revision;
pub use time::Timestamp;
