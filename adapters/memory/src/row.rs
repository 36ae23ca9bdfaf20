//! What the kinds of rows have in common, and what is unique among them.

use tenantry_application::{
    ports::UniqueKey,
    work::{Entity, UnitOfWork, Write},
};
use tenantry_domain::{
    Revision,
    blob::Blob,
    file::{File, Place},
    id::{FileId, TenantId},
    idempotency::{IdempotencyRecord, IdempotencyScope},
    identity::Identity,
    job::Job,
    membership::Membership,
    role::Role,
    session::Session,
    tenant::{Tenant, TenantStatus},
    version::FileVersion,
};

use crate::state::{State, Table};

/// A unique key and its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Claim {
    IdentityEmail(String),
    IdentityUsername(String),
    TenantName(String),
    TenantSubdomain(String),
    RoleName(TenantId, String),
    FilePath(TenantId, Place, String),
    VersionNumber(FileId, u32),
    IdempotencyKey(IdempotencyScope),
}

impl Claim {
    pub(crate) const fn key(&self) -> UniqueKey {
        match self {
            Self::IdentityEmail(_) => UniqueKey::IdentityEmail,
            Self::IdentityUsername(_) => UniqueKey::IdentityUsername,
            Self::TenantName(_) => UniqueKey::TenantName,
            Self::TenantSubdomain(_) => UniqueKey::TenantSubdomain,
            Self::RoleName(..) => UniqueKey::RoleName,
            Self::FilePath(..) => UniqueKey::FilePath,
            Self::VersionNumber(..) => UniqueKey::VersionNumber,
            Self::IdempotencyKey(_) => UniqueKey::IdempotencyKey,
        }
    }
}

/// A row of a table.
pub(crate) trait Row: Entity + Clone {
    /// The table of its kind.
    fn table(state: &State) -> &Table<Self>;

    /// The same, to write.
    fn table_mut(state: &mut State) -> &mut Table<Self>;

    /// The unique keys it holds besides its id.
    fn claims(&self) -> Vec<Claim>;

    /// The row with another revision.
    fn at(&self, revision: Revision) -> Self;
}

/// The stored row that an update or removal means, as far as its unit may
/// see it: another tenant's row is not there.
pub(crate) fn stored<'s, T: Row>(
    state: &'s State,
    unit: &UnitOfWork,
    write: &Write<T>,
) -> Option<&'s T> {
    let row = T::table(state).get(&write.id())?;
    let reachable = match write {
        Write::Update(new) => new.tenant() == row.tenant(),
        Write::Remove(..) | Write::Add(_) => row.tenant().is_none() || row.tenant() == unit.tenant,
    };
    reachable.then_some(row)
}

macro_rules! rows {
    ($($row:ident in $table:ident, $claims:path;)+) => {$(
        impl Row for $row {
            fn table(state: &State) -> &Table<Self> {
                &state.$table
            }

            fn table_mut(state: &mut State) -> &mut Table<Self> {
                &mut state.$table
            }

            fn claims(&self) -> Vec<Claim> {
                $claims(self)
            }

            fn at(&self, revision: Revision) -> Self {
                Self { revision, ..self.clone() }
            }
        }
    )+};
}

rows! {
    Identity in identities, of_identity;
    Tenant in tenants, of_tenant;
    Role in roles, of_role;
    Membership in memberships, nothing;
    Session in sessions, nothing;
    File in files, of_file;
    Blob in blobs, nothing;
    FileVersion in versions, of_version;
    Job in jobs, nothing;
    IdempotencyRecord in idempotency, of_request;
}

/// Does something with the write of whatever kind of row a change has.
macro_rules! on_row {
    ($change:expr, $write:ident => $then:expr, _ => $otherwise:expr) => {
        match $change {
            tenantry_application::work::Change::Identity($write) => $then,
            tenantry_application::work::Change::Tenant($write) => $then,
            tenantry_application::work::Change::Role($write) => $then,
            tenantry_application::work::Change::Membership($write) => $then,
            tenantry_application::work::Change::Session($write) => $then,
            tenantry_application::work::Change::File($write) => $then,
            tenantry_application::work::Change::Blob($write) => $then,
            tenantry_application::work::Change::Version($write) => $then,
            tenantry_application::work::Change::Job($write) => $then,
            tenantry_application::work::Change::Idempotency($write) => $then,
            _ => $otherwise,
        }
    };
}
pub(crate) use on_row;

fn nothing<T>(_: &T) -> Vec<Claim> {
    Vec::new()
}

fn of_identity(row: &Identity) -> Vec<Claim> {
    let email = Claim::IdentityEmail(row.email.key().to_owned());
    let username = row.username.as_ref();
    let username = username.map(|name| Claim::IdentityUsername(name.key().to_owned()));
    std::iter::once(email).chain(username).collect()
}

/// A tenant on its way out has let its names go.
fn of_tenant(row: &Tenant) -> Vec<Claim> {
    if row.status == TenantStatus::Deleting {
        return Vec::new();
    }
    vec![
        Claim::TenantName(row.name.key().to_owned()),
        Claim::TenantSubdomain(row.subdomain.as_str().to_owned()),
    ]
}

fn of_role(row: &Role) -> Vec<Claim> {
    vec![Claim::RoleName(row.tenant_id, row.name.key().to_owned())]
}

fn of_file(row: &File) -> Vec<Claim> {
    let path = row.path.as_str().to_owned();
    vec![Claim::FilePath(row.tenant_id, row.place, path)]
}

fn of_version(row: &FileVersion) -> Vec<Claim> {
    vec![Claim::VersionNumber(row.file_id, row.number)]
}

fn of_request(row: &IdempotencyRecord) -> Vec<Claim> {
    vec![Claim::IdempotencyKey(row.scope.clone())]
}
