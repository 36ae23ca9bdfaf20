//! Lists the blobs of a folder.

use std::{
    fs::{self, DirEntry, ReadDir},
    io::{self, ErrorKind},
    path::PathBuf,
};

use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use tenantry_application::ports::{BlobEntry, BlobKey, PortError};

use super::staging::written;
use crate::{
    error::{blocking, from_io},
    name::BLOBS,
};

/// Files that are looked at in one step on a blocking thread.
const STEP: usize = 512;

/// All blobs below the folder `t`.
pub(super) fn stream(folder: PathBuf) -> BoxStream<'static, Result<BlobEntry, PortError>> {
    let walk = Walk {
        folder,
        tenants: None,
        tenant: None,
    };
    stream::try_unfold(walk, |mut walk| async move {
        let stepped = blocking(move || {
            let entries = walk.step();
            entries.map(|entries| (walk, entries))
        });
        let (walk, entries) = stepped.await?.map_err(from_io("list", BLOBS))?;
        Ok::<_, PortError>(entries.map(|entries| (stream::iter(entries).map(Ok), walk)))
    })
    .try_flatten()
    .boxed()
}

struct Walk {
    folder: PathBuf,
    tenants: Option<ReadDir>,
    tenant: Option<ReadDir>,
}

impl Walk {
    /// The blobs among the next files; `None` at the end.
    fn step(&mut self) -> io::Result<Option<Vec<BlobEntry>>> {
        let mut entries = Vec::new();
        for _ in 0..STEP {
            match self.next_file()? {
                Some(file) => entries.extend(unless_gone(blob_of(&file))?.flatten()),
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
                unread => unread.insert(fs::read_dir(&self.folder)?),
            };
            let Some(tenant) = tenants.next().transpose()? else {
                return Ok(None);
            };
            self.tenant = None;
            if tenant.file_type()?.is_dir() {
                self.tenant = unless_gone(fs::read_dir(tenant.path()))?;
            }
        }
    }
}

/// `None` for what is not a blob.
fn blob_of(file: &DirEntry) -> io::Result<Option<BlobEntry>> {
    let Some(key) = key_of(file) else {
        return Ok(None);
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    Ok(Some(BlobEntry {
        key,
        size_bytes: metadata.len(),
        modified_at: written(metadata.modified()?),
    }))
}

fn key_of(file: &DirEntry) -> Option<BlobKey> {
    let path = file.path();
    let tenant = path.parent()?.file_name()?.to_str()?;
    let blob = path.file_name()?.to_str()?;
    format!("{BLOBS}/{tenant}/{blob}").parse().ok()
}

/// What was removed since its name was read was not there.
fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
