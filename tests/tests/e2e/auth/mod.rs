//! Registration, sessions, and the current user.

mod access_tokens;
mod limits;
mod login;
mod me;
mod refresh;
mod register;
mod renaming;
mod security_events;
mod session_limit;
mod sessions;
mod tenant;
