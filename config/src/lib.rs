//! Typed configuration: layers, validation and the names of older systems.
//!
//! Layers, later wins: the defaults in the code, `default.toml`, `profiles/<profile>.toml` (both
//! compiled in), the file of `--config`, `.env` in the working folder, the environment, flags.
//! [`Config::load`] takes them all as [`Sources`] and reads nothing else: no variable of the
//! process, no folder but the one it is given.
//!
//! Every key `section.key` is also the variable `TENANTRY_SECTION__KEY`. An empty variable is one
//! that is not set. A secret may be read from a file: `TENANTRY_SECURITY__SECRET_FILE`, or
//! `secret_file` in TOML. A key nobody knows, and two variables that give one thing different
//! values, are [`Problem`]s, each one line that names the key and where it came from.
//!
//! **Adding a key** is adding a documented field to a section: its variable, its parsing, its
//! bounds (`#[schemars(range(…))]`), the example file and the JSON Schema follow from the type.
//! **Adding a provider** is adding a variant to a section's enum.

mod aliases;
mod assignments;
mod check;
mod config;
mod connection_url;
mod derived;
mod example;
mod files;
mod layer;
mod load;
mod problem;
mod profile;
mod schema;
mod secret;
pub mod sections;
mod shape;
mod show;
mod sources;
mod text;
mod variables;

pub use config::{Config, DEFAULT_STORAGE};
pub use connection_url::ConnectionUrl;
pub use example::example;
pub use load::Loaded;
pub use problem::{Problem, Problems};
pub use profile::Profile;
pub use schema::schema;
pub use secret::{REDACTED, Secret};
pub use show::Setting;
pub use sources::{Dotenv, Flags, Sources};
