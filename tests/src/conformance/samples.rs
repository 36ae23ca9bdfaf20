//! Valid rows with few arguments; a case changes the fields that matter to it.

#![expect(clippy::expect_used, reason = "an invalid sample fails its case")]

use std::{collections::BTreeMap, time::Duration};

use tenantry_application::ports::IdGenerator;
use tenantry_domain::{
    Revision, Timestamp,
    audit::{Actor, AuditEntry},
    blob::{BackendName, Blob, Content, Digest, ReferenceShift},
    email::Email,
    file::{File, NewFile, Place},
    id::{
        AuditId, BlobId, FileId, IdempotencyId, JobId, ProjectId, RoleId, SessionId, TenantId,
        UserId, VersionId,
    },
    idempotency::{IdempotencyKey, IdempotencyRecord, IdempotencyScope, IdempotencyState},
    identity::{Identity, IdentityStatus},
    job::{Job, JobKind},
    media_type::{ContentTypes, MediaType},
    membership::{Membership, MembershipStatus},
    name::{ProjectName, RoleName, Subdomain, TenantName},
    path::{LogicalPath, PathPrefix},
    permission::Permission,
    project::Project,
    role::Role,
    session::{Client, Session},
    tags::Tags,
    tenant::{Isolation, Tenant, TenantStatus},
    version::{FileVersion, Processing},
};
use tenantry_memory::testing::SequentialIds;
use uuid::Uuid;

/// The time of the cases: 2026-01-01T00:00:00Z.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Returns a shift of the references to a blob.
pub fn shift(by: i32, at: Timestamp) -> ReferenceShift {
    ReferenceShift { by, at }
}

/// Returns the time `seconds` after [`NOW`], or before it if negative.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + seconds * 1000)
}

/// Parses a path.
pub fn path(text: &str) -> LogicalPath {
    LogicalPath::parse(text).expect("a path")
}

/// Parses a prefix of paths.
pub fn prefix(text: &str) -> PathPrefix {
    PathPrefix::parse(text).expect("a prefix")
}

/// Parses a backend's name.
pub fn backend(text: &str) -> BackendName {
    BackendName::parse(text).expect("a backend's name")
}

/// Returns a digest of equal bytes.
pub fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

/// Creates rows with unique, ascending ids.
#[derive(Debug)]
pub struct Samples {
    ids: SequentialIds,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            ids: SequentialIds::new(1),
        }
    }
}

impl Samples {
    /// Returns a new id.
    pub fn id(&self) -> Uuid {
        self.ids.next()
    }

    /// Returns the id of a user that does not exist.
    pub fn user(&self) -> UserId {
        UserId::from_uuid(self.id())
    }

    /// Creates a user with an address only.
    pub fn person(&self, email: &str) -> Identity {
        Identity {
            id: self.user(),
            email: Email::parse(email).expect("an address"),
            email_verified: false,
            username: None,
            display_name: None,
            password_hash: None,
            status: IdentityStatus::Active,
            platform_admin: false,
            last_tenant_id: None,
            created_at: NOW,
            last_login_at: None,
            revision: Revision::FIRST,
        }
    }

    /// Creates an active tenant with a subdomain derived from its name.
    pub fn tenant(&self, name: &str) -> Tenant {
        let id = TenantId::from_uuid(self.id());
        let name = TenantName::parse(name).expect("a name");
        let subdomain = Subdomain::suggest(&name);
        let by_id = || Subdomain::parse(&format!("t-{}", id.as_uuid().simple()));
        Tenant {
            id,
            subdomain: subdomain.unwrap_or_else(|| by_id().expect("a label")),
            name,
            status: TenantStatus::Active,
            isolation: Isolation::Rows,
            content_types: ContentTypes::Strict,
            created_at: NOW,
            updated_at: NOW,
            members_version: 0,
            roles_version: 0,
            revision: Revision::FIRST,
        }
    }

    /// Creates a role without parents.
    pub fn role(&self, tenant: TenantId, name: &str, permissions: &[Permission]) -> Role {
        Role {
            id: RoleId::from_uuid(self.id()),
            tenant_id: tenant,
            name: RoleName::parse(name).expect("a name"),
            description: String::new(),
            preset: None,
            parent_ids: Vec::new(),
            permissions: permissions.iter().copied().collect(),
            created_at: NOW,
            revision: Revision::FIRST,
        }
    }

