//! Streaming of a file with read-ahead.

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
    error::{from_io, run_blocking},
    name::ObjectName,
};

/// The number of blocks read ahead. A client that stops reading occupies this
/// much memory, and no thread.
const READ_AHEAD: usize = 2;

/// The size of a block, large enough to amortize the switch to a blocking thread.
const BLOCK_BYTES: u64 = 2 * PIECE_BYTES;

/// Streams a range that begins at a piece boundary; the stream of a shorter file
/// ends early.
pub(super) fn stream(file: File, name: ObjectName, range: Range<u64>) -> BlobStream {
    let file = Arc::new(Mutex::new(file));
    let blocks = 0..(range.end - range.start).div_ceil(BLOCK_BYTES);
    stream::iter(blocks)
        .map(move |block| {
            let start = range.start + block * BLOCK_BYTES;
            let end = range.end.min(start + BLOCK_BYTES);
            let file = Arc::clone(&file);
            async move {
                // Allocated here because the allocator retains memory per thread,
                // and there are many blocking threads.
                let buffer = Vec::with_capacity(usize::try_from(end - start).unwrap_or(0));
                let bytes = run_blocking(move || read_block(&file, start..end, buffer)).await?;
                bytes.map_err(|error| -> PortError { from_io("read", name)(error) })
            }
        })
        .buffered(READ_AHEAD)
        .boxed()
}

fn read_block(file: &Mutex<File>, range: Range<u64>, mut buffer: Vec<u8>) -> io::Result<Bytes> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(range.start))?;
    Read::take(&mut *file, range.end - range.start).read_to_end(&mut buffer)?;
    Ok(buffer.into())
}
