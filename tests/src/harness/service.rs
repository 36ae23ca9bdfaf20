//! The service in this process, on a free port with its own folder.

use std::{path::Path, sync::Arc};

use tempfile::TempDir;
use tenantry::{Service, ServiceHandle};
use tenantry_application::{Services, contention::Contention, ports::Clock};
use tenantry_config::{Config, Dotenv, Sources};
use tenantry_crypto::SystemClock;

use super::{
    Actor,
    providers::{Place, Providers},
    settings::Settings,
};

/// A service that runs until it is stopped or dropped.
pub struct TestService {
    handle: Option<ServiceHandle>,
    base: String,
    folder: Arc<TempDir>,
    place: Place,
}

impl TestService {
    /// Starts a service with the testing profile.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a service with further settings on the providers of this run.
    pub async fn with(settings: Settings<'_>) -> Self {
        Self::within(Providers::of_this_run(), settings).await
    }

    /// Starts a service on embedded providers, except those that the settings
    /// choose.
    pub async fn embedded(settings: Settings<'_>) -> Self {
        Self::within(Providers::embedded(), settings).await
    }

    /// Starts a service with further settings on providers.
    pub async fn within(providers: Providers, settings: Settings<'_>) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::on(folder, providers.place().await, settings).await
    }

    /// Starts another service on the data of this one.
    pub async fn beside(&self, settings: Settings<'_>) -> Self {
        Self::on(Arc::clone(&self.folder), self.place.clone(), settings).await
    }

    /// Starts another service on the data of this one, with another clock.
    pub async fn beside_with_clock(&self, settings: Settings<'_>, clock: Arc<dyn Clock>) -> Self {
        let (folder, place) = (Arc::clone(&self.folder), self.place.clone());
        let handle = serve_with(folder.path(), &place, settings, clock).await;
        Self::of(handle, folder, place)
    }

    async fn on(folder: Arc<TempDir>, place: Place, settings: Settings<'_>) -> Self {
        let handle = serve(folder.path(), &place, settings).await;
        Self::of(handle, folder, place)
    }

    fn of(handle: ServiceHandle, folder: Arc<TempDir>, place: Place) -> Self {
        let base = format!("http://{}", handle.address);
        Self {
            handle: Some(handle),
            base,
            folder,
            place,
        }
    }

    /// Drains and stops the service, then starts it again on the same data.
    pub async fn restart(&mut self, settings: Settings<'_>) {
        self.stop().await;
        let handle = serve(self.folder.path(), &self.place, settings).await;
        self.base = format!("http://{}", handle.address);
        self.handle = Some(handle);
    }

    /// Stops the service and waits until it has closed its parts.
    pub async fn stop(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.stop();
            handle.stopped().await.expect("a clean stop");
        }
    }

    /// Returns the base URL, such as `http://127.0.0.1:1234`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the data folder.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the providers in use.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Returns the services of the use cases, to bypass the API.
    pub fn services(&self) -> &Arc<Services> {
        self.handle.as_ref().expect("a running service").services()
    }

    /// Returns the same services with another clock.
    pub fn services_with_clock(&self, clock: Arc<dyn Clock>) -> Services {
        let services = self.services();
        Services {
            clock,
            ids: Arc::clone(&services.ids),
            store: Arc::clone(&services.store),
            blobs: services.blobs.clone(),
            access_cache: Arc::clone(&services.access_cache),
            passwords: Arc::clone(&services.passwords),
            access_tokens: Arc::clone(&services.access_tokens),
            refresh_tokens: Arc::clone(&services.refresh_tokens),
            seals: Arc::clone(&services.seals),
            cursors: Arc::clone(&services.cursors),
            types: Arc::clone(&services.types),
            rates: Arc::clone(&services.rates),
            signals: Arc::clone(&services.signals),
            contention: Contention::default(),
            settings: services.settings.clone(),
        }
    }

    /// Creates a user without an account.
    pub fn anonymous(&self) -> Actor {
        Actor::anonymous(&self.base)
    }

    /// Registers and signs in the owner of a new company.
    pub async fn company(&self, name: &str) -> Actor {
        Actor::register(&self.base, name).await
    }
}

/// Returns the configuration of a test: the testing profile with a data folder.
pub fn configuration(data: &Path, settings: Settings<'_>) -> Config {
    let data = data.to_str().expect("a folder in UTF-8");
    let fixed = [
        ("TENANTRY_PROFILE", "testing"),
        ("TENANTRY_APP__DATA", data),
    ];
    let sources = Sources::new(data)
        .env(fixed.into_iter().chain(settings.iter().copied()))
        .dotenv(Dotenv::None);
    Config::load(&sources)
        .expect("a valid configuration")
        .config
}

async fn serve(data: &Path, place: &Place, settings: Settings<'_>) -> ServiceHandle {
    serve_with(data, place, settings, Arc::new(SystemClock)).await
}

async fn serve_with(
    data: &Path,
    place: &Place,
    settings: Settings<'_>,
    clock: Arc<dyn Clock>,
) -> ServiceHandle {
    let settings = [place.settings(), settings.to_vec()].concat();
    let opening = Service::open_with_clock(configuration(data, &settings), clock);
    // Boxed, since the futures of tests contain it at a depth near the compiler's limit.
    let service = Box::pin(opening).await.expect("an open service");
    service.serve().await.expect("a serving service")
}
