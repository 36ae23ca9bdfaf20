//! Verification of bcrypt hashes from older systems.

use std::str::FromStr;

use bcrypt::HashParts;

/// The maximum cost. 2^14 rounds take about a second; a higher cost indicates a
/// damaged or planted hash.
const MAX_COST: u32 = 14;

/// Compares a password with a bcrypt hash (`$2a$`, `$2b$`, `$2x$`, `$2y$`).
/// Returns `None` if `hash` is not such a hash or its cost is too high. bcrypt
/// ignores all but the first 72 bytes of a password.
pub(super) fn verify(password: &str, hash: &str) -> Option<bool> {
    let parts = HashParts::from_str(hash).ok()?;
    if parts.get_cost() > MAX_COST {
        return None;
    }
    bcrypt::verify(password, hash).ok()
}
