//! Typed configuration: layers, validation and aliases for the variables of older systems.
//!
//! Layers in increasing precedence: the defaults in the code, `default.toml` and
//! `profiles/<profile>.toml` (both compiled in), the file of `--config`, `.env` in the working
//! directory, the environment, flags. [`Config::load`] reads them from [`Sources`] only, never from
//! the environment of the process.
//!
//! Each key `section.key` is also the variable `TENANTRY_SECTION__KEY`. An empty variable counts as
//! unset. A secret can be read from a file: `TENANTRY_SECURITY__SECRET_FILE`, or `secret_file` in
//! TOML. An unknown key, and two variables that set a key to different values, are [`Problem`]s:
//! one line each, with the key and its origin.
//!
//! **To add a key**, add a documented field to a section: its variable, parsing, bounds
//! (`#[schemars(range(…))]`), example and JSON Schema are derived from the type. **To add a
//! provider**, add a variant to the enum of a section.

mod alias_table;
mod aliases;
mod assignments;
mod check;
mod config;
mod connection_url;
mod derived;
mod env_file;
mod example;
mod files;
mod layer;
mod load;
mod problem;
mod profile;
mod schema;
mod secret;
pub mod sections;
mod server_url;
mod shape;
mod show;
mod sources;
mod text;
mod text_file;
mod variables;

pub use config::{Config, DEFAULT_STORAGE};
pub use connection_url::ConnectionUrl;
pub use example::example;
pub use load::LoadedConfig;
pub use problem::{Problem, Problems};
pub use profile::Profile;
pub use schema::schema;
pub use secret::{REDACTED, Secret};
pub use show::Setting;
pub use sources::{Dotenv, Flags, Sources};
pub use text_file::{decode_text, read_text};
