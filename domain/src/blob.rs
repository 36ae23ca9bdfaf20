//! Blobs: the stored content of versions, from upload to deletion.

use crate::{
    Invalid, InvalidTransition, Revision, Timestamp,
    id::{BlobId, TenantId},
};

/// The record of an object in a blob store. Its bytes are stored under
/// `t/<tenant>/<blob>` and never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// The blob's id, also the last part of its key.
    pub id: BlobId,
    /// The tenant that owns the blob.
    pub tenant_id: TenantId,
    /// The name of the storage backend that stores the bytes.
    pub backend: BackendName,
    /// The lifecycle state.
    pub state: BlobState,
    /// The time at which the upload began.
    pub created_at: Timestamp,
    /// The row's revision.
    pub revision: Revision,
}

/// The lifecycle state of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobState {
    /// An upload is in progress; the bytes are not visible yet.
    Open {
        /// The quota reserved for the upload, in bytes.
        reserved_bytes: u64,
        /// The time of the last heartbeat of the upload.
        heartbeat_at: Timestamp,
    },
    /// The bytes are complete and durable.
    Stored {
        /// The size and checksums of the bytes.
        content: Content,
        /// The number of versions that reference the blob.
        references: u32,
        /// The time at which the last reference was removed.
        unreferenced_at: Option<Timestamp>,
        /// The time at which a read first detected corruption.
        corrupt_at: Option<Timestamp>,
    },
    /// The bytes, then this record, are to be deleted.
    Abandoned,
}

/// The size and checksums of stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The size in bytes.
    pub size_bytes: u64,
    /// The SHA-256 digest.
    pub digest: Digest,
    /// The CRC32C (Castagnoli) of each piece of [`PIECE_BYTES`]; the last piece
    /// may be shorter.
    pub pieces: Vec<u32>,
}

/// A change of the number of references to a blob: the sum of all changes in one
/// unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferenceShift {
    /// The number of added references; negative if references are removed.
    pub by: i32,
    /// The time of the change.
    pub at: Timestamp,
}

/// The number of bytes per checksum, and so the granularity of range reads.
pub const PIECE_BYTES: u64 = 256 * 1024;

impl Blob {
    /// Creates the record of an upload of up to `reserved_bytes`.
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

    /// Records a heartbeat of the upload.
    pub fn heartbeat(&mut self, now: Timestamp) -> Result<(), InvalidTransition> {
        match &mut self.state {
            BlobState::Open { heartbeat_at, .. } => {
                *heartbeat_at = now;
                Ok(())
            }
            _ => Err(self.transition_error("open")),
        }
    }

    /// Reserves more bytes for the upload, which is also a heartbeat.
    pub fn grow(&mut self, bytes: u64, now: Timestamp) -> Result<(), InvalidTransition> {
        match &mut self.state {
            BlobState::Open {
                reserved_bytes,
                heartbeat_at,
            } => {
                *reserved_bytes = reserved_bytes.saturating_add(bytes);
                *heartbeat_at = now;
                Ok(())
            }
            _ => Err(self.transition_error("open")),
        }
    }

    /// Completes the upload, with one version referencing the blob. Returns the
    /// reserved bytes.
    pub fn store(&mut self, content: Content) -> Result<u64, InvalidTransition> {
        let BlobState::Open { reserved_bytes, .. } = self.state else {
            return Err(self.transition_error("stored"));
        };
        self.state = BlobState::Stored {
            content,
            references: 1,
            unreferenced_at: None,
            corrupt_at: None,
        };
        Ok(reserved_bytes)
    }

    /// Completes an upload whose content is stored already. The bytes are kept
    /// without a reference, in case the other ones are damaged. Returns the
    /// reserved bytes.
    pub fn store_spare(
        &mut self,
        content: Content,
        now: Timestamp,
    ) -> Result<u64, InvalidTransition> {
        let reserved_bytes = self.store(content)?;
        self.shift_references(ReferenceShift { by: -1, at: now })?;
        Ok(reserved_bytes)
    }

    /// Records that damaged bytes were replaced by intact ones.
    pub fn mark_intact(&mut self) -> Result<(), InvalidTransition> {
        match &mut self.state {
            BlobState::Stored { corrupt_at, .. } => {
                *corrupt_at = None;
                Ok(())
            }
            _ => Err(self.transition_error("intact")),
        }
    }

    /// Marks an upload, or a blob without references, for deletion. Returns the
    /// bytes that were still reserved.
    pub fn abandon(&mut self) -> Result<u64, InvalidTransition> {
        let reserved = match &self.state {
            BlobState::Open { reserved_bytes, .. } => *reserved_bytes,
            BlobState::Stored { references: 0, .. } => 0,
            _ => return Err(self.transition_error("abandoned")),
        };
        self.state = BlobState::Abandoned;
        Ok(reserved)
    }

