//! The declaration of a stored kind.

use std::fmt::Debug;

use sea_orm::{
    ColumnTrait, EntityName, EntityTrait, IntoActiveModel, Iterable, ModelTrait,
    PrimaryKeyToColumn, Value,
};
use serde::{Serialize, de::DeserializeOwned};
use tenantry_application::{
    ports::{PortError, UniqueKey},
    work::{Entity, Kind},
};

use crate::{Key, tables::Tabled};

/// The row of a stored type.
pub type Row<T> = <<T as Stored>::Table as EntityTrait>::Model;

/// The columns of a stored type.
pub type Column<T> = <<T as Stored>::Table as EntityTrait>::Column;

/// A type of the domain that is stored as rows of one table. Everything a
/// store needs to know about the kind is declared here.
pub trait Stored: Tabled + Clone + Debug + Send + Sync + 'static {
    /// The table, as a sea-orm entity.
    type Table: EntityTrait<
            Model: Serialize
                       + DeserializeOwned
                       + IntoActiveModel<<Self::Table as EntityTrait>::ActiveModel>
                       + Sync,
            ActiveModel: Send,
        >;

    /// The kind.
    const KIND: Kind;

    /// The owner of the rows.
    const SCOPE: Scope<Column<Self>>;

    /// The unique keys besides the primary key.
    const UNIQUE: &'static [Unique<Column<Self>>] = &[];

    /// Columns that an update of the row leaves alone, because separate changes
    /// raise them.
    const COUNTERS: &'static [Column<Self>] = &[];

    /// The indexes that lists need: equality columns, then the sort column. The
    /// id follows implicitly. Every store must have each of them.
    const ORDERS: &'static [&'static [Column<Self>]] = &[];

    /// Further indexes, for queries that are not sorted lists. Every store must
    /// have an index that begins with these columns.
    const LOOKUPS: &'static [&'static [Column<Self>]] = &[];

    /// Returns the primary key.
    fn key(&self) -> Key;

    /// Returns the row with the [`COUNTERS`](Self::COUNTERS) of the stored one.
    #[must_use]
    fn keep_counters(self, _stored: &Self) -> Self {
        self
    }

    /// Converts to the row.
    fn to_row(&self) -> Row<Self>;

    /// Converts from the row; a value that violates the types of the domain is
    /// [`Corrupt`](tenantry_application::ports::PortErrorKind::Corrupt).
    fn from_row(row: Row<Self>) -> Result<Self, PortError>;
}

/// A stored entity with an id and a revision.
pub trait StoredEntity: Stored + Entity {}

impl<T: Stored + Entity> StoredEntity for T {}

/// The owner of the rows of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<C> {
    /// Rows of the platform.
    Platform,
    /// Rows of a tenant that units of work of the platform write. The column
    /// holds the tenant.
    Managed(C),
    /// Rows of a tenant, behind its handle and its row-level security.
    Tenant(C),
    /// Rows of a tenant, behind its handle, or of the platform where the column
    /// is null or the nil UUID.
    Shared(C),
}

impl<C: Copy> Scope<C> {
    /// Returns the column that holds the tenant.
    pub const fn column(self) -> Option<C> {
        match self {
            Self::Platform => None,
            Self::Managed(column) | Self::Tenant(column) | Self::Shared(column) => Some(column),
        }
    }

    /// Returns the column of rows that a tenant's handle reaches, which
    /// row-level security protects.
    pub const fn protected(self) -> Option<C> {
        match self {
            Self::Platform | Self::Managed(_) => None,
            Self::Tenant(column) | Self::Shared(column) => Some(column),
        }
    }
}

/// A unique key. Rows in which one of the columns is null do not hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unique<C: 'static> {
    /// The key, as refusals name it.
    pub key: UniqueKey,
    /// The name of the index.
    pub name: &'static str,
    /// The columns.
    pub columns: &'static [C],
}

/// A unique key with the value that one row holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The kind of the row.
    pub kind: Kind,
    /// The key.
    pub key: UniqueKey,
    /// The name of the key's index.
    pub name: &'static str,
    /// The values of the key's columns.
    pub values: Vec<Value>,
}

/// Returns the unique keys that an entity holds once it is stored.
pub fn claims<T: Stored>(entity: &T) -> Vec<Claim> {
    if T::UNIQUE.is_empty() {
        return Vec::new();
    }
    let row = entity.to_row();
    let claim = |unique: &Unique<Column<T>>| {
        let values = unique.columns.iter().map(|column| row.get(*column));
        let values: Vec<Value> = values.collect();
        let is_held = values.iter().all(|value| *value != value.as_null());
        is_held.then_some(Claim {
            kind: T::KIND,
            key: unique.key,
            name: unique.name,
            values,
        })
    };
    T::UNIQUE.iter().filter_map(claim).collect()
}

/// Returns the columns of the primary key.
pub fn key_columns<T: Stored>() -> impl Iterator<Item = Column<T>> {
    <T::Table as EntityTrait>::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column)
}

/// Returns the columns of the primary key with their values.
pub fn key_values<T: Stored>(key: Key) -> Vec<(Column<T>, Value)> {
    let values: Vec<Value> = match key {
        Key::Id(id) => vec![id.into()],
        Key::Pair(first, second) => vec![first.into(), second.into()],
    };
    key_columns::<T>().zip(values).collect()
}

/// Returns the name of the table or collection.
pub fn table_name<T: Stored>() -> &'static str {
    T::Table::default().table_name()
}

/// Returns whether a column is the whole primary key.
pub fn is_single_key<T: Stored>(column: Column<T>) -> bool {
    let mut columns = key_columns::<T>();
    columns.next().is_some_and(|key| is_same(key, column)) && columns.next().is_none()
}

/// Returns whether two columns are the same.
pub fn is_same<C: ColumnTrait>(a: C, b: C) -> bool {
    a.as_str() == b.as_str()
}
