//! Storage: what there is, how it is, services that are wrong, away or late, and
//! what crashes leave in them.

mod doctor;
mod starts;
mod unfinished;
