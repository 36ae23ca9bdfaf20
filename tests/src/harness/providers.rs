//! Which providers a service is on. Whoever runs the tests chooses, and every
//! test that does not care runs on that.

use std::fmt;

use crate::services::{Azurite, Minio, Mongodb, Postgres, Redis, Webdav, given};

/// What chooses: `postgres+s3+redis`, say.
const VARIABLE: &str = "TENANTRY_TEST_PROVIDERS";

/// A database, a storage and a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Providers {
    /// Where metadata lies.
    pub database: Database,
    /// Where bytes lie.
    pub storage: Storage,
    /// Where tries are counted and hints go.
    pub cache: Cache,
}

/// Where metadata lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// In a file.
    Sqlite,
    /// On a server of `PostgreSQL`.
    Postgres,
    /// On one that speaks the protocol of `MongoDB`.
    Mongodb,
}

/// Where bytes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In a folder.
    Local,
    /// On a server that speaks S3.
    S3,
    /// On one that speaks the protocol of Azure.
    Azure,
    /// On a server of `WebDAV`.
    Webdav,
}

/// Where tries are counted and hints go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// In the process.
    Memory,
    /// On a server of Redis.
    Redis,
}

/// A place on providers that no other service uses.
#[derive(Debug, Clone)]
pub struct Place {
    /// The providers.
    pub providers: Providers,
    settings: Vec<(String, String)>,
}

impl Providers {
    /// Those that need nothing.
    pub const EMBEDDED: Self = Self {
        database: Database::Sqlite,
        storage: Storage::Local,
        cache: Cache::Memory,
    };

    /// What whoever runs the tests has chosen.
    pub fn of_this_run() -> Self {
        given(VARIABLE).map_or(Self::EMBEDDED, |chosen| Self::parse(&chosen))
    }

    fn parse(chosen: &str) -> Self {
        let mut providers = Self::EMBEDDED;
        for name in chosen.split('+') {
            match name {
                "sqlite" => providers.database = Database::Sqlite,
                "postgres" => providers.database = Database::Postgres,
                "mongodb" => providers.database = Database::Mongodb,
                "local" => providers.storage = Storage::Local,
                "s3" => providers.storage = Storage::S3,
                "azure" => providers.storage = Storage::Azure,
                "webdav" => providers.storage = Storage::Webdav,
                "memory" => providers.cache = Cache::Memory,
                "redis" => providers.cache = Cache::Redis,
                _ => panic!("{VARIABLE}: {name} is no provider"),
            }
        }
        providers
    }

    /// A place of its own on each of them.
    pub async fn place(self) -> Place {
        let mut settings = self.database.settings().await;
        settings.extend(self.storage.settings().await);
        settings.extend(self.cache.settings().await);
        Place {
            providers: self,
            settings,
        }
    }
}

impl Providers {
    /// The servers among them, by the word that chooses each, and their
    /// versions.
    pub async fn versions(self) -> Vec<(&'static str, String)> {
        let mut versions = Vec::new();
        match self.database {
            Database::Sqlite => {}
            Database::Postgres => {
                versions.push(("postgres", Postgres::shared().await.version().await));
            }
            Database::Mongodb => {
                versions.push(("mongodb", Mongodb::shared().await.version().await));
            }
        }
        match self.storage {
            Storage::Local => {}
            Storage::S3 => versions.push(("s3", Minio::shared().await.version())),
            Storage::Azure => versions.push(("azure", Azurite::shared().await.version().await)),
            Storage::Webdav => versions.push(("webdav", Webdav::shared().await.version())),
        }
        if self.cache == Cache::Redis {
            versions.push(("redis", Redis::shared().await.version().await));
        }
        versions
    }
}

impl Database {
    async fn settings(self) -> Vec<(String, String)> {
        match self {
            Self::Sqlite => Vec::new(),
            Self::Postgres => {
                let url = Postgres::shared().await.fresh().await;
                owned([("TENANTRY_DATABASE__URL", url.as_str())])
            }
            Self::Mongodb => {
                let url = Mongodb::shared().await.fresh();
                owned([
                    ("TENANTRY_DATABASE__URL", url.as_str()),
                    // The tests share a small server.
                    ("TENANTRY_DATABASE__ANSWER_WITHIN_MS", "30000"),
                ])
            }
        }
    }
}

impl Storage {
    async fn settings(self) -> Vec<(String, String)> {
        match self {
            Self::Local => Vec::new(),
            Self::S3 => {
                let minio = Minio::shared().await;
                minio.settings("STORAGE", &minio.fresh())
            }
            Self::Azure => {
                let azurite = Azurite::shared().await;
                azurite.settings("STORAGE", &azurite.fresh())
            }
            Self::Webdav => {
                let webdav = Webdav::shared().await;
                webdav.settings("STORAGE", &webdav.fresh())
            }
        }
    }
}

impl Cache {
    async fn settings(self) -> Vec<(String, String)> {
        match self {
            Self::Memory => Vec::new(),
            Self::Redis => {
                let place = Redis::shared().await.fresh();
                owned([
                    ("TENANTRY_CACHE__KIND", "redis"),
                    ("TENANTRY_CACHE__URL", &place.url),
                    ("TENANTRY_CACHE__NAMESPACE", &place.namespace),
                ])
            }
        }
    }
}

fn owned<const N: usize>(settings: [(&str, &str); N]) -> Vec<(String, String)> {
    let settings = settings.into_iter();
    settings
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

impl Place {
    /// All settings of it.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        super::borrowed(&self.settings)
    }

    /// A setting of it.
    pub fn setting(&self, name: &str) -> &str {
        let found = self.settings.iter().find(|(key, _)| key == name);
        &found.expect("a setting of that name").1
    }
}

impl fmt::Display for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            database,
            storage,
            cache,
        } = self;
        let name = format!("{database:?}+{storage:?}+{cache:?}");
        f.write_str(&name.to_lowercase())
    }
}
