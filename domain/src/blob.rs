//! Blobs: the bytes behind versions, from the intent to store them to their end.

use crate::{
    Invalid, Refused, Revision, Timestamp,
    id::{BlobId, TenantId},
};

/// A record of bytes in a blob store. The bytes lie under
/// `t/<tenant>/<blob>` and never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its id, also the last part of its key.
    pub id: BlobId,
    /// The tenant it belongs to.
    pub tenant_id: TenantId,
    /// The name of the storage backend that holds it.
    pub backend: BackendName,
    /// Where it is in its life.
    pub state: BlobState,
    /// When the intent was written.
    pub created_at: Timestamp,
    /// How often the row was written.
    pub revision: Revision,
}

/// Where a blob is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobState {
    /// An upload is under way: nobody sees the bytes yet.
    Open {
        /// Quota held for it, in bytes.
        reserved_bytes: u64,
        /// When the upload was last known to be alive.
        heartbeat_at: Timestamp,
    },
    /// The bytes are there, whole and durable.
    Stored {
        /// What they are.
        content: Content,
        /// How many versions show them.
        references: u32,
        /// Since when there are none.
        unreferenced_at: Option<Timestamp>,
        /// When a read found them damaged.
        corrupt_at: Option<Timestamp>,
    },
    /// The bytes are to be deleted, and then this row.
    Abandoned,
}

/// What stored bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// How many.
    pub size_bytes: u64,
    /// Their SHA-256.
    pub digest: Digest,
    /// A CRC32C (Castagnoli) for every started piece of [`PIECE_BYTES`].
    pub pieces: Vec<u32>,
}

/// The bytes under one checksum: the least that is read to serve any range.
pub const PIECE_BYTES: u64 = 256 * 1024;

impl Blob {
    /// Begins an upload that may store up to `reserved_bytes`.
    pub fn open(
        id: BlobId,
        tenant_id: TenantId,
        backend: BackendName,
        reserved_bytes: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant_id,
            backend,
            state: BlobState::Open {
                reserved_bytes,
                heartbeat_at: now,
            },
            created_at: now,
            revision: Revision::FIRST,
        }
    }

    /// Notes that the upload is alive.
    pub fn heartbeat(&mut self, now: Timestamp) -> Result<(), Refused> {
        match &mut self.state {
            BlobState::Open { heartbeat_at, .. } => {
                *heartbeat_at = now;
                Ok(())
            }
            _ => Err(self.refused("open")),
        }
    }

    /// The upload ends well: one version shows the bytes. Returns what was
    /// reserved for it.
    pub fn store(&mut self, content: Content) -> Result<u64, Refused> {
        let BlobState::Open { reserved_bytes, .. } = self.state else {
            return Err(self.refused("stored"));
        };
        self.state = BlobState::Stored {
            content,
            references: 1,
            unreferenced_at: None,
            corrupt_at: None,
        };
        Ok(reserved_bytes)
    }

    /// The upload ends badly, or bytes that no version shows reach their end.
    /// Returns what was still reserved.
    pub fn abandon(&mut self) -> Result<u64, Refused> {
        let reserved = match &self.state {
            BlobState::Open { reserved_bytes, .. } => *reserved_bytes,
            BlobState::Stored { references: 0, .. } => 0,
            _ => return Err(self.refused("abandoned")),
        };
        self.state = BlobState::Abandoned;
        Ok(reserved)
    }

    /// One more version shows the bytes.
    pub fn add_reference(&mut self) -> Result<(), Refused> {
        match &mut self.state {
            BlobState::Stored {
                references,
                unreferenced_at,
                corrupt_at: None,
                ..
            } => {
                *references += 1;
                *unreferenced_at = None;
                Ok(())
            }
            _ => Err(self.refused("shared")),
        }
    }

    /// One version less shows the bytes; without any they end after a grace time.
    pub fn drop_reference(&mut self, now: Timestamp) -> Result<(), Refused> {
        match &mut self.state {
            BlobState::Stored {
                references,
                unreferenced_at,
                ..
            } if *references > 0 => {
                *references -= 1;
                if *references == 0 {
                    *unreferenced_at = Some(now);
                }
                Ok(())
            }
            _ => Err(self.refused("unreferenced")),
        }
    }

    /// Sets the count of versions that show the bytes right.
    pub fn recount(&mut self, counted: u32, now: Timestamp) -> Result<(), Refused> {
        match &mut self.state {
            BlobState::Stored {
                references,
                unreferenced_at,
                ..
            } => {
                *references = counted;
                *unreferenced_at = (counted == 0).then_some(unreferenced_at.unwrap_or(now));
                Ok(())
            }
            _ => Err(self.refused("recounted")),
        }
    }

    /// Notes that a read found the bytes damaged; the first time stays.
    pub fn mark_corrupt(&mut self, now: Timestamp) -> Result<(), Refused> {
        match &mut self.state {
            BlobState::Stored { corrupt_at, .. } => {
                corrupt_at.get_or_insert(now);
                Ok(())
            }
            _ => Err(self.refused("corrupt")),
        }
    }

    /// The stored content, if the bytes are there.
    pub fn content(&self) -> Option<&Content> {
        match &self.state {
            BlobState::Stored { content, .. } => Some(content),
            _ => None,
        }
    }

    fn refused(&self, to: &'static str) -> Refused {
        Refused {
            entity: "blob",
            from: self.state.as_str(),
            to,
        }
    }
}

