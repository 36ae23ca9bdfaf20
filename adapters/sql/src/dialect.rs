//! SQL that differs between the databases. Everything else in this crate is
//! the same for both.

use sea_orm::{
    DbBackend, Statement, Value,
    sea_query::{Expr, IntoColumnRef},
};
use std::fmt::Write;
use uuid::Uuid;

/// Claims a job; only the row lock differs between the databases.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "UPDATE jobs SET state = 'running', attempt = attempt + 1, ",
            "failures = failures + CASE state WHEN 'running' THEN 1 ELSE 0 END, lease_worker = ?, ",
            "lease_until = ?, started_at = ?, revision = revision + 1 WHERE id = (",
            "SELECT id FROM (",
            "SELECT * FROM (SELECT run_at, id FROM jobs WHERE state = 'queued' AND run_at <= ? ",
            "ORDER BY run_at, id LIMIT 1",
            $lock,
            ") AS due UNION ALL ",
            "SELECT * FROM (SELECT run_at, id FROM jobs WHERE state = 'queued' AND run_at > ? ",
            "ORDER BY run_at, id LIMIT 1",
            $lock,
            ") AS overdue UNION ALL ",
            "SELECT * FROM (SELECT run_at, id FROM jobs WHERE state = 'running' ",
            "AND (lease_until < ? OR lease_until > ?) ORDER BY run_at, id LIMIT 1",
            $lock,
            ") AS lost) AS waiting ORDER BY run_at, id LIMIT 1) RETURNING *"
        )
    };
}

/// A database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// Returns the dialect of a connection.
    pub(crate) fn of(backend: DbBackend) -> Self {
        match backend {
            DbBackend::Postgres => Self::Postgres,
            _ => Self::Sqlite,
        }
    }

    /// Returns the backend for building statements.
    pub(crate) const fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }

    /// Builds a handwritten statement, with `?` for each value.
    pub(crate) fn statement(self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        match self {
            Self::Sqlite => Statement::from_sql_and_values(self.backend(), sql, values),
            Self::Postgres => Statement::from_sql_and_values(self.backend(), numbered(sql), values),
        }
    }

    /// Returns whether a text column contains a text, byte by byte.
    pub(crate) fn contains(self, column: impl IntoColumnRef, text: &str) -> Expr {
        let template = match self {
            Self::Sqlite => "instr(?, ?) > 0",
            Self::Postgres => "strpos($1, $2) > 0",
        };
        Expr::cust_with_exprs(template, [Expr::col(column), Expr::val(text.to_owned())])
    }

    /// Returns whether an id column holds one of the ids. The ids are one value,
    /// so that the text of the statement stays the same and prepared.
    pub(crate) fn id_among(
        self,
        column: impl IntoColumnRef,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Expr {
        let ids = ids.into_iter().map(|id| id.simple().to_string());
        let json = serde_json::Value::from(ids.collect::<Vec<_>>()).to_string();
        let template = match self {
            Self::Sqlite => "? IN (SELECT unhex(value) FROM json_each(?))",
            Self::Postgres => "$1 IN (SELECT value::uuid FROM json_array_elements_text($2::json))",
        };
        Expr::cust_with_exprs(template, [Expr::col(column), Expr::val(json)])
    }

    /// Returns the statement that claims the job waiting longest: a due one, or
    /// one with an expired lease, or one whose time is impossibly far ahead. On a server, concurrent workers skip each
    /// other's rows.
    pub(crate) const fn claim(self) -> &'static str {
        match self {
            Self::Sqlite => claim!(""),
            Self::Postgres => claim!(" FOR UPDATE SKIP LOCKED"),
        }
    }

    /// Returns the statement after which the reads of a transaction share one
    /// snapshot, unless that is the default.
    pub(crate) const fn snapshot(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
        }
    }
}

/// Numbers the placeholders of a statement for `PostgreSQL`. A question mark in
/// a literal stays.
fn numbered(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len() + 16);
    let (mut number, mut is_quoted) = (0, false);
    for c in sql.chars() {
        is_quoted ^= c == '\'';
        if c == '?' && !is_quoted {
            number += 1;
            // Writing to a string does not fail.
            let _ = write!(text, "${number}");
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered() {
        assert_eq!(
            numbered("SELECT '?' WHERE a = ? AND b = ?"),
            "SELECT '?' WHERE a = $1 AND b = $2"
        );
    }
}
