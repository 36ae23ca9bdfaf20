//! Reading: every piece is verified by its checksum before its bytes are
//! returned.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_application::ports::{BlobStream, PortError, PortErrorKind};
use tenantry_domain::blob::{Content, PIECE_BYTES};

use crate::{
    contract::{Backend, Prefetch},
    error::not_found,
    hash::ContentHasher,
    name::ObjectName,
    read_ahead::{CHUNK, ChunkSource, Piece, ReadAhead},
    read_memory::{ParkingSlot, ReadMemory},
};

/// Reads the objects of a backend. Clones share the limit on memory.
#[derive(Debug, Clone)]
pub(crate) struct ObjectReader {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) memory: ReadMemory,
}

impl ObjectReader {
    /// Streams a range of an object in verified chunks.
    pub(crate) async fn read(
        &self,
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
            return match self.backend.size(name).await? {
                Some(_) => Ok(stream::empty().boxed()),
                None => Err(not_found(name)),
            };
        }
        let pieces = range.start / PIECE_BYTES..range.end.div_ceil(PIECE_BYTES);
        let checksums = checksums(content, &pieces)
            .ok_or_else(|| corrupt(format!("the checksums of {name} are incomplete")))?;
        let mut chunks = VerifiedRange {
            reader: self.clone(),
            name,
            first_piece: pieces.start,
            checksums,
            end: content.size_bytes.min(pieces.end * PIECE_BYTES),
            range,
            slot: ParkingSlot::new(),
            verified: None,
            first: None,
        };
        chunks.open().await?;
        Ok(stream::try_unfold(chunks, VerifiedRange::next).boxed())
    }

    /// Reads the whole object and compares it with the content.
    pub(crate) async fn verify(
        &self,
        name: ObjectName,
        content: &Content,
    ) -> Result<(), PortError> {
        let size = self.backend.size(name).await?;
        let size = size.ok_or_else(|| not_found(name))?;
        if size != content.size_bytes {
            let expected = content.size_bytes;
            return Err(corrupt(format!(
                "{name} has {size} bytes instead of {expected}"
            )));
        }
        let mut stream = self.read(name, content, 0..size).await?;
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
}