impl BlobState {
    /// The stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Stored { .. } => "stored",
            Self::Abandoned => "abandoned",
        }
    }
}

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes the 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::format("must be 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            if pair.starts_with('+') {
                return Err(wrong());
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The configured name of a storage backend: 1 to 32 of `a`–`z`, `0`–`9`,
/// `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendName(String);

impl BackendName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if text.is_empty() || text.len() > 32 || !text.bytes().all(plain) {
            return Err(Invalid::format(
                "must have 1 to 32 of a to z, 0 to 9, - and _",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for BackendName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn open() -> Blob {
        let backend = BackendName::parse("default").expect("a name");
        Blob::open(
            BlobId::from_uuid(Uuid::nil()),
            TenantId::from_uuid(Uuid::nil()),
            backend,
            10,
            Timestamp::EPOCH,
        )
    }

    fn content() -> Content {
        Content {
            size_bytes: 1,
            digest: Digest::from_bytes([0; 32]),
            pieces: vec![1],
        }
    }

    #[test]
    fn an_upload_is_stored_once_or_abandoned_once() {
        let mut blob = open();
        assert_eq!(blob.store(content()), Ok(10));
        assert!(blob.store(content()).is_err());
        assert!(blob.abandon().is_err(), "a version shows it");
        let mut blob = open();
        assert_eq!(blob.abandon(), Ok(10));
        assert!(blob.store(content()).is_err());
    }

    #[test]
    fn bytes_end_when_nobody_shows_them() {
        let mut blob = open();
        blob.store(content()).expect("open");
        blob.add_reference().expect("stored");
        blob.drop_reference(Timestamp::EPOCH).expect("two");
        blob.drop_reference(Timestamp::EPOCH).expect("one");
        assert!(blob.drop_reference(Timestamp::EPOCH).is_err());
        assert_eq!(blob.abandon(), Ok(0));
    }

    #[test]
    fn damaged_bytes_are_not_shared() {
        let mut blob = open();
        blob.store(content()).expect("open");
        blob.mark_corrupt(Timestamp::EPOCH).expect("stored");
        assert!(blob.add_reference().is_err());
    }

    #[test]
    fn digests_read_what_they_write() {
        let digest = Digest::from_bytes([0xAB; 32]);
        assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
        for text in ["", "ab", &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)] {
            assert!(Digest::parse(text).is_err(), "{text}");
        }
    }
}
