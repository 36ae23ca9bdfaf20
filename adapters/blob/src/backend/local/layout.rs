//! The layout of the directory.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_disk::{create_directories, create_directory};
use tenantry_domain::Timestamp;
use uuid::Uuid;

use crate::{
    error::from_io,
    name::{BLOBS, ObjectName, PROBES},
};

const STAGING: &str = "staging";

/// The paths of objects below a root directory.
#[derive(Clone)]
pub(super) struct Layout {
    root: Arc<Path>,
}

impl Layout {
    /// Opens the root directory, creating it if it may be new.
    pub(super) fn open(root: &Path, may_be_new: bool) -> Result<Self, PortError> {
        let display = root.display();
        let blobs = root.join(BLOBS);
        if !may_be_new && !blobs.is_dir() {
            let context = format!(
                "the directory {} does not exist, although files are recorded for it; \
                 check whether its disk is mounted",
                blobs.display()
            );
            return Err(PortError::new(PortErrorKind::Unavailable, context));
        }
        for part in [BLOBS, STAGING, PROBES] {
            let path = root.join(part);
            create_directories(&path).map_err(from_io("create", &display))?;
        }
        let root = fs::canonicalize(root).map_err(from_io("open", &display))?;
        Ok(Self { root: root.into() })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.root.join(BLOBS)
    }

    /// Returns the directories that a sweep cleans.
    pub(super) fn swept_directories(&self) -> [PathBuf; 2] {
        [STAGING, PROBES].map(|part| self.root.join(part))
    }

    pub(super) fn staging_path(&self, id: Uuid) -> PathBuf {
        self.root.join(STAGING).join(id.to_string())
    }

    pub(super) fn path(&self, name: ObjectName) -> PathBuf {
        match name {
            ObjectName::Blob(key) => {
                let mut path = self.blobs();
                path.push(key.tenant_id.to_string());
                path.push(key.blob_id.to_string());
                path
            }
            ObjectName::Probe(id) => self.root.join(PROBES).join(id.to_string()),
        }
    }

    /// Fails if the disk is not mounted, in which case a missing file does not
    /// mean that it was deleted.
    pub(super) fn check_mounted(&self) -> Result<(), PortError> {
        fs::metadata(self.blobs())
            .map(|_| ())
            .map_err(from_io("find the blob directory in", self.root.display()))
    }
}

/// Creates the directory of a tenant's first file. Never creates `t`.
pub(super) fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), create_directory)
}

pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(Timestamp::EPOCH, |since| Timestamp::EPOCH.plus(since))
}
