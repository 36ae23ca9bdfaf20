//! Argon2id hashes as PHC strings:
//! `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use tenantry_application::ports::{PortError, PortErrorKind};

pub(super) const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// The maximum length of a stored salt or hash.
const MAX_PART_BYTES: usize = 64;

/// The cost of one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) memory_kib: u32,
    pub(super) iterations: u32,
    pub(super) parallelism: u32,
}

impl Cost {
    /// The maximum cost of a stored hash, unless the configured one is higher.
    const MAX: Self = Self {
        memory_kib: 256 * 1024,
        iterations: 16,
        parallelism: 16,
    };

    /// Returns whether a stored hash of this cost may be computed.
    pub(super) fn is_sane(self, configured: Self) -> bool {
        self.memory_kib <= Self::MAX.memory_kib.max(configured.memory_kib)
            && self.iterations <= Self::MAX.iterations.max(configured.iterations)
            && self.parallelism <= Self::MAX.parallelism.max(configured.parallelism)
    }

    pub(super) fn params(self) -> Result<Params, PortError> {
        Params::new(self.memory_kib, self.iterations, self.parallelism, None).map_err(|error| {
            failed("invalid argon2 cost; check memory, iterations and parallelism").caused_by(error)
        })
    }
}

/// The memory that a thread reuses for its hashes.
pub(super) type Memory = Vec<Block>;

/// A hash with its salt and cost.
#[derive(PartialEq, Eq)]
pub(super) struct StoredHash {
    pub(super) cost: Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl StoredHash {
    /// Hashes a password.
    pub(super) fn compute(
        cost: Cost,
        password: &str,
        salt: &[u8],
        memory: &mut Memory,
    ) -> Result<Self, PortError> {
        Ok(Self {
            cost,
            salt: salt.to_vec(),
            hash: compute(cost, password, salt, HASH_BYTES, memory)?,
        })
    }

    /// Parses a PHC string; returns `None` for any other form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let mut costs = parts.next()?.split(',');
        let cost = Cost {
            memory_kib: number(costs.next()?, "m=")?,
            iterations: number(costs.next()?, "t=")?,
            parallelism: number(costs.next()?, "p=")?,
        };
        let (salt, hash) = (bytes(parts.next()?)?, bytes(parts.next()?)?);
        let is_complete = costs.next().is_none() && parts.next().is_none();
        let is_valid =
            cost.params().is_ok() && salt.len() >= argon2::MIN_SALT_LEN && hash.len() >= SALT_BYTES;
        (is_complete && is_valid).then_some(Self { cost, salt, hash })
    }

    /// Compares a password with the hash, in constant time.
    pub(super) fn matches(&self, password: &str, memory: &mut Memory) -> Result<bool, PortError> {
        let computed = compute(self.cost, password, &self.salt, self.hash.len(), memory)?;
        Ok(constant_time::verify_slices_are_equal(&computed, &self.hash).is_ok())
    }

    /// Returns whether the hash has the given cost and full lengths.
    pub(super) fn is_current(&self, cost: Cost) -> bool {
        self.cost == cost && self.salt.len() >= SALT_BYTES && self.hash.len() >= HASH_BYTES
    }
}

fn compute(
    cost: Cost,
    password: &str,
    salt: &[u8],
    hash_bytes: usize,
    memory: &mut Memory,
) -> Result<Vec<u8>, PortError> {
    let params = cost.params()?;
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let memory = memory.get_mut(..blocks).unwrap_or_default();
    let mut hash = vec![0; hash_bytes];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut hash, memory)
        .map_err(|error| failed("cannot hash a password").caused_by(error))?;
    Ok(hash)
}

fn number(text: &str, name: &str) -> Option<u32> {
    let digits = text.strip_prefix(name)?;
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    is_plain.then(|| digits.parse().ok()).flatten()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD_NO_PAD.decode(text).ok()?;
    (bytes.len() <= MAX_PART_BYTES).then_some(bytes)
}

fn failed(context: &str) -> PortError {
    PortError::new(PortErrorKind::Internal, context)
}

impl fmt::Display for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost {
            memory_kib,
            iterations,
            parallelism,
        } = self.cost;
        let (salt, hash) = (
            STANDARD_NO_PAD.encode(&self.salt),
            STANDARD_NO_PAD.encode(&self.hash),
        );
        write!(
            f,
            "$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${hash}"
        )
    }
}
