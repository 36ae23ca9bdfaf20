//! Storage: what there is, how it is, and services that are wrong, away or late.

mod doctor;
mod starts;
