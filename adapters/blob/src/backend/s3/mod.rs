//! Amazon S3 and compatible services.

mod bucket;
mod options;
mod signature;
mod store;
mod uploads;

pub use self::options::{S3Keys, S3Options};
