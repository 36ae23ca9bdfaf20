//! The interfaces that use cases need, one trait per file.
//!
//! Stored data is accessed through two stores. [`PlatformStore`] is for data
//! that belongs to no tenant or is needed before a tenant is known: users,
//! sessions, tenants, jobs. [`TenantStore`] is opened for one tenant; none of
//! its methods takes a tenant id, so no query can forget its filter.

mod access_cache;
mod access_repository;
mod access_tokens;
mod audit_chains;
mod audit_log;
mod blob_capabilities;
mod blob_key;
mod blob_repository;
mod blob_store;
mod clock;
mod cursors;
mod epoch_repository;
mod error;
mod file_repository;
mod id_generator;
mod idempotency_repository;
mod identity_repository;
mod job_queue;
mod list_query;
mod membership_repository;
mod password_hasher;
mod platform_store;
mod project_repository;
mod quota_repository;
mod rate_limiter;
mod refresh_tokens;
mod role_repository;
mod seals;
mod session_repository;
mod signals;
mod tenant_repository;
mod tenant_store;
mod type_detector;
mod upkeep_index;
mod version_repository;

pub use crate::{
    port_error::{PortError, PortErrorKind},
    work::Signal,
};
pub use access_cache::AccessCache;
pub use access_repository::{AccessGrant, AccessRepository};
pub use access_tokens::{AccessClaims, AccessTokens, PublicKey, PublicKeyMaterial, TokenError};
pub use audit_chains::AuditChains;
pub use audit_log::{AuditLog, AuditPosition, AuditQuery, SealedEntry};
pub use blob_capabilities::{
    BlobCapabilities, BlobCheck, CheckOutcome, PresignAccess, PresignCapability, PresignRequest,
    PresignedRequest,
};
pub use blob_key::BlobKey;
pub use blob_repository::BlobRepository;
pub use blob_store::{
    BlobBody, BlobEntry, BlobStore, BlobStream, BodyError, PutError, SweepResult,
};
pub use clock::Clock;
pub use cursors::Cursors;
pub use epoch_repository::{EpochChange, EpochChanges, EpochPosition, EpochRepository};
pub use error::{CommitError, Refusal, UniqueKey};
pub use file_repository::{FileFilter, FileQuery, FileRepository, FileSort};
pub use id_generator::IdGenerator;
pub use idempotency_repository::IdempotencyRepository;
pub use identity_repository::IdentityRepository;
pub use job_queue::JobQueue;
pub use list_query::{Count, ListQuery, ListRepository, Position, SortKey, SortOrder};
pub use membership_repository::MembershipRepository;
pub use password_hasher::{PasswordHasher, Verification};
pub use platform_store::PlatformStore;
pub use project_repository::{ProjectFilter, ProjectRepository, ProjectSort};
pub use quota_repository::{PlaceUsage, QuotaRepository, Usage};
pub use rate_limiter::{Backoff, RateDecision, RateLimit, RateLimiter, RateLimits, RateRule};
pub use refresh_tokens::{RefreshToken, RefreshTokens, VerifiedRefreshToken};
pub use role_repository::RoleRepository;
pub use seals::{SealPurpose, Seals};
pub use session_repository::SessionRepository;
pub use signals::Signals;
pub use tenant_repository::TenantRepository;
pub use tenant_store::{TenantRepositories, TenantStore};
pub use tenantry_domain::epoch::EpochSubject;
pub use type_detector::TypeDetector;
pub use upkeep_index::UpkeepIndex;
pub use version_repository::VersionRepository;
