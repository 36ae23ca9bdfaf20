//! The declared tables, for comparing a database with them.

use sea_orm::{ColumnTrait, ColumnType, IdenStatic, Iterable};
use tenantry_application::work::Kind;

use crate::{Column, Stored, key_columns, table_name};

/// A declared table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInfo {
    /// The kind of its rows.
    pub kind: Kind,
    /// The name.
    pub name: &'static str,
    /// The columns.
    pub columns: Vec<ColumnInfo>,
    /// The columns of the primary key.
    pub key: Vec<&'static str>,
    /// The unique keys: the name of the index, and its columns.
    pub unique: Vec<(&'static str, Vec<&'static str>)>,
    /// The columns of the indexes that lists need, without the id.
    pub orders: Vec<Vec<&'static str>>,
    /// The columns with which further indexes begin.
    pub lookups: Vec<Vec<&'static str>>,
    /// The column that row-level security compares.
    pub protected: Option<&'static str>,
}

/// A declared column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnInfo {
    /// The name.
    pub name: &'static str,
    /// The type.
    pub data_type: DataType,
    /// Whether it may be null.
    pub is_nullable: bool,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    /// A UUID.
    Id,
    /// A text, compared byte by byte.
    Text,
    /// A 64-bit integer.
    Integer,
    /// A byte string.
    Bytes,
    /// A Boolean.
    Flag,
}

impl TableInfo {
    /// Returns the table of every kind.
    pub fn all() -> Vec<Self> {
        let tables = Kind::ALL.iter();
        tables
            .map(|kind| with_stored!(kind, T => Self::of::<T>()))
            .collect()
    }

    fn of<T: Stored>() -> Self {
        let names = |columns: &[Column<T>]| columns.iter().map(IdenStatic::as_str).collect();
        let unique = T::UNIQUE.iter();
        Self {
            kind: T::KIND,
            name: table_name::<T>(),
            columns: Column::<T>::iter()
                .map(|column| ColumnInfo::of(&column))
                .collect(),
            key: key_columns::<T>().map(|column| column.as_str()).collect(),
            unique: unique
                .map(|unique| (unique.name, names(unique.columns)))
                .collect(),
            orders: T::ORDERS.iter().map(|columns| names(columns)).collect(),
            lookups: T::LOOKUPS.iter().map(|columns| names(columns)).collect(),
            protected: T::SCOPE.protected().map(|column| column.as_str()),
        }
    }
}

impl ColumnInfo {
    fn of(column: &impl ColumnTrait) -> Self {
        let definition = column.def();
        let data_type = match definition.get_column_type() {
            ColumnType::Uuid => DataType::Id,
            ColumnType::BigInteger => DataType::Integer,
            ColumnType::Boolean => DataType::Flag,
            ColumnType::VarBinary(_) | ColumnType::Binary(_) | ColumnType::Blob => DataType::Bytes,
            _ => DataType::Text,
        };
        Self {
            name: column.as_str(),
            data_type,
            is_nullable: definition.is_null(),
        }
    }
}
