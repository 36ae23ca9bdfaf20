//! Each change on a model of a file system that loses power, and on the real
//! one.

#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::{cell::RefCell, collections::BTreeSet, path::PathBuf};

use super::*;

/// A file system that forgets unsynced names when the power fails.
#[derive(Default)]
struct Model(RefCell<Names>);

#[derive(Default)]
struct Names {
    current: BTreeSet<PathBuf>,
    durable: BTreeSet<PathBuf>,
}

impl Model {
    fn with(paths: &[&str]) -> Self {
        let model = Self::default();
        let mut names = model.0.borrow_mut();
        names.current = paths.iter().map(PathBuf::from).collect();
        names.durable = names.current.clone();
        drop(names);
        model
    }

    fn add(&self, path: &Path) -> io::Result<()> {
        let mut names = self.0.borrow_mut();
        let parent = path.parent().expect("a parent");
        if parent != Path::new("/") && !names.current.contains(parent) {
            return Err(ErrorKind::NotFound.into());
        }
        if names.current.insert(path.to_owned()) {
            Ok(())
        } else {
            Err(ErrorKind::AlreadyExists.into())
        }
    }

    /// Returns the names after a power failure. A name in a lost directory is
    /// lost with it.
    fn after_power_failure(&self) -> Vec<String> {
        let names = self.0.borrow();
        let durable = &names.durable;
        let is_reachable = |path: &&PathBuf| {
            let mut parents = path.ancestors().skip(1);
            parents.all(|parent| parent == Path::new("/") || durable.contains(parent))
        };
        let reachable = durable.iter().filter(is_reachable);
        reachable.map(|path| path.display().to_string()).collect()
    }
}

impl System for Model {
    type File = ();

    fn is_directory(&self, path: &Path) -> bool {
        path == Path::new("/") || self.0.borrow().current.contains(path)
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.add(path)
    }

    fn create_file(&self, path: &Path) -> io::Result<()> {
        self.add(path)
    }

    fn link(&self, _from: &Path, to: &Path) -> io::Result<()> {
        self.add(to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.remove_file(from)?;
        self.0.borrow_mut().current.insert(to.to_owned());
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        if self.0.borrow_mut().current.remove(path) {
            Ok(())
        } else {
            Err(ErrorKind::NotFound.into())
        }
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut names = self.0.borrow_mut();
        let Names { current, durable } = &mut *names;
        durable.retain(|name| name.parent() != Some(path));
        let synced = current.iter().filter(|name| name.parent() == Some(path));
        durable.extend(synced.cloned());
        Ok(())
    }
}

fn path(text: &str) -> &Path {
    Path::new(text)
}

#[test]
fn directories_survive_with_all_their_parents() {
    let model = Model::with(&["/srv"]);
    create_directories_on(&model, path("/srv/a/b/c")).expect("created");
    let expected = ["/srv", "/srv/a", "/srv/a/b", "/srv/a/b/c"];
    assert_eq!(model.after_power_failure(), expected);
    create_directories_on(&model, path("/srv/a/b/c")).expect("exists");
    // Created by another process, which has not synced it yet.
    model.create_directory(path("/srv/d")).expect("created");
    create_directory_on(&model, path("/srv/d")).expect("exists");
    assert!(model.after_power_failure().contains(&"/srv/d".to_owned()));
}

#[test]
fn new_names_survive() {
    let model = Model::with(&["/a", "/a/from", "/b"]);
    ensure_file_on(&model, path("/a/file")).expect("created");
    ensure_file_on(&model, path("/a/file")).expect("exists");
    link_on(&model, path("/a/from"), path("/b/linked")).expect("linked");
    assert!(link_on(&model, path("/a/from"), path("/b/linked")).is_err());
    rename_on(&model, path("/a/from"), path("/b/renamed")).expect("renamed");
    let expected = ["/a", "/a/file", "/b", "/b/linked", "/b/renamed"];
    assert_eq!(model.after_power_failure(), expected);
}

#[test]
fn removed_names_do_not_reappear() {
    let model = Model::with(&["/a", "/a/file", "/a/other"]);
    assert!(remove_on(&model, path("/a/file")).expect("removed"));
    assert_eq!(model.after_power_failure(), ["/a", "/a/other"]);
    // Another process has removed it, without a sync.
    model.remove_file(path("/a/other")).expect("removed");
    assert!(!remove_on(&model, path("/a/other")).expect("missing"));
    assert_eq!(model.after_power_failure(), ["/a"]);
}

#[test]
fn the_real_file_system_behaves_as_the_model() {
    let folder = tempfile::tempdir().expect("a directory");
    let at = |name: &str| folder.path().join(name);
    create_directories(&at("a/b")).expect("created");
    create_directory(&at("c")).expect("created");
    ensure_file(&at("a/file")).expect("created");
    drop(create_temporary(&at("a/temporary")).expect("created"));
    assert!(create_temporary(&at("a/temporary")).is_err());
    link(&at("a/temporary"), &at("c/linked")).expect("linked");
    assert!(link(&at("a/temporary"), &at("c/linked")).is_err());
    rename(&at("a/file"), &at("c/renamed")).expect("renamed");
    remove_temporary(&at("a/temporary")).expect("removed");
    assert!(remove(&at("c/linked")).expect("removed"));
    assert!(!remove(&at("c/linked")).expect("missing"));
    assert!(!remove(&at("no/such/file")).expect("missing"));
    assert!(at("a/b").is_dir() && at("c/renamed").is_file());
    assert!(!at("a/file").exists() && !at("a/temporary").exists());
}
