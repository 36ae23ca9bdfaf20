//! Documents as they are, and as they shall be.

use std::collections::{BTreeMap, HashMap, HashSet};

use mongodb::bson::{self, RawDocumentBuf};
use serde::{Serialize, de::DeserializeOwned};
use tenantry_application::{
    ports::{EpochChange, EpochSubject, PortError, PortErrorKind},
    work::GuardedSet,
};
use tenantry_domain::{
    audit::ChainHead,
    id::TenantId,
    quota::Quota,
    tenant::{Tenant, TenantStatus},
};

use super::{Cell, Key, Table};
use crate::rows::{AuditChainRow, EpochRow, QuotaRow, Stored, chain_id};

/// What was read, and over it what the units so far have written.
#[derive(Debug, Default)]
pub(crate) struct State {
    read: HashMap<Cell, RawDocumentBuf>,
    /// Where nothing was found when it was read.
    absent: HashSet<Cell>,
    written: BTreeMap<Cell, Option<RawDocumentBuf>>,
    written_bytes: usize,
}

/// A document as it shall be; none where it shall be gone.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) cell: Cell,
    pub(crate) document: Option<RawDocumentBuf>,
    /// Whether nothing was there, so that it may simply be inserted, which is
    /// cheaper than looking for what to replace.
    pub(crate) is_new: bool,
}

impl Image {
    /// Roughly what it takes up.
    pub(crate) fn bytes(&self) -> usize {
        let document = self.document.as_ref();
        let key = match &self.cell.key {
            Key::Id(_) => 16,
            Key::Text(text) => text.len(),
        };
        64 + key + document.map_or(0, |document| document.as_bytes().len())
    }
}

impl State {
    /// Takes in that documents are looked for.
    pub(crate) fn expect(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.absent.extend(cells);
    }

    /// Takes in what was read.
    pub(crate) fn know(&mut self, cell: Cell, document: RawDocumentBuf) {
        self.absent.remove(&cell);
        self.read.insert(cell, document);
    }

    /// The document of a cell as it stands.
    pub(crate) fn document(&self, cell: &Cell) -> Option<&RawDocumentBuf> {
        match self.written.get(cell) {
            Some(written) => written.as_ref(),
            None => self.read.get(cell),
        }
    }

    /// The same as what it holds.
    pub(crate) fn row<R: DeserializeOwned>(&self, cell: &Cell) -> Result<Option<R>, PortError> {
        let document = self.document(cell);
        document
            .map(|document| from_document(cell.table, document))
            .transpose()
    }

    /// The entity of an id.
    pub(crate) fn entity<T: Stored>(&self, id: T::Id) -> Result<Option<T>, PortError> {
        let row = self.row::<T::Row>(&Cell::new(T::TABLE, T::key(id)))?;
        row.map(T::from_row).transpose()
    }

    /// Whether a document is there.
    pub(crate) fn has(&self, cell: &Cell) -> bool {
        self.document(cell).is_some()
    }

    /// Writes a document.
    pub(crate) fn put(&mut self, cell: Cell, row: &impl Serialize) -> Result<(), PortError> {
        let document = bson::serialize_to_raw_document_buf(row).map_err(|error| {
            let context = format!("make a document for {}", cell.table.name());
            PortError::new(PortErrorKind::Internal, context).caused_by(error)
        })?;
        self.written_bytes += document.as_bytes().len();
        self.written.insert(cell, Some(document));
        Ok(())
    }

    /// Removes a document.
    pub(crate) fn remove(&mut self, cell: Cell) {
        self.written.insert(cell, None);
    }

    /// How many bytes were written so far, what was written over included.
    pub(crate) fn written_bytes(&self) -> usize {
        self.written_bytes
    }

    /// Everything that was written, in the order in which it is to be stored.
    pub(crate) fn into_images(self) -> Vec<Image> {
        let image = |(cell, document): (Cell, Option<_>)| Image {
            is_new: document.is_some() && self.absent.contains(&cell),
            cell,
            document,
        };
        self.written.into_iter().map(image).collect()
    }

    pub(super) fn is_active(&self, tenant: TenantId) -> Result<bool, PortError> {
        let tenant = self.entity::<Tenant>(tenant)?;
        Ok(tenant.is_some_and(|tenant| tenant.status == TenantStatus::Active))
    }

    pub(super) fn guard(&self, tenant: TenantId, set: GuardedSet) -> Result<u64, PortError> {
        let tenant = self.entity::<Tenant>(tenant)?;
        Ok(tenant.map_or(0, |tenant| match set {
            GuardedSet::Members => tenant.members_version,
            GuardedSet::Roles => tenant.roles_version,
        }))
    }

    pub(super) fn epoch(&self, subject: EpochSubject) -> Result<Option<EpochChange>, PortError> {
        let row = self.row::<EpochRow>(&epoch_cell(subject))?;
        row.map(|row| row.change()).transpose()
    }

    pub(super) fn chain(&self, tenant: Option<TenantId>) -> Result<ChainHead, PortError> {
        let row = self.row::<AuditChainRow>(&chain_cell(tenant))?;
        row.map_or(Ok(ChainHead::EMPTY), |row| row.head())
    }

    pub(super) fn quota(&self, tenant: TenantId) -> Result<Option<Quota>, PortError> {
        let row = self.row::<QuotaRow>(&quota_cell(tenant))?;
        row.map(|row| row.quota()).transpose()
    }
}

/// What a document of a collection holds.
pub(crate) fn from_document<R: DeserializeOwned>(
    table: Table,
    document: &RawDocumentBuf,
) -> Result<R, PortError> {
    bson::deserialize_from_slice(document.as_bytes()).map_err(|error| {
        let context = format!("a document in {} is corrupt", table.name());
        PortError::new(PortErrorKind::Corrupt, context).caused_by(error)
    })
}

pub(super) fn epoch_cell(subject: EpochSubject) -> Cell {
    Cell::new(Table::Epochs, subject.as_uuid())
}

pub(super) fn chain_cell(tenant: Option<TenantId>) -> Cell {
    Cell::new(Table::AuditChains, chain_id(tenant))
}

pub(super) fn quota_cell(tenant: TenantId) -> Cell {
    Cell::new(Table::Quotas, tenant.as_uuid())
}
