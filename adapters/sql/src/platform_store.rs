//! The metadata store.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_application::{
    ports::{
        AccessRepository, CommitError, JobQueue, PlatformStore, PortError, PortErrorKind,
        TenantStore, UpkeepIndex,
    },
    work::PlatformWork,
};
use tenantry_domain::tenant::ActiveTenant;
use tenantry_store::{PlatformRows, TenantRows, platform_repositories};
use tokio::task::JoinSet;

use crate::{
    SqlOptions,
    access_repository::SqlAccessRepository,
    backend::SqlBackend,
    database::{self, Database},
    drift,
    error::port_error,
    job_queue::SqlJobQueue,
    migration,
    reader::Reader,
    sqlite::Processes,
    upkeep_index::SqlUpkeepIndex,
    writer::Writer,
};

/// A store on a database.
#[derive(Debug)]
pub struct SqlStore {
    options: SqlOptions,
    tasks: JoinSet<()>,
    rows: PlatformRows<SqlBackend>,
    access: SqlAccessRepository,
    jobs: SqlJobQueue,
    upkeep: SqlUpkeepIndex,
}

impl SqlStore {
    /// Opens the database and starts its writer. A missing `SQLite` file is
    /// created; [`migrate`](Self::migrate) creates the tables.
    ///
    /// The error is unavailable if the file cannot be opened or the server does
    /// not respond, and unsupported if a newer program has changed the schema.
    pub async fn connect(options: impl Into<SqlOptions>) -> Result<Self, PortError> {
        let options = options.into();
        let Database { reader, writer } = Database::open(&options).await?;
        migration::refuse_newer(&reader).await?;
        let (writer, tasks) = Writer::start(&options, writer);
        let processes = match &options {
            SqlOptions::Sqlite(sqlite) => Some(Arc::new(Processes::of(&sqlite.path))),
            SqlOptions::Postgres(_) => None,
        };
        let backend = SqlBackend {
            reader: reader.clone(),
            writer: Arc::new(writer),
        };
        Ok(Self {
            options,
            tasks,
            access: SqlAccessRepository {
                reader: reader.clone(),
            },
            jobs: SqlJobQueue {
                backend: backend.clone(),
                processes,
            },
            upkeep: SqlUpkeepIndex { reader },
            rows: PlatformRows::new(backend),
        })
    }

    /// Applies the pending migrations; safe to repeat. On a server with
    /// row-level security it also creates and checks the policies.
    pub async fn migrate(&self) -> Result<(), PortError> {
        database::migrate(&self.options, async |db, may_create| {
            migration::migrate(&db, may_create).await
        })
        .await?;
        database::check(&self.options, self.reader()).await
    }

    /// Returns the migrations of this program in order, and whether each is
    /// applied.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, PortError> {
        migration::status_of(self.reader()).await
    }

    /// Compares the database with the declared tables, and returns a line for each
    /// difference.
    pub async fn drift(&self) -> Result<Vec<String>, PortError> {
        let has_policies = match &self.options {
            SqlOptions::Sqlite(_) => false,
            SqlOptions::Postgres(options) => options.row_security,
        };
        drift::drift(self.reader(), has_policies).await
    }

    /// Writes the queued commits, checkpoints the WAL and closes the connections.
    /// Open handles fail with unavailable afterwards.
    pub async fn close(mut self) -> Result<(), PortError> {
        self.writer().close();
        // Readers first: they prevent truncating the WAL.
        let readers = self.reader().link.close_read_pool().await;
        while let Some(ended) = self.tasks.join_next().await {
            ended.map_err(|error| {
                PortError::new(PortErrorKind::Internal, "end the writer").caused_by(error)
            })?;
        }
        let writers = self.reader().link.close_write_pool().await;
        readers
            .and(writers)
            .map_err(|error| port_error("close the connections to the database", error))
    }
}

impl SqlStore {
    pub(crate) fn backend(&self) -> &SqlBackend {
        self.rows.backend()
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.backend().reader
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.backend().writer
    }
}

#[async_trait]
impl PlatformStore for SqlStore {
    platform_repositories!(rows);

    fn access(&self) -> &dyn AccessRepository {
        &self.access
    }

    fn jobs(&self) -> &dyn JobQueue {
        &self.jobs
    }

    fn upkeep(&self) -> &dyn UpkeepIndex {
        &self.upkeep
    }

    async fn open(&self, tenant: ActiveTenant) -> Result<Arc<dyn TenantStore>, PortError> {
        Ok(Arc::new(TenantRows::new(self.rows.backend(), tenant)))
    }

    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError> {
        self.writer().commit(work.finish()?).await
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.writer().probe()?;
        self.reader()
            .rows_by("probe the database", "SELECT 1", [])
            .await?;
        Ok(())
    }
}
