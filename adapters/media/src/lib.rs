//! Detects the media type of content from its first bytes.

mod headers;
mod markup;
mod text;
mod type_detector;
mod variants;
mod zip;

pub use type_detector::MagicTypeDetector;
