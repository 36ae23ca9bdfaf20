//! Storing documents, many in one command.

use futures_util::future::try_join_all;
use mongodb::{
    ClientSession,
    bson::{self, Document, RawArrayBuf, RawBson, RawDocumentBuf, raw::cstr, rawdoc},
    error::Error,
};
use serde::Deserialize;

use super::fault::Fault;
use crate::{
    database::Database,
    plan::{Image, Table},
};

/// What one command may hold.
const MOST_STEPS: usize = 1000;
const MOST_BYTES: usize = 12 * 1024 * 1024;

/// How safe a write must be before the server answers for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safety {
    /// Seen by who reads next.
    Written,
    /// On the disk.
    Journaled,
    /// What its transaction says.
    OfTransaction,
}

/// Stores documents: epochs last, the rest at once.
pub(super) async fn store(
    database: &Database,
    images: &[Image],
    safety: Safety,
) -> Result<(), Fault> {
    let epochs = images.partition_point(|image| image.cell.table < Table::Epochs);
    let (rows, epochs) = images.split_at(epochs);
    run_all(database, commands(rows, safety)).await?;
    run_all(database, commands(epochs, safety)).await
}

async fn run_all(database: &Database, commands: Vec<RawDocumentBuf>) -> Result<(), Fault> {
    let mut replies = Vec::with_capacity(commands.len());
    for command in commands {
        replies.push(run(database, command));
    }
    try_join_all(replies).await?;
    Ok(())
}

/// Stores documents within a transaction.
pub(super) async fn store_in(
    database: &Database,
    session: &mut ClientSession,
    images: &[Image],
) -> Result<(), Fault> {
    for command in commands(images, Safety::OfTransaction) {
        let run = database.db.run_raw_command(command).session(&mut *session);
        check(database.bounded(run).await?)?;
    }
    Ok(())
}

/// Runs a command that writes.
pub(super) async fn run(database: &Database, command: RawDocumentBuf) -> Result<(), Fault> {
    let run = database.db.run_raw_command(command);
    check(database.bounded(run).await?)
}

/// What a server complains of in answer to a command that writes.
#[derive(Debug, Deserialize)]
struct Reply {
    #[serde(default, rename = "writeErrors")]
    write_errors: Vec<Complaint>,
    #[serde(default, rename = "writeConcernError")]
    write_concern_error: Option<Complaint>,
}

#[derive(Debug, Deserialize)]
struct Complaint {
    code: i32,
    #[serde(default)]
    errmsg: String,
}

fn check(reply: Document) -> Result<(), Fault> {
    let reply: Reply = bson::deserialize_from_document(reply).map_err(Error::from)?;
    let first = reply.write_errors.into_iter().next();
    match first.or(reply.write_concern_error) {
        Some(Complaint { code, errmsg }) => Err(Fault::Write {
            code,
            message: errmsg,
        }),
        None => Ok(()),
    }
}

/// Commands that bring collections to what images of them say.
fn commands(images: &[Image], safety: Safety) -> Vec<RawDocumentBuf> {
    let mut commands = Vec::new();
    for of_table in images.chunk_by(|a, b| a.cell.table == b.cell.table) {
        let Some(first) = of_table.first() else {
            continue;
        };
        let mut inserts = Batch::of(Verb::Insert, first.cell.table, safety);
        let mut updates = Batch::of(Verb::Update, first.cell.table, safety);
        let mut deletes = Batch::of(Verb::Delete, first.cell.table, safety);
        for image in of_table {
            let query = rawdoc! { "_id": RawBson::from(&image.cell.key) };
            match &image.document {
                Some(document) if image.is_new => {
                    inserts.push(document.clone(), &mut commands);
                }
                Some(document) => {
                    let step = rawdoc! { "q": query, "u": document.clone(), "upsert": true };
                    updates.push(step, &mut commands);
                }
                None => {
                    deletes.push(rawdoc! { "q": query, "limit": 1 }, &mut commands);
                }
            }
        }
        inserts.finish(&mut commands);
        updates.finish(&mut commands);
        deletes.finish(&mut commands);
    }
    commands
}

/// What a command does with each document.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Insert,
    Update,
    Delete,
}

/// What goes into one command.
struct Batch {
    verb: Verb,
    table: Table,
    safety: Safety,
    steps: RawArrayBuf,
    count: usize,
    bytes: usize,
}

impl Batch {
    fn of(verb: Verb, table: Table, safety: Safety) -> Self {
        Self {
            verb,
            table,
            safety,
            steps: RawArrayBuf::new(),
            count: 0,
            bytes: 0,
        }
    }

    fn push(&mut self, step: RawDocumentBuf, commands: &mut Vec<RawDocumentBuf>) {
        let bytes = step.as_bytes().len();
        if self.count >= MOST_STEPS || self.bytes + bytes > MOST_BYTES {
            self.finish(commands);
        }
        self.steps.push(step);
        self.count += 1;
        self.bytes += bytes;
    }

    fn finish(&mut self, commands: &mut Vec<RawDocumentBuf>) {
        if self.count == 0 {
            return;
        }
        let next = Self::of(self.verb, self.table, self.safety);
        let full = std::mem::replace(self, next);
        let (name, steps) = (full.table.name(), full.steps);
        let mut command = match full.verb {
            Verb::Insert => rawdoc! { "insert": name, "documents": steps, "ordered": false },
            Verb::Update => rawdoc! { "update": name, "updates": steps, "ordered": false },
            Verb::Delete => rawdoc! { "delete": name, "deletes": steps, "ordered": false },
        };
        match full.safety {
            Safety::Written => command.append(cstr!("writeConcern"), rawdoc! { "w": 1 }),
            Safety::Journaled => command.append(cstr!("writeConcern"), journaled()),
            Safety::OfTransaction => {}
        }
        commands.push(command);
    }
}

/// On the disk before it is answered for.
pub(super) fn journaled() -> RawDocumentBuf {
    rawdoc! { "w": 1, "j": true }
}
