//! The lifecycle of a process: open, migrate, seed, serve, drain, close.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tenantry_application::{
    Error, Services,
    auth::{SeedAdmin, seed_admin},
    ports::Clock,
};
use tenantry_config::Config;
use tenantry_http::server::Server;
use tenantry_worker::TaskPanic;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    error::StartError,
    root_secret,
    wiring::{self, Metadata},
};

/// A service with open adapters, ready to serve the API or run jobs.
pub struct Service {
    config: Config,
    metadata: Metadata,
    services: Arc<Services>,
    is_new: bool,
}

/// A running service.
pub struct ServiceHandle {
    /// The address it listens on.
    pub address: SocketAddr,
    /// Whether the store was empty at startup.
    pub is_new: bool,
    services: Arc<Services>,
    stop: CancellationToken,
    running: JoinHandle<Result<(), StartError>>,
}

impl Service {
    /// Opens all adapters, applies pending migrations, and seeds an empty
    /// store.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        Self::open_with_clock(config, wiring::clock()).await
    }

    /// Opens a service as [`open`](Self::open) does, with another clock.
    pub async fn open_with_clock(
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let root = root_secret::load(&config)?;
        let metadata = wiring::metadata_from_config(&config).await?;
        metadata.migrate().await?;
        let services = wiring::services_from_config(&config, &root, &metadata, clock).await?;
        let services = Arc::new(services);
        let is_new = services.store.tenants().list(None, 1).await?.is_empty();
        if is_new {
            seed(&config, &services).await?;
        }
        Ok(Self {
            config,
            metadata,
            services,
            is_new,
        })
    }

    /// Returns the services of the use cases.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Returns whether the store was empty when it was opened.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Binds the configured address and serves the API until the handle stops
    /// it.
    pub async fn serve(self) -> Result<ServiceHandle, StartError> {
        let http = &self.config.http;
        let (listener, address) = listen(&http.host, http.port, "--port").await?;
        let stop = CancellationToken::new();
        let services = Arc::clone(&self.services);
        let is_new = self.is_new;
        let running = tokio::spawn(self.run(listener, stop.clone()));
        Ok(ServiceHandle {
            address,
            is_new,
            services,
            stop,
            running,
        })
    }

    async fn run(self, listener: TcpListener, stop: CancellationToken) -> Result<(), StartError> {
        let worker_stop = CancellationToken::new();
        let watch = tenantry_worker::watch_access(Arc::clone(&self.services), worker_stop.clone());
        let watch = tokio::spawn(supervised(watch, stop.clone()));
        let worker = self.config.worker.inline.then(|| {
            let options = wiring::worker_options(&self.config.worker);
            let services = Arc::clone(&self.services);
            let worker = tenantry_worker::run(services, options, worker_stop.clone());
            tokio::spawn(supervised(worker, stop.clone()))
        });
        let options = wiring::http_options(&self.config);
        let state = wiring::http_state(Arc::clone(&self.services), stop.clone());
        let endpoint = tenantry_http::build(&options, &state);
        // A reference to the store would prevent it from being closed below.
        drop(state);
        let server = Server::new(wiring::server_options(&self.config.http));
        let outcome = server.serve(listener, endpoint, stop).await;
        let mut outcome = outcome.map_err(|e| StartError::io("server failed", e));
        // No request can add jobs any more; running jobs finish.
        worker_stop.cancel();
        let grace = Duration::from_secs(self.config.http.shutdown_grace_seconds);
        for task in [Some(watch), worker].into_iter().flatten() {
            // An aborted job runs again after its lease expires.
            let abort = task.abort_handle();
            match tokio::time::timeout(grace, task).await {
                Ok(Ok(ended)) => outcome = outcome.and(ended),
                Ok(Err(error)) => {
                    outcome = Err(StartError::Failed(format!("worker failed: {error}")));
                }
                Err(_) => abort.abort(),
            }
        }
        drop(self.services);
        self.metadata.close().await?;
        outcome
    }

    /// Runs jobs and upkeep until `stop` is cancelled. Serves health checks on
    /// `worker.port` if it is set.
    pub async fn work(self, stop: CancellationToken) -> Result<(), StartError> {
        let system = match self.config.worker.port {
            Some(port) => Some(self.serve_system(port, stop.clone()).await?),
            None => None,
        };
        let options = wiring::worker_options(&self.config.worker);
        let worker = tenantry_worker::run(Arc::clone(&self.services), options, stop.clone());
        let outcome = supervised(worker, stop).await;
        if let Some(system) = system {
            // `stop` ends it too.
            drop(system.await);
        }
        self.close().await?;
        outcome
    }

    async fn serve_system(
        &self,
        port: u16,
        stop: CancellationToken,
    ) -> Result<JoinHandle<()>, StartError> {
        let (listener, address) = listen(&self.config.http.host, port, "worker.port").await?;
        let state = wiring::http_state(Arc::clone(&self.services), stop.clone());
        let endpoint = tenantry_http::build_system(&wiring::http_options(&self.config), &state);
        let server = Server::new(wiring::server_options(&self.config.http));
        tracing::info!(%address, "serving health checks");
        Ok(tokio::spawn(async move {
            if let Err(error) = server.serve(listener, endpoint, stop).await {
                tracing::error!(%error, "server failed");
            }
        }))
    }

    /// Closes all adapters.
    pub async fn close(self) -> Result<(), StartError> {
        drop(self.services);
        self.metadata.close().await
    }
}

impl ServiceHandle {
    /// Returns the services of the use cases.
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Waits until the service stops, which it also does if a worker task panics.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Starts a graceful shutdown.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the service has stopped and closed all adapters.
    pub async fn stopped(self) -> Result<(), StartError> {
        drop(self.services);
        match self.running.await {
            Ok(outcome) => outcome,
            Err(error) => Err(StartError::Failed(format!("service task failed: {error}"))),
        }
    }
}

/// Runs tasks of the worker. If one panics, stops the whole process instead of
/// leaving it without the task.
async fn supervised(
    tasks: impl Future<Output = Result<(), TaskPanic>>,
    stop: CancellationToken,
) -> Result<(), StartError> {
    tasks.await.map_err(|panic| {
        stop.cancel();
        StartError::Failed(panic.to_string())
    })
}

/// Binds an address. The error suggests to change `setting`.
async fn listen(
    host: &str,
    port: u16,
    setting: &str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| {
        let message = format!("cannot listen on {host}:{port}: {error}; set another {setting}");
        StartError::Failed(message)
    };
    let listener = TcpListener::bind((host, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Creates the administrator and the tenant of the section `seed`. Succeeds if
/// another process has created them concurrently.
async fn seed(config: &Config, services: &Services) -> Result<(), StartError> {
    let (Some(email), Some(password)) = (&config.seed.admin_email, &config.seed.admin_password)
    else {
        return Ok(());
    };
    let command = SeedAdmin {
        email: email.clone(),
        password: password.expose().to_owned(),
        tenant: config.seed.tenant.clone(),
    };
    match seed_admin(services, command).await {
        Ok(_) => {
            tracing::info!("created the first administrator");
            Ok(())
        }
        Err(Error::AlreadyExists(_)) => Ok(()),
        Err(Error::Invalid(errors)) => {
            let reasons = errors.iter().map(|e| format!("{}: {}", e.field, e.message));
            Err(StartError::setting(
                "seed",
                reasons.collect::<Vec<_>>().join("; "),
            ))
        }
        Err(error) => Err(error.into()),
    }
}
