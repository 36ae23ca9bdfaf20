//! A file system that can lose its power.

use std::{ffi::OsStr, fs::File, path::PathBuf, process::Command};

use tempfile::TempDir;

/// Ends a file system without writing its journal or anything else to the
/// device: `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`.
const SHUT_DOWN: &str = "\
import fcntl, os, struct, sys
root = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(root, 0x8004587D, struct.pack('I', 2))
";

/// An ext4 file system in a file, mounted through a loop device. Requires root.
pub(crate) struct Volume(TempDir);

impl Volume {
    const BYTES: u64 = 2 << 30;

    /// Creates and mounts an empty file system.
    pub(crate) fn new() -> Self {
        let volume = Self(tempfile::tempdir().expect("a folder"));
        let image = File::create(volume.image()).expect("a file");
        image.set_len(Self::BYTES).expect("a sparse file");
        run("mkfs.ext4", &[OsStr::new("-q"), volume.image().as_os_str()]);
        std::fs::create_dir(volume.path()).expect("a folder");
        volume.mount();
        volume
    }

    /// Returns the path of the root folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("mounted")
    }

    /// Loses every write that is not yet on the device, and mounts the file
    /// system again. Its users must have ended.
    pub(crate) fn cut_power(&self) {
        let path = self.path();
        run(
            "python3",
            &[OsStr::new("-c"), OsStr::new(SHUT_DOWN), path.as_os_str()],
        );
        run("umount", &[path.as_os_str()]);
        self.mount();
    }

    fn image(&self) -> PathBuf {
        self.0.path().join("image")
    }

    fn mount(&self) {
        let (image, path) = (self.image(), self.path());
        run(
            "mount",
            &[
                OsStr::new("-o"),
                OsStr::new("loop"),
                image.as_os_str(),
                path.as_os_str(),
            ],
        );
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Lazily: a failed test may leave a process that uses it.
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            println!("cannot unmount {}", self.path().display());
        }
    }
}

fn run(program: &str, arguments: &[&OsStr]) {
    let status = Command::new(program).args(arguments).status();
    let succeeded = status.is_ok_and(|status| status.success());
    assert!(
        succeeded,
        "{program} failed; power cuts require root, loop devices and ext4"
    );
}
