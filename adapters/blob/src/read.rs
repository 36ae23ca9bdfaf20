//! Bytes on their way out: no piece leaves before its checksum held.

use std::{ops::Range, vec};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_application::ports::{BlobStream, PortError, PortErrorKind};
use tenantry_domain::blob::{Content, PIECE_BYTES};

use crate::{backend::Backend, error::not_found, hash::ContentHasher, name::ObjectName};

/// Streams a range of an object, checked piece by piece.
pub(crate) async fn read(
    backend: &dyn Backend,
    name: ObjectName,
    content: &Content,
    range: Range<u64>,
) -> Result<BlobStream, PortError> {
    if range.start > range.end || range.end > content.size_bytes {
        return Err(PortError::new(
            PortErrorKind::Internal,
            format!("the range {range:?} is outside of {name}"),
        ));
    }
    if range.is_empty() {
        return match backend.size(name).await? {
            Some(_) => Ok(stream::empty().boxed()),
            None => Err(not_found(name)),
        };
    }
    let pieces = range.start / PIECE_BYTES..range.end.div_ceil(PIECE_BYTES);
    let sums = sums_of(content, &pieces)
        .ok_or_else(|| corrupt(format!("the checksums of {name} are incomplete")))?;
    let begin = pieces.start * PIECE_BYTES;
    let end = content.size_bytes.min(pieces.end * PIECE_BYTES);
    let verifier = Verifier {
        raw: backend.open(name, begin..end).await?,
        rest: Bytes::new(),
        name,
        sums: sums.into_iter(),
        position: begin,
        end,
        range,
    };
    Ok(stream::try_unfold(verifier, Verifier::next).boxed())
}

/// Reads everything and holds it against the content.
pub(crate) async fn verify(
    backend: &dyn Backend,
    name: ObjectName,
    content: &Content,
) -> Result<(), PortError> {
    let size = backend.size(name).await?.ok_or_else(|| not_found(name))?;
    if size != content.size_bytes {
        let expected = content.size_bytes;
        return Err(corrupt(format!("{name} has {size} bytes, not {expected}")));
    }
    let mut stream = read(backend, name, content, 0..size).await?;
    let mut hasher = ContentHasher::new();
    while let Some(bytes) = stream.try_next().await? {
        hasher = hasher.update_apart(bytes).await?;
    }
    if hasher.finish() == *content {
        Ok(())
    } else {
        Err(corrupt(format!("{name} has another digest")))
    }
}

fn corrupt(context: String) -> PortError {
    PortError::new(PortErrorKind::Corrupt, context)
}

fn sums_of(content: &Content, pieces: &Range<u64>) -> Option<Vec<u32>> {
    let (start, end) = (
        usize::try_from(pieces.start).ok()?,
        usize::try_from(pieces.end).ok()?,
    );
    content.pieces.get(start..end).map(<[u32]>::to_vec)
}

struct Verifier {
    /// Whole pieces, in buffers of any size.
    raw: BlobStream,
    /// What was read beyond the last piece.
    rest: Bytes,
    name: ObjectName,
    sums: vec::IntoIter<u32>,
    /// Where the next piece begins.
    position: u64,
    /// Where the last one ends.
    end: u64,
    /// What was asked for.
    range: Range<u64>,
}

impl Verifier {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, PortError> {
        let Some(sum) = self.sums.next() else {
            return Ok(None);
        };
        let piece = self.position..self.end.min(self.position + PIECE_BYTES);
        let bytes = self.take(piece.end - piece.start).await?;
        let Some(bytes) = bytes.filter(|bytes| crc32c::crc32c(bytes) == sum) else {
            let (name, at) = (self.name, piece.start);
            return Err(corrupt(format!("{name} is damaged at byte {at}")));
        };
        self.position = piece.end;
        let wanted = self.range.start.max(piece.start)..self.range.end.min(piece.end);
        let offset = |at: u64| usize::try_from(at - piece.start).unwrap_or(usize::MAX);
        let bytes = bytes.slice(offset(wanted.start)..offset(wanted.end));
        Ok(Some((bytes, self)))
    }

    /// Exactly so many bytes; `None` where the object ends before.
    async fn take(&mut self, count: u64) -> Result<Option<Bytes>, PortError> {
        let Ok(count) = usize::try_from(count) else {
            return Ok(None);
        };
        let mut gathered = BytesMut::new();
        loop {
            // The usual case: a buffer is a piece, and nothing is copied.
            if gathered.is_empty() && self.rest.len() >= count {
                return Ok(Some(self.rest.split_to(count)));
            }
            let missing = count - gathered.len();
            gathered.extend_from_slice(&self.rest.split_to(missing.min(self.rest.len())));
            if gathered.len() == count {
                return Ok(Some(gathered.freeze()));
            }
            match self.raw.try_next().await? {
                Some(bytes) => self.rest = bytes,
                None => return Ok(None),
            }
        }
    }
}
