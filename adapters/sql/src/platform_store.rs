//! The store: what belongs to no tenant, and the door to each.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_application::{
    ports::{
        AccessRepository, AuditLog, CommitError, EpochRepository, IdempotencyRepository,
        IdentityRepository, JobQueue, MembershipRepository, PlatformStore, PortError,
        PortErrorKind, RoleRepository, SessionRepository, TenantRepository, TenantStore,
        UpkeepIndex,
    },
    work::PlatformWork,
};
use tenantry_domain::tenant::ActiveTenant;
use tokio::task::JoinSet;

use crate::{
    SqlOptions,
    access_repository::SqlAccessRepository,
    audit_log::SqlAuditLog,
    dialect::{self, Opened},
    epoch_repository::SqlEpochRepository,
    error::port_error,
    idempotency_repository::SqlIdempotencyRepository,
    identity_repository::SqlIdentityRepository,
    job_queue::SqlJobQueue,
    membership_repository::SqlMembershipRepository,
    migration,
    reader::Reader,
    role_repository::SqlRoleRepository,
    session_repository::SqlSessionRepository,
    tenant_repository::SqlTenantRepository,
    tenant_store::SqlTenantStore,
    upkeep_index::SqlUpkeepIndex,
    writer::Writer,
};

/// A store on a database.
#[derive(Debug)]
pub struct SqlStore {
    options: SqlOptions,
    reader: Reader,
    writer: Arc<Writer>,
    writing: JoinSet<()>,
    identities: SqlIdentityRepository,
    tenants: SqlTenantRepository,
    memberships: SqlMembershipRepository,
    roles: SqlRoleRepository,
    sessions: SqlSessionRepository,
    access: SqlAccessRepository,
    epochs: SqlEpochRepository,
    jobs: SqlJobQueue,
    idempotency: SqlIdempotencyRepository,
    audit: SqlAuditLog,
    upkeep: SqlUpkeepIndex,
}

impl SqlStore {
    /// Opens the database, which is made where there is none, and starts its
    /// writer; the tables are made by [`migrate`](Self::migrate).
    ///
    /// Unavailable where the file cannot be opened or the server does not
    /// answer; unsupported where a newer program has changed the schema.
    pub async fn connect(options: impl Into<SqlOptions>) -> Result<Self, PortError> {
        let options = options.into();
        let Opened { reader, writing } = dialect::open(&options).await?;
        migration::refuse_newer(&reader.link.reading()).await?;
        let (writer, writing) = Writer::start(&options, writing);
        let writer = Arc::new(writer);
        Ok(Self {
            options,
            identities: SqlIdentityRepository {
                reader: reader.clone(),
            },
            tenants: SqlTenantRepository {
                reader: reader.clone(),
            },
            memberships: SqlMembershipRepository {
                reader: reader.clone(),
            },
            roles: SqlRoleRepository {
                reader: reader.clone(),
            },
            sessions: SqlSessionRepository {
                reader: reader.clone(),
                writer: Arc::clone(&writer),
            },
            access: SqlAccessRepository {
                reader: reader.clone(),
            },
            epochs: SqlEpochRepository {
                reader: reader.clone(),
            },
            jobs: SqlJobQueue {
                reader: reader.clone(),
                writer: Arc::clone(&writer),
            },
            idempotency: SqlIdempotencyRepository {
                reader: reader.clone(),
                writer: Arc::clone(&writer),
            },
            audit: SqlAuditLog::new(&reader, None),
            upkeep: SqlUpkeepIndex {
                reader: reader.clone(),
            },
            reader,
            writer,
            writing,
        })
    }

    /// Makes or changes the tables as this program needs them. May be called
    /// again at any time; what is applied already stays. On a server with
    /// row-level security its wall is built as well, and tried.
    pub async fn migrate(&self) -> Result<(), PortError> {
        dialect::migrate(&self.options, async |db| migration::migrate(db).await).await?;
        dialect::check(&self.options, &self.reader).await
    }

    /// The migrations this program knows, in order, and whether each is applied.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, PortError> {
        migration::status(&self.reader.link.reading()).await
    }

    /// Writes what waits, brings the journal into the file and closes it.
    /// Handles that are still about answer unavailable from then on.
    pub async fn close(mut self) -> Result<(), PortError> {
        self.writer.close();
        // Readers go first: the journal cannot be cut short under them.
        let readers = self.reader.link.close_reading().await;
        while let Some(ended) = self.writing.join_next().await {
            ended.map_err(|error| {
                PortError::new(PortErrorKind::Internal, "end the writer").caused_by(error)
            })?;
        }
        let writers = self.reader.link.close_writing().await;
        readers
            .and(writers)
            .map_err(|error| port_error("close the connections to the database", error))
    }
}

#[cfg(test)]
impl SqlStore {
    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }
}

#[async_trait]
impl PlatformStore for SqlStore {
    fn identities(&self) -> &dyn IdentityRepository {
        &self.identities
    }

    fn tenants(&self) -> &dyn TenantRepository {
        &self.tenants
    }

    fn memberships(&self) -> &dyn MembershipRepository {
        &self.memberships
    }

    fn roles(&self) -> &dyn RoleRepository {
        &self.roles
    }

    fn sessions(&self) -> &dyn SessionRepository {
        &self.sessions
    }

    fn access(&self) -> &dyn AccessRepository {
        &self.access
    }

    fn epochs(&self) -> &dyn EpochRepository {
        &self.epochs
    }

    fn jobs(&self) -> &dyn JobQueue {
        &self.jobs
    }

    fn idempotency(&self) -> &dyn IdempotencyRepository {
        &self.idempotency
    }

    fn audit(&self) -> &dyn AuditLog {
        &self.audit
    }

    fn upkeep(&self) -> &dyn UpkeepIndex {
        &self.upkeep
    }

    async fn open(&self, tenant: ActiveTenant) -> Result<Arc<dyn TenantStore>, PortError> {
        let writer = Arc::clone(&self.writer);
        Ok(Arc::new(SqlTenantStore::new(tenant, &self.reader, writer)))
    }

    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError> {
        self.writer.commit(work.finish()?).await
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.writer.probe()?;
        let context = "probe the database";
        self.reader.rows_by(context, "SELECT 1", []).await?;
        Ok(())
    }
}
