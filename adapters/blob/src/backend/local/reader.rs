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

/// Steps that are read while the one before is sent. A client that stops
/// reading holds this much memory, and no thread.
const AHEAD: usize = 2;

/// What is read at once: the ways to the blocking threads and back count.
const STEP_BYTES: u64 = 2 * PIECE_BYTES;

/// The bytes of a range that begins with a piece, a step at a time; where the
/// file is shorter, less.
pub(super) fn stream(file: File, name: ObjectName, range: Range<u64>) -> BlobStream {
    let file = Arc::new(Mutex::new(file));
    let steps = 0..(range.end - range.start).div_ceil(STEP_BYTES);
    stream::iter(steps)
        .map(move |step| {
            let start = range.start + step * STEP_BYTES;
            let end = range.end.min(start + STEP_BYTES);
            let file = Arc::clone(&file);
            async move {
                // Made here and not on the blocking threads, of which there are
                // many, each with memory of its own to keep.
                let buffer = Vec::with_capacity(usize::try_from(end - start).unwrap_or(0));
                let bytes = blocking(move || read_step(&file, start..end, buffer)).await?;
                bytes.map_err(|error| -> PortError { from_io("read", name)(error) })
            }
        })
        .buffered(AHEAD)
        .boxed()
}

fn read_step(file: &Mutex<File>, range: Range<u64>, mut buffer: Vec<u8>) -> io::Result<Bytes> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(range.start))?;
    Read::take(&mut *file, range.end - range.start).read_to_end(&mut buffer)?;
    Ok(buffer.into())
}
