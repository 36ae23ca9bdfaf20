//! Registering, signing in, staying signed in, and oneself.

mod access_tokens;
mod limits;
mod login;
mod me;
mod refresh;
mod register;
mod tenant;
