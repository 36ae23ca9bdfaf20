//! The metadata store.

use std::sync::Arc;

use async_trait::async_trait;
use mongodb::{
    Client,
    bson::doc,
    options::{ClientOptions, WriteConcern},
};
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
    MongoOptions,
    access_repository::MongoAccessRepository,
    backend::MongoBackend,
    commit::Commits,
    database::Database,
    drift,
    error::{connection_error, port_error},
    job_queue::MongoJobQueue,
    schema,
    upkeep_index::MongoUpkeepIndex,
};

/// A store on a MongoDB server.
#[derive(Debug)]
pub struct MongoStore {
    tasks: JoinSet<()>,
    has_transactions: bool,
    rows: PlatformRows<MongoBackend>,
    access: MongoAccessRepository,
    jobs: MongoJobQueue,
    upkeep: MongoUpkeepIndex,
}

impl MongoStore {
    /// Opens the database and starts its writer; [`migrate`](Self::migrate)
    /// creates the collections. On a server without transactions it waits for the
    /// lease of a crashed process to expire.
    ///
    /// The error is unavailable if the server does not respond, unsupported if a
    /// newer program has changed the schema or another process writes to a server
    /// without transactions, and internal if the URL or the login is wrong.
    pub async fn connect(options: MongoOptions) -> Result<Self, PortError> {
        let database = open(&options).await?;
        let has_transactions = has_transactions(&database).await?;
        schema::refuse_newer(&database).await?;
        let (commits, tasks) = Commits::start(&database, &options, has_transactions).await?;
        if !has_transactions {
            tracing::info!("mongodb has no transactions: commits use records, one process only");
        }
        let backend = MongoBackend {
            database: database.clone(),
            commits: Arc::new(commits),
        };
        Ok(Self {
            tasks,
            has_transactions,
            access: MongoAccessRepository {
                backend: backend.clone(),
            },
            jobs: MongoJobQueue {
                backend: backend.clone(),
            },
            upkeep: MongoUpkeepIndex { database },
            rows: PlatformRows::new(backend),
        })
    }

    fn database(&self) -> &Database {
        &self.rows.backend().database
    }

    fn commits(&self) -> &Commits {
        &self.rows.backend().commits
    }

    /// Returns whether the server has transactions, so that several processes may
    /// use the database concurrently.
    pub fn has_transactions(&self) -> bool {
        self.has_transactions
    }

    /// Applies the pending migrations; safe to repeat, and by several processes
    /// concurrently.
    pub async fn migrate(&self) -> Result<(), PortError> {
        schema::migrate(self.database()).await
    }

    /// Returns the migrations of this program in order, and whether each is
    /// applied.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, PortError> {
        schema::status(self.database()).await
    }

    /// Compares the database with the declared tables, and returns a line for each
    /// difference.
    pub async fn drift(&self) -> Result<Vec<String>, PortError> {
        drift::drift(self.database()).await
    }

    /// Writes the queued commits and disconnects. Open handles fail with
    /// unavailable afterwards.
    pub async fn close(mut self) -> Result<(), PortError> {
        self.commits().close();
        while let Some(ended) = self.tasks.join_next().await {
            ended.map_err(|error| {
                PortError::new(PortErrorKind::Internal, "end the writer").caused_by(error)
            })?;
        }
        self.database().db.client().clone().shutdown().await;
        Ok(())
    }
}

/// Lets the tasks finish the queued commits after the store is dropped.
impl Drop for MongoStore {
    fn drop(&mut self) {
        self.tasks.detach_all();
    }
}

async fn open(options: &MongoOptions) -> Result<Database, PortError> {
    let parsed = ClientOptions::parse(&options.url).await;
    // The driver's message may contain the password.
    let mut client = parsed.map_err(|_| {
        let text = "parse database.url: it is not valid or its mongodb+srv name does not \
                    resolve; use mongodb://user:password@host:27017/database";
        PortError::new(PortErrorKind::Internal, text)
    })?;
    client.app_name = Some("tenantry".to_owned());
    client.max_pool_size = Some(options.connections.max(2));
    client.server_selection_timeout = Some(options.answer_timeout);
    client.connect_timeout = Some(options.answer_timeout);
    // Overrides the URL: decisions need the latest writes, and acknowledged
    // commits must be durable.
    client.selection_criteria = None;
    client.read_concern = None;
    client.write_concern = Some(WriteConcern::majority());
    let name = client.default_database.clone().ok_or_else(|| {
        let text = "parse database.url: it names no database; append /<database>";
        PortError::new(PortErrorKind::Internal, text)
    })?;
    let client =
        Client::with_options(client).map_err(|error| port_error("use database.url", error))?;
    Ok(Database {
        db: client.database(&name),
        answer_timeout: options.answer_timeout,
    })
}

/// Returns whether the server is part of a replica set or a sharded cluster,
/// which have transactions.
async fn has_transactions(database: &Database) -> Result<bool, PortError> {
    let hello = database.db.run_command(doc! { "hello": 1 });
    let hello = database.bounded(hello).await.map_err(connection_error)?;
    Ok(hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid"))
}

#[async_trait]
impl PlatformStore for MongoStore {
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
        self.commits().commit(work.finish()?).await
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.commits().probe()?;
        let database = self.database();
        let ping = database.db.run_command(doc! { "ping": 1 });
        let reply = database.bounded(ping).await;
        reply.map_err(|error| port_error("probe the database", error))?;
        Ok(())
    }
}
