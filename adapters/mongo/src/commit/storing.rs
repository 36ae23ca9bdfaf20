//! Storing documents in batches.

use futures_util::future::try_join_all;
use mongodb::{
    ClientSession,
    bson::{self, Document, RawArrayBuf, RawBson, RawDocumentBuf, raw::cstr, rawdoc},
    error::Error,
};
use serde::Deserialize;

use super::fault::Fault;
use crate::{collection::Collection, database::Database, plan::Image};

/// The limits of one command.
const MAX_STEPS: usize = 1000;
const MAX_BYTES: usize = 12 * 1024 * 1024;

/// The durability that the server acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safety {
    /// Visible to subsequent reads.
    Written,
    /// On the disk.
    Journaled,
    /// As set for the transaction.
    OfTransaction,
}

/// Stores documents: epochs last, all others concurrently.
pub(super) async fn store(
    database: &Database,
    images: &[Image],
    safety: Safety,
) -> Result<(), Fault> {
    let epochs = images.partition_point(|image| image.cell.collection < Collection::Epochs);
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

/// Runs a write command.
pub(super) async fn run(database: &Database, command: RawDocumentBuf) -> Result<(), Fault> {
    let run = database.db.run_raw_command(command);
    check(database.bounded(run).await?)
}

/// The errors in the reply to a write command.
#[derive(Debug, Deserialize)]
struct Reply {
    #[serde(default, rename = "writeErrors")]
    write_errors: Vec<ServerError>,
    #[serde(default, rename = "writeConcernError")]
    write_concern_error: Option<ServerError>,
}

#[derive(Debug, Deserialize)]
struct ServerError {
    code: i32,
    #[serde(default)]
    errmsg: String,
}

fn check(reply: Document) -> Result<(), Fault> {
    let reply: Reply = bson::deserialize_from_document(reply).map_err(Error::from)?;
    let first = reply.write_errors.into_iter().next();
    match first.or(reply.write_concern_error) {
        Some(ServerError { code, errmsg }) => Err(Fault::Write {
            code,
            message: errmsg,
        }),
        None => Ok(()),
    }
}

/// Returns the commands that store images.
fn commands(images: &[Image], safety: Safety) -> Vec<RawDocumentBuf> {
    let mut commands = Vec::new();
    for of_collection in images.chunk_by(|a, b| a.cell.collection == b.cell.collection) {
        let Some(first) = of_collection.first() else {
            continue;
        };
        let mut inserts = Batch::of(Verb::Insert, first.cell.collection, safety);
        let mut updates = Batch::of(Verb::Update, first.cell.collection, safety);
        let mut deletes = Batch::of(Verb::Delete, first.cell.collection, safety);
        for image in of_collection {
            let query = rawdoc! { "_id": RawBson::from(&image.cell.id) };
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

/// The verb of a command.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Insert,
    Update,
    Delete,
}

/// The statements of one command.
struct Batch {
    verb: Verb,
    collection: Collection,
    safety: Safety,
    steps: RawArrayBuf,
    count: usize,
    bytes: usize,
}

impl Batch {
    fn of(verb: Verb, collection: Collection, safety: Safety) -> Self {
        Self {
            verb,
            collection,
            safety,
            steps: RawArrayBuf::new(),
            count: 0,
            bytes: 0,
        }
    }

    fn push(&mut self, step: RawDocumentBuf, commands: &mut Vec<RawDocumentBuf>) {
        let bytes = step.as_bytes().len();
        if self.count >= MAX_STEPS || self.bytes + bytes > MAX_BYTES {
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
        let next = Self::of(self.verb, self.collection, self.safety);
        let full = std::mem::replace(self, next);
        let (name, steps) = (full.collection.name(), full.steps);
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

/// Returns the write concern for durable writes.
pub(super) fn journaled() -> RawDocumentBuf {
    rawdoc! { "w": 1, "j": true }
}
