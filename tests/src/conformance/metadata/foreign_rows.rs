//! Rows of every kind that belong to another tenant: they are invisible, and no
//! write changes them.

use std::fmt;

use tenantry_application::{
    ports::{CommitError, PortErrorKind, Refusal, UniqueKey},
    work::Entity,
};
use tenantry_store::Scope;

use super::{
    kinds::{Sampled, Verb, each_kind},
    table::{Table, Unit},
    world::{Company, World},
};

/// A stored row, and an intruder's table of the same kind.
struct Trespass<'w, T> {
    row: T,
    foreign: Table<'w, T>,
    own: Table<'w, T>,
}

impl<'w, T: Sampled> Trespass<'w, T> {
    /// Adds a row to each table of the victim's tenant and of the platform, for
    /// each table of another owner.
    async fn all(world: &'w World, [victim, intruder]: &'w [Company; 2]) -> Vec<Self> {
        let mut all = Vec::new();
        for own in Table::all(world, intruder) {
            for foreign in Table::<T>::all(world, victim) {
                if foreign.owner != own.owner {
                    let row = foreign.sample();
                    let own = own.clone();
                    assert_eq!(foreign.commit(Verb::Add, &row).await, Ok(()), "{foreign}");
                    all.push(Self { row, foreign, own });
                }
            }
        }
        all
    }

    /// Creates a row of the intruder with the foreign id; `None` if the id
    /// contains the tenant.
    fn disguised(&self) -> Option<T> {
        let row = self.own.sample_with_id(&self.row);
        (row.tenant() == self.own.owner).then_some(row)
    }

    /// Reads through the handle of the intruder; `None` if the platform reads the
    /// kind.
    async fn find(&self, row: &T) -> Option<Option<T>> {
        match T::SCOPE {
            Scope::Tenant(_) => Some(self.own.read(row).await),
            _ => None,
        }
    }

    async fn is_untouched(&self) {
        let row = self.foreign.read(&self.row).await;
        assert_eq!(row.as_ref(), Some(&self.row), "{self}");
    }
}

impl<T: Sampled> fmt::Display for Trespass<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, over a {}", self.own, self.foreign)
    }
}

async fn companies(world: &World) -> [Company; 2] {
    [world.company("Acme").await, world.company("Globex").await]
}

/// Checks that a foreign id with the intruder's tenant on the row is missing.
pub(super) async fn a_foreign_id_is_missing(world: &World) {
    let companies = companies(world).await;
    each_kind!(T => {
        for trespass in Trespass::<T>::all(world, &companies).await {
            find_nothing(&trespass).await;
        }
    });
}

async fn find_nothing<T: Sampled>(trespass: &Trespass<'_, T>) {
    if let Some(found) = trespass.find(&trespass.row).await {
        assert_eq!(found, None, "{trespass}");
    }
    let Some(row) = trespass.disguised() else {
        return;
    };
    let missing = Err(Refusal::Missing(<T as Entity>::KIND));
    for verb in [Verb::Update, Verb::Remove] {
        let outcome = trespass.own.commit(verb, &row).await;
        assert_eq!(outcome, missing, "{trespass}: {verb:?}");
        trespass.is_untouched().await;
    }
}

/// Checks that a foreign id may be taken or free, but its row is unchanged.
pub(super) async fn a_foreign_id_cannot_be_overwritten(world: &World) {
    let companies = companies(world).await;
    each_kind!(T => {
        for trespass in Trespass::<T>::all(world, &companies).await {
            overwrite_nothing(&trespass).await;
        }
    });
}

async fn overwrite_nothing<T: Sampled>(trespass: &Trespass<'_, T>) {
    let Some(row) = trespass.disguised() else {
        return;
    };
    let added = trespass.own.commit(Verb::Add, &row).await;
    if let Err(refusal) = added {
        let taken = Refusal::Duplicate(UniqueKey::Id(<T as Entity>::KIND));
        assert_eq!(refusal, taken, "{trespass}");
    }
    if let Some(found) = trespass.find(&row).await {
        assert_eq!(found, added.is_ok().then_some(row), "{trespass}");
    }
    trespass.is_untouched().await;
}

/// Checks that a row with another tenant is an internal error, which no store
/// receives.
pub(super) async fn a_foreign_row_cannot_be_recorded(world: &World) {
    let companies = companies(world).await;
    each_kind!(T => {
        for trespass in Trespass::<T>::all(world, &companies).await {
            record_nothing(&trespass).await;
        }
    });
}

async fn record_nothing<T: Sampled>(trespass: &Trespass<'_, T>) {
    if trespass.own.unit == Unit::Platform {
        return;
    }
    for verb in [Verb::Add, Verb::Update, Verb::Remove] {
        let outcome = trespass.own.send(&[(verb, &trespass.row)]).await;
        let kind = match outcome {
            Err(CommitError::Failed(error)) => error.kind,
            _ => panic!("{trespass}: {verb:?}: {outcome:?}"),
        };
        assert_eq!(kind, PortErrorKind::Internal, "{trespass}: {verb:?}");
        trespass.is_untouched().await;
    }
}
