//! Detects the media type of content from its first bytes.

mod type_detector;

pub use type_detector::MagicTypeDetector;
