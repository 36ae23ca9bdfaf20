//! Registration, sessions and the current user.

mod me;
mod registration;
mod sessions;

pub(crate) use me::CurrentUserApi;
pub(crate) use registration::RegistrationApi;
pub(crate) use sessions::SessionsApi;
