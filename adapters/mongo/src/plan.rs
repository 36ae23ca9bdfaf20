//! Units of work as changes of documents.
//!
//! The documents that the units of a group depend on are loaded into a
//! [`State`], which decides and applies each unit; the documents that change
//! become images.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mongodb::bson::RawBson;
use mongodb::bson::{RawDocumentBuf, rawdoc};
use serde::Deserialize;
use tenantry_application::{
    ports::{CommitError, PortError},
    work::UnitOfWork,
};
use tenantry_store::{Claim, Lookups, State, Touched, with_stored};

use crate::collection::{Cell, Collection, DocumentId, document, entity, from_document};

/// A document after a commit; `None` if it is removed.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) cell: Cell,
    pub(crate) document: Option<RawDocumentBuf>,
    /// Whether the document did not exist, so that an insert suffices.
    pub(crate) is_new: bool,
}

impl Image {
    /// Returns the approximate size in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let id = match &self.cell.id {
            DocumentId::Id(_) => 16,
            DocumentId::Text(text) => text.len(),
        };
        let document = self.document.as_ref();
        64 + id + document.map_or(0, |document| document.as_bytes().len())
    }
}

/// The document of a counter.
#[derive(Debug, Deserialize)]
struct Counter {
    /// The last number that was assigned.
    last: i64,
}

/// The documents of a group of units, before and after.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    state: State,
    /// Unique keys that were looked up, by cell.
    claims: HashMap<Cell, Claim>,
    /// Cells without a document.
    absent: BTreeSet<Cell>,
    written: BTreeMap<Cell, Option<RawDocumentBuf>>,
    written_bytes: usize,
}

impl Plan {
    /// Creates a plan that needs the documents of some lookups. The caller loads
    /// those that exist.
    pub(crate) fn new(needed: Lookups) -> Self {
        let rows = needed.rows.into_iter();
        let mut absent: BTreeSet<_> = rows.map(|(kind, key)| Cell::of_row(kind, key)).collect();
        let claims = needed.claims.into_iter();
        let claims: HashMap<_, _> = claims
            .map(|claim| (Cell::of_claim(&claim), claim))
            .collect();
        absent.extend(claims.keys().cloned());
        absent.extend(needed.ordinal.then(Cell::of_ordinal));
        Self {
            claims,
            absent,
            ..Self::default()
        }
    }

    /// Returns the cells of the needed documents.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &Cell> {
        self.absent.iter()
    }

    /// Adds a document that exists.
    pub(crate) fn load(&mut self, cell: &Cell, found: &RawDocumentBuf) -> Result<(), PortError> {
        self.absent.remove(cell);
        match cell.collection {
            Collection::Counters => {
                let counter: Counter = from_document(cell.collection, found)?;
                self.state.load_ordinal(counter.last.cast_unsigned());
            }
            Collection::Claims => {
                if let Some(claim) = self.claims.remove(cell) {
                    self.state.load_claim(claim);
                }
            }
            Collection::Rows(kind) => {
                with_stored!(kind, T => self.state.load(entity::<T>(found)?));
            }
            Collection::Epochs => {
                self.state
                    .load(entity::<tenantry_application::ports::EpochChange>(found)?);
            }
        }
        Ok(())
    }

    /// Applies a unit, or nothing and returns the refusal.
    pub(crate) fn apply(
        &mut self,
        unit: &UnitOfWork,
    ) -> Result<Result<(), CommitError>, PortError> {
        let ordinal = self.state.ordinal();
        match self.state.apply(unit) {
            Ok(touched) => self.write(touched, ordinal).map(Ok),
            Err(refusal) => Ok(Err(CommitError::Refused(refusal))),
        }
    }

    fn write(&mut self, touched: Touched, before: u64) -> Result<(), PortError> {
        if self.state.ordinal() != before {
            let cell = Cell::of_ordinal();
            let last = self.state.ordinal().cast_signed();
            let document = rawdoc! { "_id": RawBson::from(&cell.id), "last": last };
            self.put(cell, Some(document));
        }
        for (kind, key) in touched.rows {
            let document = with_stored!(kind, T => {
                self.state.get::<T>(key).map(document).transpose()?
            });
            self.put(Cell::of_row(kind, key), document);
        }
        for claim in touched.claims {
            let cell = Cell::of_claim(&claim);
            let document = self.state.is_claimed(&claim).then(|| {
                rawdoc! { "_id": RawBson::from(&cell.id) }
            });
            self.put(cell, document);
        }
        Ok(())
    }

    fn put(&mut self, cell: Cell, document: Option<RawDocumentBuf>) {
        let bytes = document.as_ref();
        self.written_bytes += bytes.map_or(0, |document| document.as_bytes().len());
        self.written.insert(cell, document);
    }

    /// Returns the number of bytes written so far, overwritten ones included.
    pub(crate) const fn written_bytes(&self) -> usize {
        self.written_bytes
    }

    /// Returns the images, in the order in which a commit writes them.
    pub(crate) fn into_images(self) -> Vec<Image> {
        let absent = self.absent;
        let image = |(cell, document): (Cell, Option<_>)| Image {
            is_new: document.is_some() && absent.contains(&cell),
            cell,
            document,
        };
        self.written.into_iter().map(image).collect()
    }
}
