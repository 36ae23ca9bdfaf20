//! The store: what belongs to no tenant, and the door to each.

use std::sync::Arc;

use async_trait::async_trait;
use mongodb::{
    Client,
    bson::doc,
    options::{ClientOptions, WriteConcern},
};
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
    MongoOptions,
    access_repository::MongoAccessRepository,
    audit_log::MongoAuditLog,
    commit::Commits,
    database::Database,
    epoch_repository::MongoEpochRepository,
    error::{port_error, refused_sign_in},
    idempotency_repository::MongoIdempotencyRepository,
    identity_repository::MongoIdentityRepository,
    job_queue::MongoJobQueue,
    membership_repository::MongoMembershipRepository,
    role_repository::MongoRoleRepository,
    schema,
    session_repository::MongoSessionRepository,
    tenant_repository::MongoTenantRepository,
    tenant_store::MongoTenantStore,
    upkeep_index::MongoUpkeepIndex,
};

/// A store on a MongoDB server.
#[derive(Debug)]
pub struct MongoStore {
    database: Database,
    commits: Arc<Commits>,
    writing: JoinSet<()>,
    has_transactions: bool,
    identities: MongoIdentityRepository,
    tenants: MongoTenantRepository,
    memberships: MongoMembershipRepository,
    roles: MongoRoleRepository,
    sessions: MongoSessionRepository,
    access: MongoAccessRepository,
    epochs: MongoEpochRepository,
    jobs: MongoJobQueue,
    idempotency: MongoIdempotencyRepository,
    audit: MongoAuditLog,
    upkeep: MongoUpkeepIndex,
}

impl MongoStore {
    /// Opens the database and starts what writes to it; collections are made
    /// by [`migrate`](Self::migrate). On a server without transactions this
    /// waits for as long as a lease, where the last process did not end well.
    ///
    /// Unavailable where the server does not answer; unsupported where a
    /// newer program has changed the schema, or where another process writes
    /// to a server without transactions; internal where the URL or its login
    /// is wrong.
    pub async fn connect(options: MongoOptions) -> Result<Self, PortError> {
        let database = open(&options).await?;
        let has_transactions = has_transactions(&database).await?;
        schema::refuse_newer(&database).await?;
        let started = Commits::start(&database, &options, has_transactions).await;
        let (commits, writing) = started?;
        let commits = Arc::new(commits);
        if !has_transactions {
            tracing::info!("mongodb without transactions: commits through records, one process");
        }
        Ok(Self {
            identities: MongoIdentityRepository {
                database: database.clone(),
            },
            tenants: MongoTenantRepository {
                database: database.clone(),
            },
            memberships: MongoMembershipRepository {
                database: database.clone(),
            },
            roles: MongoRoleRepository {
                database: database.clone(),
            },
            sessions: MongoSessionRepository {
                database: database.clone(),
                commits: Arc::clone(&commits),
            },
            access: MongoAccessRepository {
                database: database.clone(),
            },
            epochs: MongoEpochRepository {
                database: database.clone(),
            },
            jobs: MongoJobQueue {
                database: database.clone(),
                commits: Arc::clone(&commits),
            },
            idempotency: MongoIdempotencyRepository {
                database: database.clone(),
                commits: Arc::clone(&commits),
            },
            audit: MongoAuditLog::new(database.clone(), None),
            upkeep: MongoUpkeepIndex {
                database: database.clone(),
            },
            database,
            commits,
            writing,
            has_transactions,
        })
    }

    /// Whether the server has transactions, so that several processes may use
    /// the database at once.
    pub fn has_transactions(&self) -> bool {
        self.has_transactions
    }

    /// Makes the collections and indexes this program needs. May be called
    /// again at any time, by several processes at once.
    pub async fn migrate(&self) -> Result<(), PortError> {
        schema::migrate(&self.database).await
    }

    /// The migrations this program knows, in order, and whether each is applied.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>, PortError> {
        schema::status(&self.database).await
    }

    /// Writes what waits and lets go of the database. Handles that are still
    /// about answer unavailable from then on.
    pub async fn close(mut self) -> Result<(), PortError> {
        self.commits.close();
        while let Some(ended) = self.writing.join_next().await {
            ended.map_err(|error| {
                PortError::new(PortErrorKind::Internal, "end the writer").caused_by(error)
            })?;
        }
        self.database.db.client().clone().shutdown().await;
        Ok(())
    }
}

/// Tasks write on after the store is gone, until nothing waits any more.
impl Drop for MongoStore {
    fn drop(&mut self) {
        self.writing.detach_all();
    }
}

async fn open(options: &MongoOptions) -> Result<Database, PortError> {
    let parsed = ClientOptions::parse(&options.url).await;
    // Without the driver's words, which may repeat the password.
    let mut client = parsed.map_err(|_| {
        let text = "the url of the MongoDB server cannot be used: it must be like \
                    mongodb://user:password@host:27017/database, and the name of a \
                    mongodb+srv url must be known to the name service";
        PortError::new(PortErrorKind::Internal, text)
    })?;
    client.app_name = Some("tenantry".to_owned());
    client.max_pool_size = Some(options.connections.max(2));
    client.server_selection_timeout = Some(options.answer_timeout);
    client.connect_timeout = Some(options.answer_timeout);
    // Whatever the URL says: decisions are made on what was last written, and
    // what is answered for is safe.
    client.selection_criteria = None;
    client.read_concern = None;
    client.write_concern = Some(WriteConcern::majority());
    let name = client.default_database.clone().ok_or_else(|| {
        let text = "the url of the MongoDB server names no database";
        PortError::new(PortErrorKind::Internal, text)
    })?;
    let client = Client::with_options(client)
        .map_err(|error| port_error("use the url of the MongoDB server", error))?;
    Ok(Database {
        db: client.database(&name),
        answer_timeout: options.answer_timeout,
    })
}

/// Whether the server says that it is one of several, which all have
/// transactions.
async fn has_transactions(database: &Database) -> Result<bool, PortError> {
    let hello = database.db.run_command(doc! { "hello": 1 });
    let hello = database.bounded(hello).await.map_err(refused_sign_in)?;
    Ok(hello.contains_key("setName") || hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid"))
}

#[async_trait]
impl PlatformStore for MongoStore {
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
        let commits = Arc::clone(&self.commits);
        let store = MongoTenantStore::new(tenant, &self.database, commits);
        Ok(Arc::new(store))
    }

    async fn commit(&self, work: PlatformWork) -> Result<(), CommitError> {
        self.commits.commit(work.finish()?).await
    }

    async fn probe(&self) -> Result<(), PortError> {
        self.commits.probe()?;
        let ping = self.database.db.run_command(doc! { "ping": 1 });
        let answer = self.database.bounded(ping).await;
        answer.map_err(|error| port_error("probe the database", error))?;
        Ok(())
    }
}
