//! Tells the type of content from its first bytes.
