//! The error responses: `application/problem+json` (RFC 9457) with a stable
//! code, the invalid fields and the request id.
//!
//! Handlers return `Result<T, Problem>`; `?` converts the errors of use cases.
//! The middleware converts the errors of poem, such as unknown routes and
//! values that do not parse.

pub mod codes;
mod details;
mod documented;
mod from_application;
mod from_poem;
mod page;
mod shape;

pub use codes::Code;
pub use details::{PROBLEM_JSON, Problem};
pub use documented::ProblemWith;
pub use shape::{FieldProblem, ProblemBody};

pub(crate) use details::whole_seconds;
pub(crate) use from_poem::{from_poem, readable};
pub(crate) use page::ProblemPages;
