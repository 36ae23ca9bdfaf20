//! A real service on a free port, and actors who use it over HTTP.
//!
//! Tests read as sentences: `let alice = service.company("acme").await;`, then
//! `alice.upload("a.txt", "text/plain", b"hello").await.expect(201)`.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed test may panic")]

mod actor;
mod api_response;
mod byte_ranges;
mod content;
mod counts;
mod dice;
mod document;
mod form;
mod http2;
mod json;
mod people;
mod process;
pub mod providers;
mod rows;
mod service;
mod settings;
mod shifted_clock;
mod stored;
mod wire;

pub use actor::{Actor, PASSWORD};
pub use api_response::ApiResponse;
pub use byte_ranges::RangePart;
pub use content::{Content, Digester};
pub use counts::{count_case, record_count, record_text};
pub use dice::Dice;
pub use document::{Operation, Parameter, operations};
pub use form::Form;
pub use http2::send_http2;
pub use json::{expect_null, member};
pub use people::preset_role;
pub use process::{ServiceProcess, command};
pub use providers::{Place, Provider, Providers, Section};
pub use rows::tampering::{Cell, Tampering};
pub use service::{TestService, configuration};
pub use settings::{Settings, borrowed};
pub use shifted_clock::ShiftedClock;
pub use wire::Wire;

pub use crate::wait::until;
