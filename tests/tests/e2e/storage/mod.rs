//! Storage: listing, diagnosis, startup failures, orphaned uploads.

mod doctor;
mod starts;
mod unfinished;
