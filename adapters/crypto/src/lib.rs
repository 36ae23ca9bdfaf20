//! Password hashing, access tokens, derived secrets, clock, ids and randomness.
//!
//! The only crate that asks the machine for the time or for chance. Everything
//! secret that the service makes itself comes from one [`RootSecret`], with a
//! key of its own for each purpose, or from [`random_secret`].

mod access_tokens;
mod clock;
mod cursors;
mod id_generator;
mod password_hasher;
mod random;
mod refresh_tokens;
mod root_secret;
mod seals;

pub use access_tokens::{AccessKey, AccessTokenOptions, JwtAccessTokens, KeyAlgorithm, KeyError};
pub use clock::SystemClock;
pub use cursors::SignedCursors;
pub use id_generator::UuidV7Ids;
pub use password_hasher::{ArgonPasswordHasher, PasswordHasherOptions};
pub use random::random_secret;
pub use refresh_tokens::DerivedRefreshTokens;
pub use root_secret::RootSecret;
pub use seals::SecretSeals;
