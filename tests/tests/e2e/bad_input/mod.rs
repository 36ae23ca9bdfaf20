//! Invalid input: every operation rejects it with a problem and without side
//! effects.

mod hosts;
mod json;
mod requests;
mod texts;
