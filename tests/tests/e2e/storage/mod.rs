//! Storage: listing, diagnosis, startup failures, orphaned uploads.

mod doctor;
mod orphans;
mod starts;
mod unfinished;
