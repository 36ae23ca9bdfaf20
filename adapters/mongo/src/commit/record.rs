//! Commit records, which make a group of units atomic on a server without
//! transactions.
//!
//! A record holds the after-image of every document the group changes. Writing it
//! commits the group; then the documents are stored and the record is removed.
//! Applying a record is idempotent, so that recovery applies it again. A group
//! too large for one document has a record of several parts, which is valid
//! once all parts exist.

use mongodb::bson::{Binary, Bson, RawArrayBuf, RawBson, RawDocumentBuf, doc, raw::cstr, rawdoc};
use serde::Deserialize;
use tenantry_application::ports::{PortError, PortErrorKind};

use super::{
    fault::Fault,
    storing::{self, Safety, journaled},
};
use crate::{
    collection::{Cell, Collection, DocumentId},
    database::Database,
    plan::Image,
};

/// The collection of commit records.
const RECORDS: &str = "commit_records";

/// The maximum size of a part in bytes. A part with a single image may be
/// larger.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// Stores documents atomically. After an error the outcome is unknown until
/// [`recover`] succeeds.
pub(super) async fn commit(database: &Database, images: &[Image]) -> Result<(), Fault> {
    match images {
        [] => Ok(()),
        // A single document is atomic.
        [_] => storing::store(database, images, Safety::Journaled).await,
        _ => {
            for command in inserts(images) {
                storing::run(database, command).await?;
            }
            apply(database, images).await
        }
    }
}

/// Applies and removes the record that a crash or a failure left.
pub(super) async fn recover(database: &Database) -> Result<usize, Fault> {
    let records = database.db.collection::<Part>(RECORDS);
    let cursor = records.find(doc! {}).sort(doc! { "_id": 1 });
    let mut cursor = database.bounded(cursor).await?;
    let mut parts = Vec::new();
    while database.bounded(cursor.advance()).await? {
        parts.push(cursor.deserialize_current()?);
    }
    if parts.is_empty() {
        return Ok(0);
    }
    let is_whole = parts
        .iter()
        .all(|part| usize::try_from(part.parts) == Ok(parts.len()));
    let mut images = Vec::new();
    // An incomplete record was never committed, or is already applied.
    if is_whole {
        for part in parts {
            for step in part.steps {
                images.push(step.image()?);
            }
        }
        images.sort_by(|a, b| a.cell.cmp(&b.cell));
    }
    apply(database, &images).await?;
    Ok(images.len())
}

/// Stores the images of a record and removes it. The journal preserves this
/// order, so that a record outlives its images' durability.
async fn apply(database: &Database, images: &[Image]) -> Result<(), Fault> {
    storing::store(database, images, Safety::Written).await?;
    let all = rawdoc! { "q": {}, "limit": 0 };
    let mut deletes = RawArrayBuf::new();
    deletes.push(all);
    let remove = rawdoc! { "delete": RECORDS, "deletes": deletes, "writeConcern": { "w": 1 } };
    storing::run(database, remove).await?;
    Ok(())
}

/// Returns the commands that write a record, one a part.
fn inserts(images: &[Image]) -> Vec<RawDocumentBuf> {
    let mut lists: Vec<RawArrayBuf> = Vec::new();
    let mut bytes = usize::MAX;
    for image in images {
        if bytes >= PART_BYTES || bytes + image.bytes() > PART_BYTES {
            lists.push(RawArrayBuf::new());
            bytes = 0;
        }
        bytes += image.bytes();
        if let Some(list) = lists.last_mut() {
            list.push(step(image));
        }
    }
    let parts = i64::try_from(lists.len()).unwrap_or(i64::MAX);
    let part = |(number, steps)| {
        let mut documents = RawArrayBuf::new();
        documents.push(rawdoc! { "_id": number, "parts": parts, "steps": steps });
        rawdoc! { "insert": RECORDS, "documents": documents, "writeConcern": journaled() }
    };
    (1_i64..).zip(lists).map(part).collect()
}

fn step(image: &Image) -> RawDocumentBuf {
    let mut step = rawdoc! {
        "collection": image.cell.collection.name(),
        "key": RawBson::from(&image.cell.id),
    };
    if let Some(document) = &image.document {
        // As bytes, which the server does not interpret.
        let bytes = Binary {
            subtype: mongodb::bson::spec::BinarySubtype::Generic,
            bytes: document.as_bytes().to_vec(),
        };
        step.append(cstr!("document"), RawBson::Binary(bytes));
    }
    step
}

#[derive(Debug, Deserialize)]
struct Part {
    parts: i64,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
struct Step {
    collection: String,
    key: Bson,
    document: Option<Binary>,
}

impl Step {
    fn image(self) -> Result<Image, PortError> {
        let corrupt = || {
            let context =
                format!("read a document of {RECORDS}: it is corrupt; restore it from a backup");
            PortError::new(PortErrorKind::Corrupt, context)
        };
        let collection = Collection::named(&self.collection).ok_or_else(corrupt)?;
        let id = DocumentId::from_bson(&self.key).ok_or_else(corrupt)?;
        let document = self.document.map(|binary| {
            RawDocumentBuf::from_bytes(binary.bytes).map_err(|error| corrupt().caused_by(error))
        });
        Ok(Image {
            cell: Cell { collection, id },
            document: document.transpose()?,
            is_new: false,
        })
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use mongodb::bson::{RawBsonRef, deserialize_from_slice};
    use tenantry_application::work::Kind;
    use uuid::Uuid;

    use super::*;

    fn images(count: u128, bytes: usize) -> Vec<Image> {
        let image = |number| Image {
            cell: Cell::of_row(Kind::Job, Uuid::from_u128(number).into()),
            document: (number % 3 > 0).then(|| rawdoc! { "payload": "x".repeat(bytes) }),
            is_new: false,
        };
        (0..count).map(image).collect()
    }

    fn parts(commands: &[RawDocumentBuf]) -> Vec<Part> {
        let part = |command: &RawDocumentBuf| {
            let documents = command.get_array("documents").expect("documents");
            let document = documents.get(0).expect("readable").expect("one");
            let RawBsonRef::Document(document) = document else {
                return None;
            };
            assert!(
                document.as_bytes().len() < 16 * 1024 * 1024,
                "the document is too large"
            );
            deserialize_from_slice(document.as_bytes()).ok()
        };
        commands.iter().filter_map(part).collect()
    }

    #[test]
    fn a_record_round_trips() {
        for (count, bytes, expected) in [(5, 100, 1), (30, 1024 * 1024, 3), (3, 9_000_000, 3)] {
            let original = images(count, bytes);
            let parts = parts(&inserts(&original));
            assert_eq!(parts.len(), expected);
            let whole = i64::try_from(expected).expect("few");
            assert!(parts.iter().all(|part| part.parts == whole));
            let steps = parts.into_iter().flat_map(|part| part.steps);
            let read = steps.map(|step| step.image().expect("an image"));
            let read: Vec<_> = read.map(|image| (image.cell, image.document)).collect();
            let original = original
                .into_iter()
                .map(|image| (image.cell, image.document));
            assert_eq!(read, original.collect::<Vec<_>>());
        }
    }
}
