//! Reads a file ahead of whoever sends it.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tenantry_application::ports::{BlobStream, PortError};
use tenantry_domain::blob::PIECE_BYTES;

use crate::{
    error::{blocking, from_io},
    name::ObjectName,
};

/// Pieces that are read while the one before is sent. A client that stops
/// reading holds this much memory, and no thread.
const AHEAD: usize = 2;

/// The bytes of a range that begins with a piece, a piece at a time; where the
/// file is shorter, less.
pub(super) fn stream(file: File, name: ObjectName, range: Range<u64>) -> BlobStream {
    let file = Arc::new(Mutex::new(file));
    let pieces = range.start / PIECE_BYTES..range.end.div_ceil(PIECE_BYTES);
    stream::iter(pieces)
        .map(move |piece| {
            let start = piece * PIECE_BYTES;
            let end = range.end.min(start + PIECE_BYTES);
            let file = Arc::clone(&file);
            async move {
                let bytes = blocking(move || read_piece(&file, start, end - start)).await?;
                bytes.map_err(|error| -> PortError { from_io("read", name)(error) })
            }
        })
        .buffered(AHEAD)
        .boxed()
}

fn read_piece(file: &Mutex<File>, start: u64, count: u64) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(start))?;
    Read::take(&mut *file, count).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}
