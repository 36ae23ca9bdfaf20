//! The types of fields, parameters and headers. Their schemas state the bounds
//! and their parsers enforce them.
//!
//! - [`Text`]: a string of bounded length.
//! - [`Number`]: an integer in a range.
//! - [`Map`]: an object with arbitrary keys and a bounded number of members.
//! - [`Time`]: an RFC 3339 timestamp.
//! - [`Choice`]: a value of a closed enum, declared by [`closed_enums!`].
//! - [`Sort`]: a field to sort by, with a direction.
//! - [`parameters!`]: a group of parameters that several operations share.

pub(crate) mod choice;
mod map;
mod number;
pub(crate) mod parameters;
mod scalar;
mod sort;
mod text;
mod time;

pub(crate) use choice::{Choice, ClosedEnum, closed_enums};
pub(crate) use map::Map;
pub(crate) use number::Number;
pub(crate) use parameters::{expand, parameters};
pub(crate) use sort::Sort;
pub(crate) use text::{EntityTag, Location, Text};
pub(crate) use time::Time;