impl ObjectReader {
    fn source(&self, stream: BlobStream) -> ChunkSource {
        let reads_chunks = self.backend.reads_chunks();
        ChunkSource::new(stream, reads_chunks, self.memory.pool())
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

/// A range that is being read. Between chunks it holds memory only in its slot,
/// where another read may take it.
struct VerifiedRange {
    reader: ObjectReader,
    name: ObjectName,
    first_piece: u64,
    checksums: Vec<u32>,
    /// The end of the last piece.
    end: u64,
    /// The bytes that are left to return.
    range: Range<u64>,
    slot: Arc<ParkingSlot<ReadAhead>>,
    /// The piece that was verified without keeping its bytes.
    verified: Option<VerifiedPiece>,
    /// The only chunk of a small object.
    first: Option<Bytes>,
}

/// The checksums of the chunks of a verified piece.
struct VerifiedPiece {
    start: u64,
    chunks: Vec<u32>,
}

impl VerifiedRange {
    /// Opens the object, so that an error precedes the first byte.
    async fn open(&mut self) -> Result<(), PortError> {
        let start = self.range.start / PIECE_BYTES * PIECE_BYTES;
        match self.read_ahead().await? {
            Some(ahead) => self.slot.park(ahead),
            // Damage is reported by the stream.
            None if self.end - start <= CHUNK => {
                self.first = self.read_twice(start, self.piece()?).await?;
            }
            None => {
                let probe = self.range.start..self.range.start + 1;
                let stream = self.reader.backend.open(self.name, probe, Prefetch::No);
                drop(stream.await?);
            }
        }
        Ok(())
    }

    /// Returns the read-ahead, if there is memory for it.
    async fn read_ahead(&self) -> Result<Option<ReadAhead>, PortError> {
        if let Some(ahead) = self.slot.take() {
            return Ok(Some(ahead));
        }
        let start = self.range.start / PIECE_BYTES * PIECE_BYTES;
        if self.end - start <= CHUNK {
            return Ok(None);
        }
        let Some(share) = self.reader.memory.share(&self.slot) else {
            return Ok(None);
        };
        let stream = self
            .reader
            .backend
            .open(self.name, start..self.end, Prefetch::Yes);
        let source = self.reader.source(stream.await?);
        Ok(Some(ReadAhead::new(source, start, share)))
    }

    /// Returns the next chunk.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, PortError> {
        if self.range.is_empty() {
            return Ok(None);
        }
        let piece = self.piece()?;
        let start = self.range.start / CHUNK * CHUNK;
        let read = match self.first.take() {
            Some(chunk) => return Ok(Some(self.part(start, &chunk))),
            None => self.read_ahead().await,
        };
        let chunk = match read {
            Ok(Some(mut ahead)) => {
                let chunk = ahead.chunk(start, piece).await?;
                if chunk.is_some() {
                    self.slot.park(ahead);
                }
                chunk
            }
            Ok(None) => self.read_twice(start, piece).await.map_err(while_open)?,
            Err(error) => return Err(while_open(error)),
        };
        let Some(chunk) = chunk else {
            let (name, start) = (self.name, piece.start);
            return Err(corrupt(format!(
                "the piece of {name} at byte {start} is damaged"
            )));
        };
        Ok(Some(self.part(start, &chunk)))
    }

    /// Takes the requested part of the next chunk.
    fn part(mut self, start: u64, chunk: &Bytes) -> (Bytes, Self) {
        let end = start + chunk.len() as u64;
        let wanted = self.range.start..self.range.end.min(end);
        self.range.start = wanted.end;
        let offset = |at: u64| usize::try_from(at - start).unwrap_or(usize::MAX);
        (chunk.slice(offset(wanted.start)..offset(wanted.end)), self)
    }

    /// Returns the piece at the current position.
    fn piece(&self) -> Result<Piece, PortError> {
        let number = self.range.start / PIECE_BYTES;
        let index = usize::try_from(number - self.first_piece).ok();
        let checksum = index.and_then(|index| self.checksums.get(index));
        let incomplete = || corrupt(format!("the checksums of {} are incomplete", self.name));
        let start = number * PIECE_BYTES;
        Ok(Piece {
            start,
            end: self.end.min(start + PIECE_BYTES),
            checksum: *checksum.ok_or_else(incomplete)?,
        })
    }

    /// Returns one chunk without memory for its piece: the piece is verified
    /// first, and then the chunk is read again and compared.
    async fn read_twice(&mut self, start: u64, piece: Piece) -> Result<Option<Bytes>, PortError> {
        let ObjectReader { backend, .. } = self.reader.clone();
        let is_verified = |verified: &VerifiedPiece| verified.start == piece.start;
        if !self.verified.as_ref().is_some_and(is_verified) {
            let stream = backend.open(self.name, piece.start..piece.end, Prefetch::No);
            let mut source = self.reader.source(stream.await?);
            let mut whole = 0;
            let mut chunks = Vec::new();
            for range in piece.chunks() {
                let Some(chunk) = source.take(range.end - range.start).await? else {
                    return Ok(None);
                };
                whole = crc32c::crc32c_append(whole, &chunk);
                if piece.end - piece.start <= CHUNK {
                    return Ok((whole == piece.checksum).then_some(chunk));
                }
                chunks.push(crc32c::crc32c(&chunk));
            }
            if whole != piece.checksum {
                return Ok(None);
            }
            let start = piece.start;
            self.verified = Some(VerifiedPiece { start, chunks });
        }
        let end = piece.end.min(start + CHUNK);
        let stream = backend.open(self.name, start..end, Prefetch::No).await?;
        let mut source = self.reader.source(stream);
        let chunk = source.take(end - start).await?;
        let index = usize::try_from((start - piece.start) / CHUNK).ok();
        let verified = self.verified.as_ref().zip(index);
        let checksum = verified.and_then(|(verified, index)| verified.chunks.get(index));
        Ok(chunk.filter(|chunk| Some(&crc32c::crc32c(chunk)) == checksum))
    }
}

/// Converts the error of an object that was opened before: it was deleted while
/// it was read, and is not missing.
fn while_open(error: PortError) -> PortError {
    match error.kind {
        PortErrorKind::NotFound => PortError {
            kind: PortErrorKind::Unavailable,
            ..error
        },
        _ => error,
    }
}
