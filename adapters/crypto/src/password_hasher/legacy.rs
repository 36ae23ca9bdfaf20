//! bcrypt hashes from older systems: verified, never made.

use std::str::FromStr;

use bcrypt::HashParts;

/// 2^14 rounds take about a second: more is a damaged or planted hash.
const MAX_COST: u32 = 14;

/// Holds a password against a bcrypt hash (`$2a$`, `$2b$`, `$2x$`, `$2y$`);
/// `None` where it is none or costs too much. As everywhere with bcrypt, only
/// the first 72 bytes of the password count.
pub(super) fn verify(password: &str, hash: &str) -> Option<bool> {
    let parts = HashParts::from_str(hash).ok()?;
    if parts.get_cost() > MAX_COST {
        return None;
    }
    bcrypt::verify(password, hash).ok()
}
