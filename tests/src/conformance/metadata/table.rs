//! Access to the rows of one kind, and rows derived from two samples.

use std::{fmt, marker::PhantomData};

use serde_json::{Map, Value, from_value, to_value};
use tenantry_application::{
    ports::{CommitError, Refusal},
    work::Entity,
};
use tenantry_domain::id::TenantId;
use tenantry_store::{Scope, Stored};

use super::{
    kinds::{Sampled, Verb},
    world::{Company, World},
};

/// The rows of one kind and owner, written in one kind of unit of work. It is
/// displayed in the messages of failed assertions.
#[derive(Clone)]
pub(super) struct Table<'w, T> {
    /// The tenant that owns the rows; `None` for the platform.
    pub(super) owner: Option<TenantId>,
    /// The kind of unit.
    pub(super) unit: Unit,
    world: &'w World,
    company: &'w Company,
    kind: PhantomData<T>,
}

/// A kind of unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Platform,
    Tenant,
}

impl<'w, T: Sampled> Table<'w, T> {
    /// Returns a table for each owner and unit that the scope of the kind
    /// allows. The tenant is a company.
    pub(super) fn all(world: &'w World, company: &'w Company) -> Vec<Self> {
        let tenant = Some(company.id);
        let pairs = match T::SCOPE {
            Scope::Platform => vec![(None, Unit::Platform)],
            Scope::Managed(_) => vec![(tenant, Unit::Platform)],
            Scope::Tenant(_) => vec![(tenant, Unit::Tenant)],
            Scope::Shared(_) => vec![
                (None, Unit::Platform),
                (tenant, Unit::Platform),
                (tenant, Unit::Tenant),
            ],
        };
        let table = |(owner, unit)| Self {
            owner,
            unit,
            world,
            company,
            kind: PhantomData,
        };
        pairs.into_iter().map(table).collect()
    }

    /// Creates a row.
    pub(super) fn sample(&self) -> T {
        let sample = T::sample(&self.world.samples, self.owner);
        let sample = sample.unwrap_or_else(|| panic!("{self}: there is no sample"));
        assert_eq!(sample.tenant(), self.owner, "{self}: the sample's owner");
        sample
    }

    /// Creates a row of this owner with the id of another row.
    pub(super) fn sample_with_id(&self, row: &T) -> T {
        mixed(row, &self.sample(), |mixed| mixed.id() == row.id())
    }

    /// Commits a write of one row.
    pub(super) async fn commit(&self, verb: Verb, row: &T) -> Result<(), Refusal> {
        self.commit_all(&[(verb, row)]).await
    }

    /// Commits a unit; panics if the commit fails.
    pub(super) async fn commit_all(&self, writes: &[(Verb, &T)]) -> Result<(), Refusal> {
        self.send(writes).await.map_err(|error| match error {
            CommitError::Refused(refusal) => refusal,
            CommitError::Failed(error) => panic!("{self}: {error:?}"),
        })
    }

    /// Commits a unit.
    pub(super) async fn send(&self, writes: &[(Verb, &T)]) -> Result<(), CommitError> {
        let writes = writes.iter();
        match self.unit {
            Unit::Platform => {
                let record = |work: &mut _| {
                    writes.for_each(|(verb, row)| T::record_in_platform(work, *verb, row));
                };
                self.world.commit(record).await
            }
            Unit::Tenant => {
                let record = |work: &mut _| {
                    writes.for_each(|(verb, row)| T::record_in_tenant(work, *verb, row));
                };
                self.company.commit(record).await
            }
        }
    }

    /// Reads the stored row.
    pub(super) async fn read(&self, row: &T) -> Option<T> {
        T::read(self.world, self.company, row).await
    }
}

impl<T: Sampled> fmt::Display for Table<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = self.owner.map_or("the platform", |_| "a tenant");
        let kind = <T as Entity>::KIND;
        write!(f, "{kind} of {owner} in a {:?} unit", self.unit)
    }
}

/// Returns a row with each field of `other` that does not violate a condition,
/// and the remaining fields of `row`.
pub(super) fn mixed<T: Stored>(row: &T, other: &T, condition: impl Fn(&T) -> bool) -> T {
    let mut mixed = row.clone();
    for (name, value) in fields(other) {
        let mut fields = fields(&mixed);
        fields.insert(name, value);
        let row = from_value(Value::Object(fields)).expect("the fields of a row");
        // Some fields are valid only together with others.
        match T::from_row(row) {
            Ok(row) if condition(&row) => mixed = row,
            _ => {}
        }
    }
    mixed
}

fn fields<T: Stored>(row: &T) -> Map<String, Value> {
    match to_value(row.to_row()) {
        Ok(Value::Object(fields)) => fields,
        other => panic!("not an object: {other:?}"),
    }
}
