//! The root secret: configured, or generated for development.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

use tenantry_config::Config;
use tenantry_crypto::{RootSecret, random_secret};

use crate::error::StartError;

/// The file of a generated secret in the data directory.
const FILE: &str = "root.secret";

/// Returns the configured secret, or the one in the data directory, which is
/// generated if missing. The validation of strict profiles rejects a missing
/// secret before.
pub(crate) fn load(config: &Config) -> Result<RootSecret, StartError> {
    match &config.security.secret {
        Some(secret) => Ok(RootSecret::new(secret.expose().as_bytes())),
        None => read_or_generate(&config.app.data),
    }
}

/// Creates the data directory with access for its owner only.
pub(crate) fn create_data_directory(data: &Path) -> Result<(), StartError> {
    let created = tenantry_disk::create_directories(data);
    let operation = || format!("cannot create the data directory {}", data.display());
    created.map_err(|e| StartError::io(operation(), e))
}

fn read_or_generate(data: &Path) -> Result<RootSecret, StartError> {
    create_data_directory(data)?;
    let path = data.join(FILE);
    let failed = |verb: &str, e| StartError::io(format!("cannot {verb} {}", path.display()), e);
    // A hard link makes the secret appear atomically, for concurrent starts and
    // after a crash.
    if let Err(error) = fs::metadata(&path) {
        if error.kind() != ErrorKind::NotFound {
            return Err(failed("read", error));
        }
        let secret = random_secret()?;
        let temporary = data.join(format!("{FILE}.{}", std::process::id()));
        // Left by a process with the same id that was killed.
        tenantry_disk::remove(&temporary).map_err(|e| failed("write", e))?;
        let file = tenantry_disk::create_temporary(&temporary);
        let mut file = file.map_err(|e| failed("write", e))?;
        file.write_all(secret.as_bytes())
            .map_err(|e| failed("write", e))?;
        file.sync_all().map_err(|e| failed("write", e))?;
        match tenantry_disk::link(&temporary, &path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(failed("write", error));
            }
            _ => {}
        }
        tenantry_disk::remove_temporary(&temporary)
            .map_err(|e| failed("remove the temporary file of", e))?;
    }
    let secret = fs::read(&path).map_err(|e| failed("read", e))?;
    if secret.len() < 32 {
        return Err(StartError::setting(
            "security.secret",
            format!(
                "{} contains less than 32 bytes; restore it, or set the secret",
                path.display()
            ),
        ));
    }
    Ok(RootSecret::new(&secret))
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_secret_is_generated_once_and_private() {
        let folder = tempfile::tempdir().expect("create a directory");
        read_or_generate(folder.path()).expect("generate the secret");
        let path = folder.path().join(FILE);
        let first = fs::read(&path).expect("read the file");
        read_or_generate(folder.path()).expect("read the secret");
        assert_eq!(fs::read(&path).expect("read the file"), first);
        let metadata = fs::metadata(&path).expect("read the metadata");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        let entries = fs::read_dir(folder.path()).expect("list the directory");
        assert_eq!(entries.count(), 1);
    }

    #[test]
    fn a_truncated_secret_is_rejected() {
        let folder = tempfile::tempdir().expect("create a directory");
        fs::write(folder.path().join(FILE), "short").expect("write the file");
        assert!(read_or_generate(folder.path()).is_err());
    }
}