    /// Creates an active membership.
    pub fn membership(&self, tenant: TenantId, user: UserId, roles: &[RoleId]) -> Membership {
        Membership {
            tenant_id: tenant,
            user_id: user,
            role_ids: roles.to_vec(),
            status: MembershipStatus::Active,
            created_at: NOW,
            revision: Revision::FIRST,
        }
    }

    /// Creates a session that lasts an hour.
    pub fn session(&self, user: UserId, tenant: Option<TenantId>) -> Session {
        Session {
            id: SessionId::from_uuid(self.id()),
            user_id: user,
            tenant_id: tenant,
            generation: 1,
            refresh_hash: [7; 32],
            previous_hash: None,
            rotated_at: NOW,
            created_at: NOW,
            expires_at: NOW.plus(Duration::from_hours(1)),
            revoked: None,
            client: Client::default(),
            revision: Revision::FIRST,
        }
    }

    /// Creates a pending version of ten bytes.
    pub fn version(&self, tenant: TenantId, file: FileId, number: u32) -> FileVersion {
        FileVersion {
            id: VersionId::from_uuid(self.id()),
            tenant_id: tenant,
            file_id: file,
            number,
            blob_id: Some(BlobId::from_uuid(self.id())),
            size_bytes: 10,
            charged_bytes: 4096,
            digest: digest(1),
            declared_type: MediaType::octet_stream(),
            media_type: MediaType::octet_stream(),
            processing: Processing::Pending,
            created_by: self.user(),
            created_at: NOW,
            processed_at: None,
            revision: Revision::FIRST,
        }
    }

    /// Creates a file in the tenant's space; its first version is not stored.
    pub fn file(&self, tenant: TenantId, text: &str) -> File {
        self.file_in(tenant, Place::Company(tenant), text)
    }

    /// Creates a file in a space; its first version is not stored.
    pub fn file_in(&self, tenant: TenantId, place: Place, text: &str) -> File {
        let first = self.version(tenant, FileId::from_uuid(self.id()), 1);
        let new = NewFile {
            place,
            path: path(text),
            tags: Tags::default(),
        };
        File::begin(new, &first)
    }

    /// Creates the blob of an unfinished upload.
    pub fn open_blob(&self, tenant: TenantId, reserved_bytes: u64) -> Blob {
        let id = BlobId::from_uuid(self.id());
        Blob::open(id, tenant, backend("main"), reserved_bytes, NOW)
    }

    /// Creates a stored blob with one reference.
    pub fn stored_blob(&self, tenant: TenantId, digest: Digest, size_bytes: u64) -> Blob {
        let mut blob = self.open_blob(tenant, size_bytes);
        let content = Content {
            size_bytes,
            digest,
            pieces: vec![1],
        };
        blob.store(content).expect("an open blob");
        blob
    }

    /// Creates the record of an unfinished request with a key.
    pub fn request(&self, tenant: Option<TenantId>, key: &str) -> IdempotencyRecord {
        let scope = IdempotencyScope {
            tenant_id: tenant,
            user_id: self.user(),
            operation: "files.upload".to_owned(),
            key: IdempotencyKey::parse(key).expect("a key"),
        };
        let id = IdempotencyId::from_uuid(self.id());
        let state = IdempotencyState::Uploading(BlobId::from_uuid(self.id()));
        IdempotencyRecord::new(id, scope, state, NOW)
    }

    /// Creates a project without a description.
    pub fn project(&self, tenant: TenantId, name: &str) -> Project {
        Project {
            id: ProjectId::from_uuid(self.id()),
            tenant_id: tenant,
            name: ProjectName::parse(name).expect("a name"),
            description: None,
            created_by: self.user(),
            created_at: NOW,
            updated_at: NOW,
            revision: Revision::FIRST,
        }
    }

    /// Creates a due job.
    pub fn job(&self, tenant: Option<TenantId>) -> Job {
        let id = JobId::from_uuid(self.id());
        let payload = String::from("{}");
        Job::new(id, JobKind::ValidateVersion, tenant, payload, None, NOW)
    }

    /// Creates an audit entry of the system, with an arbitrary tag: stores do not
    /// verify tags.
    pub fn entry(&self, tenant: Option<TenantId>, action: &str) -> AuditEntry {
        AuditEntry {
            id: AuditId::from_uuid(self.id()),
            tenant_id: tenant,
            actor: Actor::System,
            action: action.to_owned(),
            subject_kind: "file".to_owned(),
            subject_id: "1".to_owned(),
            at: NOW,
            request_id: None,
            detail: BTreeMap::new(),
            tag: Some(self.id().as_bytes().to_vec()),
        }
    }
}
