//! The difference between a database and the declared tables.

use std::collections::BTreeSet;

use sea_orm::QueryResult;
use tenantry_application::ports::PortError;
use tenantry_store::schema::{ColumnInfo, DataType, TableInfo};

use crate::{dialect::Dialect, error::port_error, reader::Reader};

const SQLITE_COLUMNS: &str = "\
    SELECT name, lower(type) AS type, \"notnull\" = 0 AND pk = 0 AS nullable \
    FROM pragma_table_info(?)";

const SQLITE_INDEXES: &str = "\
    SELECT l.name AS index_name, l.\"unique\" AS is_unique, \
    (SELECT group_concat(name, ',') FROM (SELECT i.name FROM pragma_index_info(l.name) i \
    ORDER BY i.seqno)) AS columns FROM pragma_index_list(?) l";

const POSTGRES_COLUMNS: &str = "\
    SELECT column_name::text AS name, \
    data_type || CASE WHEN data_type = 'text' AND collation_name IS DISTINCT FROM 'C' \
    THEN ' without COLLATE \"C\"' ELSE '' END AS type, \
    is_nullable = 'YES' AS nullable FROM information_schema.columns \
    WHERE table_schema = current_schema() AND table_name = ?";

const POSTGRES_INDEXES: &str = "\
    SELECT c.relname::text AS index_name, x.indisunique AS is_unique, \
    (SELECT string_agg(a.attname::text, ',' ORDER BY k.position) \
    FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, position) \
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number) AS columns \
    FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid \
    WHERE x.indrelid = to_regclass(current_schema() || '.' || ?)";

const POSTGRES_POLICIES: &str = "\
    SELECT qual AS policy FROM pg_policies p \
    JOIN pg_class c ON c.oid = to_regclass(p.schemaname || '.' || p.tablename) \
    WHERE p.schemaname = current_schema() AND p.tablename = ? \
    AND p.policyname = 'tenantry_tenant' AND c.relrowsecurity \
    AND has_table_privilege('tenantry_tenant', c.oid, 'SELECT, INSERT, UPDATE, DELETE')";

/// Returns a line for each declared table, column, index or policy that the
/// database lacks or that differs. With `has_policies` it also compares
/// row-level security.
pub(crate) async fn drift(reader: &Reader, has_policies: bool) -> Result<Vec<String>, PortError> {
    let mut lines = Vec::new();
    for table in TableInfo::all() {
        let name = table.name;
        let columns = columns(reader, name).await?;
        let declared = table.columns.iter();
        let declared = declared
            .map(|column| describe(column, reader.dialect))
            .collect();
        compare(&mut lines, name, &declared, &columns);
        let indexes = indexes(reader, name).await?;
        for (index, columns) in &table.unique {
            let is_there = |found: &Index| {
                found.is_unique && found.name == *index && found.columns.iter().eq(columns)
            };
            if !indexes.iter().any(is_there) {
                lines.push(format!("{name}: no unique index {index} on {columns:?}"));
            }
        }
        for lookup in &table.lookups {
            if !indexes.iter().any(|found| found.begins_with(lookup)) {
                lines.push(format!("{name}: no index on {lookup:?}"));
            }
        }
        for found in &indexes {
            let mut plain = table.orders.iter().chain(&table.lookups);
            let is_declared = if found.is_unique {
                found.columns.iter().eq(&table.key)
                    || table.unique.iter().any(|(name, _)| found.name == *name)
            } else {
                plain.any(|columns| found.begins_with(columns))
            };
            if !is_declared {
                lines.push(format!("{name}: undeclared index {}", found.name));
            }
        }
        for order in &table.orders {
            let with_id = order.iter().chain(&["id"]);
            let serves = |found: &Index| {
                found.columns.iter().eq(with_id.clone())
                    || (found.is_unique && found.columns.iter().eq(order))
            };
            if !indexes.iter().any(serves) {
                lines.push(format!("{name}: no index for the order {order:?}"));
            }
        }
        if let Some(column) = table.protected.filter(|_| has_policies) {
            let policies = reader.rows_by("read policies", POSTGRES_POLICIES, [name.into()]);
            let policies = policies.await?;
            let policies = policies.iter().map(|row| text(row, "policy"));
            let policies = policies.collect::<Result<Vec<_>, _>>()?;
            let prefix = format!("({column} = ");
            if !policies.iter().any(|policy| policy.starts_with(&prefix)) {
                lines.push(format!("{name}: no row-level security on {column}"));
            }
        }
    }
    Ok(lines)
}

fn compare(
    lines: &mut Vec<String>,
    table: &str,
    declared: &BTreeSet<String>,
    found: &BTreeSet<String>,
) {
    for column in declared.difference(found) {
        lines.push(format!("{table}: no column {column}"));
    }
    for column in found.difference(declared) {
        lines.push(format!("{table}: undeclared column {column}"));
    }
}

fn describe(column: &ColumnInfo, dialect: Dialect) -> String {
    let data_type = match (column.data_type, dialect) {
        (DataType::Id, Dialect::Sqlite) => "uuid_text",
        (DataType::Id, Dialect::Postgres) => "uuid",
        (DataType::Text, _) => "text",
        (DataType::Integer, Dialect::Sqlite) => "integer",
        (DataType::Integer, Dialect::Postgres) => "bigint",
        (DataType::Bytes, Dialect::Sqlite) => "blob",
        (DataType::Bytes, Dialect::Postgres) => "bytea",
        (DataType::Flag, _) => "boolean",
    };
    line(column.name, data_type, column.is_nullable)
}

fn line(name: &str, data_type: &str, is_nullable: bool) -> String {
    let null = if is_nullable { "NULL" } else { "NOT NULL" };
    format!("{name} {data_type} {null}")
}

async fn columns(reader: &Reader, table: &str) -> Result<BTreeSet<String>, PortError> {
    let sql = match reader.dialect {
        Dialect::Sqlite => SQLITE_COLUMNS,
        Dialect::Postgres => POSTGRES_COLUMNS,
    };
    let rows = reader
        .rows_by("read the columns", sql, [table.into()])
        .await?;
    let column = |row: &QueryResult| {
        let (name, data_type) = (text(row, "name")?, text(row, "type")?);
        Ok(line(&name, &data_type, flag(row, "nullable")?))
    };
    rows.iter().map(column).collect()
}

struct Index {
    name: String,
    is_unique: bool,
    columns: Vec<String>,
}

impl Index {
    fn begins_with(&self, columns: &[&str]) -> bool {
        let mut own = self.columns.iter();
        columns
            .iter()
            .all(|column| own.next().is_some_and(|own| own == column))
    }
}

async fn indexes(reader: &Reader, table: &str) -> Result<Vec<Index>, PortError> {
    let sql = match reader.dialect {
        Dialect::Sqlite => SQLITE_INDEXES,
        Dialect::Postgres => POSTGRES_INDEXES,
    };
    let rows = reader
        .rows_by("read the indexes", sql, [table.into()])
        .await?;
    let index = |row: &QueryResult| {
        let columns = text(row, "columns")?;
        Ok(Index {
            name: text(row, "index_name")?,
            is_unique: flag(row, "is_unique")?,
            columns: columns.split(',').map(str::to_owned).collect(),
        })
    };
    rows.iter().map(index).collect()
}

fn text(row: &QueryResult, column: &str) -> Result<String, PortError> {
    row.try_get("", column)
        .map_err(|error| port_error("read the schema", error))
}

fn flag(row: &QueryResult, column: &str) -> Result<bool, PortError> {
    row.try_get("", column)
        .map_err(|error| port_error("read the schema", error))
}
