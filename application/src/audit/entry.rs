//! Building audit entries.

use std::{collections::BTreeMap, fmt::Display};

use tenantry_domain::{
    audit::{Actor, AuditEntry},
    file::Place,
    id::{AuditId, TenantId, UserId},
    path::LogicalPath,
};

use crate::{
    caller::{Caller, RequestInfo},
    ports::{SealPurpose, Seals},
    services::Services,
};

/// A builder of an audit entry; the actor is the service by default.
pub(crate) struct Entry<'s> {
    seals: &'s dyn Seals,
    entry: AuditEntry,
}

impl<'s> Entry<'s> {
    /// Starts an entry for `action` on the `kind` with `id`, at the current
    /// time.
    pub(crate) fn new(services: &'s Services, action: &str, kind: &str, id: impl Display) -> Self {
        let entry = AuditEntry {
            id: AuditId::from_uuid(services.ids.next()),
            tenant_id: None,
            actor: Actor::System,
            action: action.to_owned(),
            subject_kind: kind.to_owned(),
            subject_id: id.to_string(),
            at: services.now(),
            request_id: None,
            detail: BTreeMap::new(),
            tag: None,
        };
        Self {
            seals: services.seals.as_ref(),
            entry,
        }
    }

    /// Sets the actor to a user, and the request.
    pub(crate) fn by_person(mut self, user: UserId, request: &RequestInfo) -> Self {
        self.entry.actor = Actor::Person(user);
        self.entry.request_id.clone_from(&request.request_id);
        self
    }

    /// Adds a detail. Must not be a secret.
    pub(crate) fn detail(mut self, key: &str, value: impl Display) -> Self {
        self.entry.detail.insert(key.to_owned(), value.to_string());
        self
    }

    /// Adds a path, unless it is in a personal space, which readers of the
    /// audit log may not see.
    pub(crate) fn path(self, place: Place, key: &str, path: &LogicalPath) -> Self {
        match place {
            Place::User(_) => self,
            Place::Company(_) => self.detail(key, path),
        }
    }

    /// Finishes an entry by the caller in the chain of the caller's tenant.
    pub(crate) fn by(self, caller: &Caller) -> AuditEntry {
        self.by_person(caller.user_id, &caller.request)
            .of_tenant(caller.tenant_id())
    }

    /// Finishes an entry in a tenant's chain.
    pub(crate) fn of_tenant(self, tenant: TenantId) -> AuditEntry {
        self.of(Some(tenant))
    }

    /// Finishes an entry in the platform's chain.
    pub(crate) fn of_platform(self) -> AuditEntry {
        self.of(None)
    }

    /// Finishes an entry in a tenant's chain, or without a tenant in the
    /// platform's. Its tag covers every other field.
    pub(crate) fn of(mut self, tenant: Option<TenantId>) -> AuditEntry {
        self.entry.tenant_id = tenant;
        let message = self.entry.tagged_bytes();
        let tag = self.seals.seal(SealPurpose::AuditEntry, &message);
        self.entry.tag = Some(tag.to_vec());
        self.entry
    }
}

/// Returns whether the service recorded an entry, with these fields.
pub(super) fn has_valid_tag(seals: &dyn Seals, entry: &AuditEntry) -> bool {
    entry.tag.as_deref().is_some_and(|tag| {
        let message = entry.tagged_bytes();
        seals.verify(SealPurpose::AuditEntry, &message, tag)
    })
}
