//! Names that are being committed.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use crate::work::Kind;

/// A name: the kind of its row, the owner of its space, and the text.
pub(super) type Name = (Kind, Uuid, String);

/// The names that use cases of this process are committing. Two use cases that
/// choose a free name at the same time choose different ones.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashSet<Name>>);

impl Names {
    /// Holds a name; `None` if it is held.
    pub(super) fn hold(&self, name: Name) -> Option<NameHold<'_>> {
        let is_free = self.lock().insert(name.clone());
        is_free.then_some(NameHold { names: self, name })
    }

    // A poisoned lock is safe to use: no method panics between two changes.
    fn lock(&self) -> MutexGuard<'_, HashSet<Name>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A held name, released when it is dropped.
#[derive(Debug)]
pub(crate) struct NameHold<'c> {
    names: &'c Names,
    name: Name,
}

impl Drop for NameHold<'_> {
    fn drop(&mut self) {
        self.names.lock().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_held_once() {
        let names = Names::default();
        let name = || (Kind::File, Uuid::nil(), "a.txt".to_owned());
        let other = (Kind::Tenant, Uuid::nil(), "a.txt".to_owned());
        let first = names.hold(name());
        assert!(first.is_some() && names.hold(name()).is_none());
        assert!(names.hold(other).is_some());
        drop(first);
        assert!(names.hold(name()).is_some());
    }
}
