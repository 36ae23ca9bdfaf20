//! What is unique besides ids.

use tenantry_application::ports::UniqueKey;
use tenantry_domain::{
    file::Place,
    id::{FileId, TenantId},
    idempotency::IdempotencyScope,
};

use super::{Cell, Table};

/// A unique key and its value. Who has it keeps a document whose `_id` says
/// so: no partial index is needed for what is optional or free again after an
/// end, and it is written in the same step as the row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    pub(crate) key: UniqueKey,
    value: String,
}

impl Claim {
    pub(crate) fn identity_email(key: &str) -> Self {
        Self::new(UniqueKey::IdentityEmail, key.to_owned())
    }

    pub(crate) fn identity_username(key: &str) -> Self {
        Self::new(UniqueKey::IdentityUsername, key.to_owned())
    }

    pub(crate) fn tenant_name(key: &str) -> Self {
        Self::new(UniqueKey::TenantName, key.to_owned())
    }

    pub(crate) fn tenant_subdomain(subdomain: &str) -> Self {
        Self::new(UniqueKey::TenantSubdomain, subdomain.to_owned())
    }

    pub(crate) fn role_name(tenant: TenantId, key: &str) -> Self {
        Self::new(UniqueKey::RoleName, format!("{tenant}/{key}"))
    }

    pub(crate) fn file_path(tenant: TenantId, place: Place, path: &str) -> Self {
        let (bucket, owner) = (place.bucket().as_str(), place.owner());
        let value = format!("{tenant}/{bucket}/{owner}/{path}");
        Self::new(UniqueKey::FilePath, value)
    }

    pub(crate) fn version_number(file: FileId, number: u32) -> Self {
        Self::new(UniqueKey::VersionNumber, format!("{file}/{number}"))
    }

    pub(crate) fn idempotency_key(scope: &IdempotencyScope) -> Self {
        let tenant = scope.tenant_id.map(|tenant| tenant.to_string());
        // The key comes last and the operation's length is told: no two
        // scopes have one text.
        let value = format!(
            "{tenant}/{user}/{length}/{operation}/{key}",
            tenant = tenant.unwrap_or_default(),
            user = scope.user_id,
            length = scope.operation.len(),
            operation = scope.operation,
            key = scope.key.as_str(),
        );
        Self::new(UniqueKey::IdempotencyKey, value)
    }

    const fn new(key: UniqueKey, value: String) -> Self {
        Self { key, value }
    }

    /// Where it is kept.
    pub(crate) fn cell(&self) -> Cell {
        let name = match self.key {
            UniqueKey::Id(_) => "id",
            UniqueKey::IdentityEmail => "email",
            UniqueKey::IdentityUsername => "username",
            UniqueKey::TenantName => "tenant",
            UniqueKey::TenantSubdomain => "subdomain",
            UniqueKey::RoleName => "role",
            UniqueKey::FilePath => "path",
            UniqueKey::VersionNumber => "version",
            UniqueKey::IdempotencyKey => "request",
        };
        Cell::new(Table::Claims, format!("{name}:{}", self.value))
    }
}
