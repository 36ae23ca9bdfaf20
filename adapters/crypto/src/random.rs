//! Random bytes from a cryptographically secure generator.

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tenantry_application::ports::{PortError, PortErrorKind};

/// Generates a secret for the configuration: 32 random bytes as base64url.
pub fn random_secret() -> Result<String, PortError> {
    random_bytes::<32>().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], PortError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes)
        .map_err(|_| PortError::new(PortErrorKind::Internal, "cannot generate random bytes"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_secrets_have_43_characters_and_differ() {
        let one = random_secret().unwrap_or_default();
        assert_eq!(one.len(), 43);
        assert_ne!(Ok(one), random_secret().map_err(|error| error.kind));
    }
}
