//! Variables of older systems.

use tenantry_config::{
    Secret,
    sections::{
        Algorithm, CacheConfig, DatabaseConfig, S3StorageConfig, SigningKey, StorageConfig,
        TenantStrategy,
    },
};

use super::{load, problems_of};

fn database_url(variables: &[(&str, &str)]) -> (&'static str, String) {
    let database = load(variables).database;
    let url = match &database {
        DatabaseConfig::Sqlite(sqlite) => &sqlite.url,
        DatabaseConfig::Postgres(postgres) => &postgres.url,
        DatabaseConfig::Mongodb(mongodb) => &mongodb.url,
    };
    (database.kind(), url.expose().to_owned())
}

fn s3(storage: &StorageConfig) -> &S3StorageConfig {
    match storage {
        StorageConfig::S3(s3) => s3,
        other => unreachable!("a backend of kind {}", other.kind()),
    }
}

#[test]
fn aliases_set_their_keys() {
    let config = load(&[
        ("APP_NAME", "Files"),
        ("CORS_ORIGINS", r#"["http://localhost:3000"]"#),
        ("DEBUG", "True"),
        ("REFRESH_TOKEN_SECRET", "p"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "30"),
        ("REFRESH_TOKEN_EXPIRE_DAYS", "7"),
        ("MULTI_TENANCY_STRATEGY", "SUBDOMAIN"),
        ("HOST_MAIN_DOMAIN", "Example.com"),
        ("MAX_FILE_SIZE_MB", "5"),
        ("STORAGE_QUOTA_MB", "50"),
    ]);
    assert_eq!(config.app.name, "Files");
    assert_eq!(config.http.cors_origins, ["http://localhost:3000"]);
    assert_eq!(config.log.level, "debug");
    assert_eq!(config.security.refresh_token_pepper.unwrap().expose(), "p");
    assert_eq!(config.security.access_token_minutes, 30);
    assert_eq!(config.security.refresh_token_days, 7);
    assert_eq!(config.tenancy.strategy, TenantStrategy::Subdomain);
    assert_eq!(config.tenancy.main_domain.as_deref(), Some("example.com"));
    assert_eq!(config.limits.max_file_bytes(), 5 * 1024 * 1024);
    assert_eq!(config.limits.quota_mb, 50);
}

#[test]
fn jwt_secret_becomes_the_signing_key() {
    let security = load(&[("JWT_SECRET", "s"), ("ALGORITHM", "HS256")]).security;
    assert_eq!(security.algorithm, Algorithm::HS256);
    assert!(matches!(&security.keys[..], [SigningKey::HS256(key)] if key.secret.expose() == "s"));
    assert_eq!(
        load(&[("JWT_SECRET", "s")]).security.algorithm,
        Algorithm::HS256
    );
    let line = problems_of(&[("JWT_SECRET", "s"), ("JWT_ALGORITHM", "EdDSA")]);
    assert!(
        line.contains("security.algorithm: is EdDSA, but the first key"),
        "{line}"
    );
}

#[test]
fn the_scheme_selects_the_kind_of_database() {
    for (name, url, kind, expected) in [
        (
            "DATABASE_URL",
            "postgresql+asyncpg://h/db",
            "postgres",
            "postgresql://h/db",
        ),
        (
            "DATABASE_URL",
            "sqlite:///srv/a.db",
            "sqlite",
            "sqlite:///srv/a.db",
        ),
        (
            "MONGO_URI",
            "mongodb+srv://h/db",
            "mongodb",
            "mongodb+srv://h/db",
        ),
        (
            "MONGODB_URL",
            "mongodb://a,b/db",
            "mongodb",
            "mongodb://a,b/db",
        ),
    ] {
        assert_eq!(database_url(&[(name, url)]), (kind, expected.to_owned()));
    }
    let line = problems_of(&[("DATABASE_URL", "mysql://u:hunter2@h/db")]);
    assert!(
        line.contains("DATABASE_URL") && !line.contains("hunter2"),
        "{line}"
    );
    let line = problems_of(&[
        ("DATABASE_URL", "sqlite:a"),
        ("MONGO_URI", "mongodb://h/db"),
    ]);
    assert!(
        line.contains("DATABASE_URL and MONGO_URI set different values"),
        "{line}"
    );
    let kind = [
        ("DATABASE_URL", "sqlite:a"),
        ("TENANTRY_DATABASE__KIND", "postgres"),
    ];
    assert!(problems_of(&kind).contains("database.kind: TENANTRY_DATABASE__KIND and DATABASE_URL"));
}

#[test]
fn a_database_url_is_built_from_its_parts() {
    let parts = [
        ("DB_HOST", "db"),
        ("DB_PORT", "5433"),
        ("DB_USER", "u"),
        ("DB_PASSWORD", "p@/:s"),
        ("DB_NAME", "main"),
    ];
    let url = "postgres://u:p%40%2F%3As@db:5433";
    assert_eq!(database_url(&parts), ("postgres", url.to_owned()));
    let DatabaseConfig::Postgres(postgres) = load(&parts).database else {
        unreachable!("the parts select postgres");
    };
    assert_eq!(postgres.name.as_deref(), Some("main"));

    let with = |url| {
        let variables = parts.into_iter().chain([("DATABASE_URL", url)]);
        problems_of(&variables.collect::<Vec<_>>())
    };
    assert_eq!(with("postgres://u:p%40%2F%3As@db:5433/main"), "ok");
    let line = with("postgres://u:other@db:5433/main");
    assert!(
        line.contains("DATABASE_URL and DB_PASSWORD set different values"),
        "{line}"
    );
    let line = with("postgres://u:p%40%2F%3As@db:5433/other");
    assert!(
        line.contains("database.name: is \"main\", but database.url has"),
        "{line}"
    );
    assert_eq!(
        problems_of(&[("DB_PASSWORD", "p"), ("DB_PORT", "5432")]),
        "ok"
    );
    let port = [("DB_HOST", "db"), ("DB_NAME", "d"), ("DB_PORT", "5432")];
    let agree = [&port[..], &[("DATABASE_URL", "postgres://db/d")]].concat();
    assert_eq!(problems_of(&agree), "ok");
}

#[test]
fn aliases_set_the_name_of_a_mongodb_database() {
    let database = load(&[("MONGO_URI", "mongodb://h"), ("MASTER_DB_NAME", "m")]).database;
    assert!(matches!(database, DatabaseConfig::Mongodb(mongodb)
        if mongodb.name.as_deref() == Some("m")));
    let line = problems_of(&[
        ("MONGO_URI", "mongodb://h"),
        ("MONGO_DB_NAME", "a"),
        ("MASTER_DB_NAME", "b"),
    ]);
    assert!(line.contains("MONGO_DB_NAME and MASTER_DB_NAME"), "{line}");
}

#[test]
fn a_cache_url_is_taken_whole_or_built_from_its_parts() {
    let url = |variables: &[(&str, &str)]| match load(variables).cache {
        CacheConfig::Redis(redis) => redis.url.expose().to_owned(),
        CacheConfig::Memory(_) => "memory".to_owned(),
    };
    assert_eq!(url(&[("REDIS_URL", "rediss://h/1")]), "rediss://h/1");
    assert_eq!(
        url(&[("REDIS_HOST", "h"), ("REDIS_DB", "2")]),
        "redis://h:6379/2"
    );
    assert_eq!(url(&[("REDIS_PORT", "1")]), "memory");
    assert_eq!(
        url(&[("REDIS_URL", "redis://h"), ("REDIS_DB", "0")]),
        "redis://h"
    );
    assert!(problems_of(&[("REDIS_URL", "http://h")]).contains("cache.url: must start with"));
}

#[test]
fn a_single_backend_is_the_default() {
    let minio = [
        ("MINIO_ENDPOINT", "minio:9000"),
        ("MINIO_ACCESS_KEY", "a"),
        ("MINIO_SECRET_KEY", "s"),
    ];
    let config = load(&minio);
    assert_eq!(Some(&config.storage), config.storages.get("minio"));
    let s3_config = s3(&config.storage);
    assert_eq!(
        s3_config.endpoint.as_ref().unwrap().as_str(),
        "http://minio:9000/"
    );
    assert_eq!(s3_config.bucket, "tenantry");
    assert!(s3_config.path_style && s3_config.create && s3_config.allow_http);

    let more = [
        &minio[..],
        &[("S3_BUCKET", "b"), ("S3_REGION", "eu-west-1")],
        &[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")],
        &[("AWS_SESSION_TOKEN", "temporary")],
    ]
    .concat();
    let config = load(&more);
    assert_eq!(config.storage.kind(), "local");
    assert_eq!(
        s3(&config.storages["s3"]).region.as_deref(),
        Some("eu-west-1")
    );
    let token = s3(&config.storages["s3"]).session_token.as_ref();
    assert_eq!(token.map(Secret::expose), Some("temporary"));

    let with_kind = [&minio[..], &[("TENANTRY_STORAGE__KIND", "memory")]].concat();
    let config = load(&with_kind);
    assert_eq!(config.storage.kind(), "memory");
    assert_eq!(config.storages.len(), 1);

    let named = [&minio[..], &[("TENANTRY_STORAGES__MINIO__BUCKET", "mine")]].concat();
    assert_eq!(s3(&load(&named).storages["minio"]).bucket, "mine");
}

#[test]
fn s3_variables_have_two_names() {
    for names in [
        ["S3_BUCKET", "S3_REGION"],
        ["AWS_S3_BUCKET", "AWS_S3_REGION"],
    ] {
        let config = load(&[(names[0], "b"), (names[1], "eu-west-1")]);
        let s3 = s3(&config.storage);
        assert_eq!(
            (s3.bucket.as_str(), s3.region.as_deref()),
            ("b", Some("eu-west-1"))
        );
        assert_eq!(Some(&config.storage), config.storages.get("s3"));
    }
    let equal = [("S3_BUCKET", "b"), ("AWS_S3_BUCKET", "b")];
    assert_eq!(s3(&load(&equal).storage).bucket, "b");
    // A region alone describes no bucket.
    assert_eq!(load(&[("AWS_S3_REGION", "eu-west-1")]).storages.len(), 0);
    for (key, first, second) in [
        ("bucket", ("S3_BUCKET", "b"), ("AWS_S3_BUCKET", "c")),
        ("region", ("S3_REGION", "a"), ("AWS_S3_REGION", "b")),
    ] {
        let line = problems_of(&[("S3_BUCKET", "b"), first, second]);
        let expected = format!(
            "storages.s3.{key}: {} and {} set different values; remove one of them",
            first.0, second.0
        );
        assert!(line.contains(&expected), "{line}");
    }
}

#[test]
fn azure_and_an_upload_folder_are_two_backends() {
    let azure = [(
        "AZURE_STORAGE_CONNECTION_STRING",
        "AccountName=a;AccountKey=k",
    )];
    let config = load(&azure);
    assert!(matches!(&config.storage, StorageConfig::Azure(azure)
        if azure.container == "tenantry" && azure.create));

    let folder = [&azure[..], &[("UPLOAD_FOLDER", "/srv/up")]].concat();
    let config = load(&folder);
    assert!(matches!(&config.storage, StorageConfig::Local(local)
        if local.root.to_str() == Some("/srv/up")));
    assert_eq!(config.storages["azure"].kind(), "azure");
}
