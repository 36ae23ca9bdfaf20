//! Changes of audit rows past the service, as someone with access to the
//! database could make them.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use tenantry_store::schema::TableInfo;
use uuid::Uuid;

/// The table of audit entries.
pub(super) const ENTRIES: &str = "audit_entries";
/// The table of the ends of chains.
pub(super) const CHAINS: &str = "audit_chains";

/// A change of audit rows.
#[derive(Debug, Clone)]
pub enum Tampering {
    /// Adds a copy of an entry with another id.
    Copy {
        /// The entry.
        entry: Uuid,
        /// The id of the copy.
        id: Uuid,
    },
    /// Sets a column of an entry.
    Set {
        /// The entry.
        entry: Uuid,
        /// The column.
        column: &'static str,
        /// The new value.
        value: Cell,
    },
    /// Removes the entries after a position of a chain, and moves the end of
    /// the chain there.
    Truncate {
        /// The id of the chain.
        chain: Uuid,
        /// The sequence number of the last remaining entry.
        keep: i64,
    },
}

/// The value of a column.
#[derive(Debug, Clone)]
pub enum Cell {
    /// A UUID.
    Id(Uuid),
    /// A text.
    Text(&'static str),
    /// An object of texts.
    Object(&'static str, &'static str),
    /// A number.
    Integer(i64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// No value.
    Null,
}

/// The literals of a SQL database.
pub(super) struct Literals {
    /// Quotes an id.
    pub(super) id: fn(Uuid) -> String,
    /// Quotes bytes in hexadecimal.
    pub(super) bytes: fn(&str) -> String,
}

impl Literals {
    /// Returns the statements of a change.
    pub(super) fn statements(&self, change: &Tampering) -> Vec<String> {
        let id = self.id;
        match change {
            Tampering::Copy { entry, id: copy } => {
                let columns: Vec<_> = columns().into_iter().filter(|name| *name != "id").collect();
                let columns = columns.join(", ");
                vec![format!(
                    "INSERT INTO {ENTRIES} (id, {columns}) SELECT {}, {columns} FROM {ENTRIES} \
                     WHERE id = {}",
                    id(*copy),
                    id(*entry)
                )]
            }
            Tampering::Set {
                entry,
                column,
                value,
            } => vec![format!(
                "UPDATE {ENTRIES} SET {column} = {} WHERE id = {}",
                self.literal(value),
                id(*entry)
            )],
            Tampering::Truncate { chain, keep } => {
                let chain = id(*chain);
                let entries = format!("FROM {ENTRIES} WHERE chain_id = {chain} AND sequence");
                vec![
                    format!("DELETE {entries} > {keep}"),
                    format!(
                        "UPDATE {CHAINS} SET sequence = {keep}, \
                         hash = (SELECT hash {entries} = {keep}) WHERE chain_id = {chain}"
                    ),
                ]
            }
        }
    }

    fn literal(&self, cell: &Cell) -> String {
        match cell {
            Cell::Id(id) => (self.id)(*id),
            Cell::Text(text) => format!("'{text}'"),
            Cell::Object(key, value) => format!("'{}'", object(key, value)),
            Cell::Integer(number) => number.to_string(),
            Cell::Bytes(bytes) => {
                let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
                    let _ = write!(hex, "{byte:02x}");
                    hex
                });
                (self.bytes)(&hex)
            }
            Cell::Null => "NULL".to_owned(),
        }
    }
}

fn object(key: &str, value: &str) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), json!(value))]))
}

/// Returns the columns of the table of audit entries.
pub(super) fn columns() -> Vec<&'static str> {
    let tables = TableInfo::all();
    let table = tables.iter().find(|table| table.name == ENTRIES);
    let columns = &table.expect("the table of audit entries").columns;
    columns.iter().map(|column| column.name).collect()
}
