//! Reading: every piece is verified by its checksum before it is returned.

use std::{ops::Range, vec};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_application::ports::{BlobStream, PortError, PortErrorKind};
use tenantry_domain::blob::{Content, PIECE_BYTES};

use crate::{contract::Backend, error::not_found, hash::ContentHasher, name::ObjectName};

/// Streams a range of an object, verified piece by piece.
pub(crate) async fn read(
    backend: &dyn Backend,
    name: ObjectName,
    content: &Content,
    range: Range<u64>,
) -> Result<BlobStream, PortError> {
    if range.start > range.end || range.end > content.size_bytes {
        return Err(PortError::new(
            PortErrorKind::Internal,
            format!("the range {range:?} exceeds {name}"),
        ));
    }
    if range.is_empty() {
        return match backend.size(name).await? {
            Some(_) => Ok(stream::empty().boxed()),
            None => Err(not_found(name)),
        };
    }
    let pieces = range.start / PIECE_BYTES..range.end.div_ceil(PIECE_BYTES);
    let checksums = checksums(content, &pieces)
        .ok_or_else(|| corrupt(format!("the checksums of {name} are incomplete")))?;
    let start = pieces.start * PIECE_BYTES;
    let end = content.size_bytes.min(pieces.end * PIECE_BYTES);
    let verifier = Verifier {
        stream: backend.open(name, start..end).await?,
        rest: Bytes::new(),
        name,
        checksums: checksums.into_iter(),
        position: start,
        end,
        range,
    };
    Ok(stream::try_unfold(verifier, Verifier::next).boxed())
}

/// Reads the whole object and compares it with the content.
pub(crate) async fn verify(
    backend: &dyn Backend,
    name: ObjectName,
    content: &Content,
) -> Result<(), PortError> {
    let size = backend.size(name).await?.ok_or_else(|| not_found(name))?;
    if size != content.size_bytes {
        let expected = content.size_bytes;
        return Err(corrupt(format!(
            "{name} has {size} bytes instead of {expected}"
        )));
    }
    let mut stream = read(backend, name, content, 0..size).await?;
    let mut hasher = ContentHasher::new();
    while let Some(bytes) = stream.try_next().await? {
        hasher = hasher.update_blocking(bytes).await?;
    }
    if hasher.finish() == *content {
        Ok(())
    } else {
        Err(corrupt(format!("the digest of {name} does not match")))
    }
}

fn corrupt(context: String) -> PortError {
    PortError::new(PortErrorKind::Corrupt, context)
}

fn checksums(content: &Content, pieces: &Range<u64>) -> Option<Vec<u32>> {
    let (start, end) = (
        usize::try_from(pieces.start).ok()?,
        usize::try_from(pieces.end).ok()?,
    );
    content.pieces.get(start..end).map(<[u32]>::to_vec)
}

struct Verifier {
    /// The stream of whole pieces, in buffers of any size.
    stream: BlobStream,
    /// The bytes read beyond the last piece.
    rest: Bytes,
    name: ObjectName,
    checksums: vec::IntoIter<u32>,
    /// The start of the next piece.
    position: u64,
    /// The end of the last piece.
    end: u64,
    /// The requested range.
    range: Range<u64>,
}

impl Verifier {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, PortError> {
        let Some(checksum) = self.checksums.next() else {
            return Ok(None);
        };
        let piece = self.position..self.end.min(self.position + PIECE_BYTES);
        let bytes = self.take(piece.end - piece.start).await?;
        let Some(bytes) = bytes.filter(|bytes| crc32c::crc32c(bytes) == checksum) else {
            let (name, start) = (self.name, piece.start);
            return Err(corrupt(format!(
                "the piece of {name} at byte {start} is damaged"
            )));
        };
        self.position = piece.end;
        let wanted = self.range.start.max(piece.start)..self.range.end.min(piece.end);
        let offset = |at: u64| usize::try_from(at - piece.start).unwrap_or(usize::MAX);
        let bytes = bytes.slice(offset(wanted.start)..offset(wanted.end));
        Ok(Some((bytes, self)))
    }

    /// Reads exactly `count` bytes; returns `None` if the object is shorter.
    async fn take(&mut self, count: u64) -> Result<Option<Bytes>, PortError> {
        let Ok(count) = usize::try_from(count) else {
            return Ok(None);
        };
        let mut piece = BytesMut::new();
        loop {
            // Usually a buffer holds the whole piece and nothing is copied.
            if piece.is_empty() && self.rest.len() >= count {
                return Ok(Some(self.rest.split_to(count)));
            }
            let missing = count - piece.len();
            piece.extend_from_slice(&self.rest.split_to(missing.min(self.rest.len())));
            if piece.len() == count {
                return Ok(Some(piece.freeze()));
            }
            match self.stream.try_next().await? {
                Some(bytes) => self.rest = bytes,
                None => return Ok(None),
            }
        }
    }
}
