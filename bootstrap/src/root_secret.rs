//! The root secret: configured, or made once for development.

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use tenantry_config::Config;
use tenantry_crypto::{RootSecret, random_secret};

use crate::error::StartError;

/// The file in the data folder that keeps a secret made for development.
const FILE: &str = "root.secret";

/// The configured secret; without one, that of the data folder, made if it is
/// missing. Profiles that ask for a secret have refused to load by now.
pub(crate) fn load(config: &Config) -> Result<RootSecret, StartError> {
    match &config.security.secret {
        Some(secret) => Ok(RootSecret::new(secret.expose().as_bytes())),
        None => kept(&config.app.data),
    }
}

/// Makes the data folder, for its owner alone.
pub(crate) fn make_data_folder(data: &Path) -> Result<(), StartError> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data);
    made.map_err(|e| StartError::io(format!("cannot make the data folder {}", data.display()), e))
}

fn kept(data: &Path) -> Result<RootSecret, StartError> {
    make_data_folder(data)?;
    let path = data.join(FILE);
    let failed = |what: &str, e| StartError::io(format!("cannot {what} {}", path.display()), e);
    // Written aside and linked into place: whoever comes second, or comes back
    // after a crash, finds a whole secret or none.
    if let Err(error) = fs::metadata(&path) {
        if error.kind() != ErrorKind::NotFound {
            return Err(failed("read", error));
        }
        let secret = random_secret()?;
        let aside = data.join(format!("{FILE}.{}", std::process::id()));
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)
            .map_err(|e| failed("write", e))?;
        file.write_all(secret.as_bytes())
            .map_err(|e| failed("write", e))?;
        file.sync_all().map_err(|e| failed("write", e))?;
        match fs::hard_link(&aside, &path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(failed("write", error));
            }
            _ => {}
        }
        fs::remove_file(&aside).map_err(|e| failed("tidy up beside", e))?;
    }
    let secret = fs::read(&path).map_err(|e| failed("read", e))?;
    if secret.len() < 32 {
        return Err(StartError::setting(
            "security.secret",
            format!(
                "{} does not hold a secret of at least 32 bytes",
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
    fn a_secret_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        kept(folder.path()).expect("made");
        let path = folder.path().join(FILE);
        let first = fs::read(&path).expect("there");
        kept(folder.path()).expect("read");
        assert_eq!(fs::read(&path).expect("there"), first);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_cut_secret_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), "short").expect("written");
        assert!(kept(folder.path()).is_err());
    }
}
