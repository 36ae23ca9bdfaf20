//! The service as its users see it: over HTTP, as people with a purpose.

mod journey;
