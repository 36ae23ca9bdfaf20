//! The list of providers. The harness, the tests of each provider, the
//! combinations and the scripts are driven by it.

use super::provider::{Program, Provider, Section, Server};
use crate::{
    harness::rows::{mongodb, postgres, sqlite},
    services::{Azurite, Minio, Mongodb, Postgres, Redis, Webdav},
};

/// A provider without a server.
const EMBEDDED: Provider = Provider {
    section: Section::Database,
    kind: "",
    title: "",
    server: None,
    under_load: &[],
    takes_parts: false,
    in_all_combinations: true,
    gap: "",
    gap_version: "",
    rows: None,
};

/// All providers. The first of each section is the default.
pub static PROVIDERS: &[Provider] = &[
    Provider {
        section: Section::Database,
        kind: "sqlite",
        title: "SQLite",
        rows: Some(sqlite::open),
        ..EMBEDDED
    },
    Provider {
        section: Section::Database,
        kind: "postgres",
        title: "PostgreSQL",
        server: Some(Server {
            variable: "TENANTRY_TEST_POSTGRES_URL",
            words: "postgres replicas",
            install: "postgres",
            hint: "apt-get install postgresql",
            address: "URL",
            open: || Box::pin(async { Postgres::shared().await as _ }),
        }),
        rows: Some(postgres::open),
        ..EMBEDDED
    },
    Provider {
        section: Section::Database,
        kind: "mongodb",
        title: "MongoDB",
        server: Some(Server {
            variable: "TENANTRY_TEST_MONGODB_URL",
            words: "mongodb",
            install: "mongodb",
            hint: "install Go 1.24 and run make services",
            address: "URL",
            open: || Box::pin(async { Mongodb::shared().await as _ }),
        }),
        under_load: &[("ANSWER_WITHIN_MS", "30000")],
        gap: "one process; a commit is visible in parts for a moment",
        gap_version: "no transactions",
        rows: Some(mongodb::open),
        ..EMBEDDED
    },
    Provider {
        section: Section::Storage,
        kind: "local",
        title: "local disk",
        ..EMBEDDED
    },
    Provider {
        section: Section::Storage,
        kind: "s3",
        title: "MinIO",
        server: Some(Server {
            variable: "TENANTRY_TEST_S3_URL",
            words: "s3 minio storage:: replicas",
            install: "minio",
            hint: "install Go 1.24 and run make services",
            address: "ENDPOINT",
            open: || Box::pin(async { Minio::shared().await as _ }),
        }),
        takes_parts: true,
        ..EMBEDDED
    },
    Provider {
        section: Section::Storage,
        kind: "azure",
        title: "Azurite",
        server: Some(Server {
            variable: "TENANTRY_TEST_AZURE_URL",
            words: "azur",
            install: "azurite",
            hint: "install Node 20 and run make services",
            address: "ENDPOINT",
            open: || Box::pin(async { Azurite::shared().await as _ }),
        }),
        takes_parts: true,
        gap: "presigned URLs bind neither size nor type",
        ..EMBEDDED
    },
    Provider {
        section: Section::Storage,
        kind: "webdav",
        title: "WsgiDAV",
        server: Some(Server {
            variable: "TENANTRY_TEST_WEBDAV_URL",
            words: "webdav",
            install: "wsgidav",
            hint: "install python3-pip and run make services",
            address: "URL",
            open: || Box::pin(async { Webdav::shared().await as _ }),
        }),
        in_all_combinations: false,
        ..EMBEDDED
    },
    Provider {
        section: Section::Cache,
        kind: "memory",
        title: "in process",
        ..EMBEDDED
    },
    Provider {
        section: Section::Cache,
        kind: "redis",
        title: "Redis",
        server: Some(Server {
            variable: "TENANTRY_TEST_REDIS_URL",
            words: "redis replicas",
            install: "redis",
            hint: "apt-get install redis-server",
            address: "URL",
            open: || Box::pin(async { Redis::shared().await as _ }),
        }),
        ..EMBEDDED
    },
];

/// The programs that tests need besides the servers of providers.
pub static PROGRAMS: &[Program] = &[
    Program {
        title: "PgBouncer",
        words: "pooler",
        install: "pgbouncer",
        hint: "apt-get install pgbouncer",
    },
    Program {
        title: "Chromium",
        words: "chromium",
        install: "chromium",
        hint: "apt-get install chromium-headless-shell",
    },
    Program {
        title: "Schemathesis",
        words: "schemathesis",
        install: "schemathesis",
        hint: "install python3-pip and run make services",
    },
];

/// Calls a macro with `<section>_<kind>` of each provider that has a server.
#[macro_export]
macro_rules! each_server {
    ($stamp:ident) => {
        $stamp! {
            database_postgres
            database_mongodb
            storage_s3
            storage_azure
            storage_webdav
            cache_redis
        }
    };
}

/// Returns the provider of a kind in a section.
pub fn provider(section: Section, kind: &str) -> &'static Provider {
    let mut providers = PROVIDERS.iter();
    let found = providers.find(|it| it.section == section && it.kind == kind);
    found.unwrap_or_else(|| panic!("no provider of kind {kind:?} for {}", section.name()))
}

/// Returns the provider of a name of [`each_server!`].
pub fn provider_named(name: &str) -> &'static Provider {
    let found = PROVIDERS.iter().find(|provider| provider.name() == name);
    found.unwrap_or_else(|| panic!("no provider named {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! names {
        ($($name:ident)*) => {
            const NAMES: &[&str] = &[$(stringify!($name)),*];
        };
    }
    each_server!(names);

    #[test]
    fn each_server_names_every_provider_with_a_server() {
        let with_server = PROVIDERS.iter().filter(|it| it.server.is_some());
        let names: Vec<_> = with_server.map(Provider::name).collect();
        assert_eq!(names, NAMES);
    }
}