    /// Adds or removes references. Corrupt blobs cannot be shared, and a blob
    /// without references is deleted after a grace period.
    pub fn shift_references(&mut self, shift: ReferenceShift) -> Result<(), InvalidTransition> {
        match &mut self.state {
            BlobState::Stored {
                references,
                unreferenced_at,
                corrupt_at,
                ..
            } if corrupt_at.is_none() || shift.by <= 0 => {
                if let Some(shifted) = references.checked_add_signed(shift.by) {
                    *references = shifted;
                    *unreferenced_at = (shifted == 0).then_some(shift.at);
                    return Ok(());
                }
            }
            _ => {}
        }
        let to = if shift.by > 0 {
            "shared"
        } else {
            "unreferenced"
        };
        Err(self.transition_error(to))
    }

    /// Corrects the number of references.
    pub fn recount(&mut self, counted: u32, now: Timestamp) -> Result<(), InvalidTransition> {
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
            _ => Err(self.transition_error("recounted")),
        }
    }

    /// Records that a read detected corruption; the first time is kept.
    pub fn mark_corrupt(&mut self, now: Timestamp) -> Result<(), InvalidTransition> {
        match &mut self.state {
            BlobState::Stored { corrupt_at, .. } => {
                corrupt_at.get_or_insert(now);
                Ok(())
            }
            _ => Err(self.transition_error("corrupt")),
        }
    }

    /// Returns whether several versions reference the blob.
    pub const fn is_shared(&self) -> bool {
        matches!(
            self.state,
            BlobState::Stored {
                references: 2..,
                ..
            }
        )
    }

    /// Returns the stored content, if any.
    pub fn content(&self) -> Option<&Content> {
        match &self.state {
            BlobState::Stored { content, .. } => Some(content),
            _ => None,
        }
    }

    fn transition_error(&self, to: &'static str) -> InvalidTransition {
        InvalidTransition {
            entity: "blob",
            from: self.state.as_str(),
            to,
        }
    }
}

impl BlobState {
    /// Returns the stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Stored { .. } => "stored",
            Self::Abandoned => "abandoned",
        }
    }
}

/// A SHA-256 digest, displayed as 64 lowercase hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps the 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Parses 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::format("must be 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| invalid())?;
            if pair.starts_with('+') {
                return Err(invalid());
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The configured name of a storage backend: 1 to 32 characters of `a`–`z`,
/// `0`–`9`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendName(String);

impl BackendName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
            return Err(Invalid::format(
                "must have 1 to 32 characters of a to z, 0 to 9, - and _",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name.
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
    fn an_upload_is_stored_or_abandoned_once() {
        let mut blob = open();
        assert_eq!(blob.store(content()), Ok(10));
        assert!(blob.store(content()).is_err());
        assert!(blob.abandon().is_err(), "a version references it");
        let mut blob = open();
        assert_eq!(blob.grow(5, Timestamp::EPOCH), Ok(()));
        assert_eq!(blob.abandon(), Ok(15));
        assert!(blob.grow(5, Timestamp::EPOCH).is_err());
        assert!(blob.store(content()).is_err());
    }

    fn shift(by: i32, millis: i64) -> ReferenceShift {
        ReferenceShift {
            by,
            at: Timestamp::from_millis(millis),
        }
    }

    #[test]
    fn only_an_unreferenced_blob_can_be_abandoned() {
        let mut blob = open();
        assert!(blob.shift_references(shift(1, 0)).is_err(), "not stored");
        blob.store(content()).expect("open");
        assert!(blob.shift_references(shift(-2, 0)).is_err(), "one");
        blob.shift_references(shift(2, 0)).expect("stored");
        blob.shift_references(shift(-3, 7)).expect("three");
        assert_eq!(unreferenced_at(&blob), Some(Timestamp::from_millis(7)));
        blob.shift_references(shift(1, 8)).expect("stored");
        assert_eq!(unreferenced_at(&blob), None);
        blob.shift_references(shift(-1, 9)).expect("one");
        assert_eq!(blob.abandon(), Ok(0));
        assert!(blob.shift_references(shift(1, 10)).is_err(), "abandoned");
    }

    fn unreferenced_at(blob: &Blob) -> Option<Timestamp> {
        match blob.state {
            BlobState::Stored {
                unreferenced_at, ..
            } => unreferenced_at,
            _ => None,
        }
    }

    #[test]
    fn corrupt_blobs_are_not_shared() {
        let mut blob = open();
        blob.store(content()).expect("open");
        blob.mark_corrupt(Timestamp::EPOCH).expect("stored");
        assert!(blob.shift_references(shift(1, 0)).is_err());
        blob.shift_references(shift(-1, 0)).expect("one");
    }

    #[test]
    fn digests_round_trip() {
        let digest = Digest::from_bytes([0xAB; 32]);
        assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
        for text in ["", "ab", &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)] {
            assert!(Digest::parse(text).is_err(), "{text}");
        }
    }
}
