//! Listing of blobs.

use std::{
    fs::{self, DirEntry, ReadDir},
    io::{self, ErrorKind},
    path::PathBuf,
};

use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use tenantry_application::ports::{BlobEntry, BlobKey, PortError};

use super::layout::timestamp;
use crate::{
    error::{from_io, run_blocking},
    name::BLOBS,
};

/// The number of files per batch on a blocking thread.
const BATCH: usize = 512;

/// Lists all blobs in the directory `t`.
pub(super) fn stream(directory: PathBuf) -> BoxStream<'static, Result<BlobEntry, PortError>> {
    let walk = Walk {
        directory,
        tenants: None,
        tenant: None,
    };
    stream::try_unfold(walk, |mut walk| async move {
        let batch = run_blocking(move || {
            let entries = walk.next_batch();
            entries.map(|entries| (walk, entries))
        });
        let (walk, entries) = batch.await?.map_err(from_io("list", BLOBS))?;
        Ok::<_, PortError>(entries.map(|entries| (stream::iter(entries).map(Ok), walk)))
    })
    .try_flatten()
    .boxed()
}

struct Walk {
    directory: PathBuf,
    tenants: Option<ReadDir>,
    tenant: Option<ReadDir>,
}

impl Walk {
    /// Returns the blobs among the next files, or `None` at the end.
    fn next_batch(&mut self) -> io::Result<Option<Vec<BlobEntry>>> {
        let mut entries = Vec::new();
        for _ in 0..BATCH {
            match self.next_file()? {
                Some(file) => entries.extend(ignore_missing(blob_entry(&file))?.flatten()),
                None if entries.is_empty() => return Ok(None),
                None => break,
            }
        }
        Ok(Some(entries))
    }

    fn next_file(&mut self) -> io::Result<Option<DirEntry>> {
        loop {
            if let Some(file) = self.tenant.as_mut().and_then(Iterator::next) {
                return file.map(Some);
            }
            let tenants = match &mut self.tenants {
                Some(tenants) => tenants,
                unopened => unopened.insert(fs::read_dir(&self.directory)?),
            };
            let Some(tenant) = tenants.next().transpose()? else {
                return Ok(None);
            };
            self.tenant = None;
            if tenant.file_type()?.is_dir() {
                self.tenant = ignore_missing(fs::read_dir(tenant.path()))?;
            }
        }
    }
}

/// Returns the entry of a blob, or `None` for other files.
fn blob_entry(file: &DirEntry) -> io::Result<Option<BlobEntry>> {
    let Some(key) = blob_key(file) else {
        return Ok(None);
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    Ok(Some(BlobEntry {
        key,
        size_bytes: metadata.len(),
        modified_at: timestamp(metadata.modified()?),
    }))
}

fn blob_key(file: &DirEntry) -> Option<BlobKey> {
    let path = file.path();
    let tenant = path.parent()?.file_name()?.to_str()?;
    let blob = path.file_name()?.to_str()?;
    format!("{BLOBS}/{tenant}/{blob}").parse().ok()
}

/// Returns `None` for a file that was deleted after it was listed.
fn ignore_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
