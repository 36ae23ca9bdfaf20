//! Precedence of the layers and the sources of values.

use std::path::PathBuf;

use tenantry_config::sections::{DatabaseConfig, StorageConfig};
use tenantry_config::{Config, Dotenv, Flags, Profile, Sources};

use super::{env, load, shown, write};

#[test]
fn each_layer_overrides_the_previous_one() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "t.toml",
        "[http]\nport = 2\n[app]\nname = \"file\"\n",
    );
    let port = |sources: &Sources| {
        let loaded = Config::load(sources).unwrap();
        let (value, origin) = shown(&loaded, "http.port");
        assert_eq!(value, loaded.config.http.port.to_string());
        (value, origin)
    };
    let expect = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());

    let sources = Sources::new(folder.path());
    assert_eq!(port(&sources), expect("8080", "default.toml"));
    let testing = sources.env([("TENANTRY_PROFILE", "testing")]);
    assert_eq!(port(&testing), expect("0", "profiles/testing.toml"));
    let file = testing.config_file(Some(PathBuf::from("t.toml")));
    assert_eq!(port(&file), expect("2", "file t.toml"));
    write(folder.path(), ".env", "TENANTRY_HTTP__PORT=3\n");
    assert_eq!(port(&file), expect("3", "TENANTRY_HTTP__PORT in .env"));
    let variable = file.env([("TENANTRY_HTTP__PORT", "4")]);
    assert_eq!(
        port(&variable),
        expect("4", "environment variable TENANTRY_HTTP__PORT")
    );
    let flags =
        Flags::new()
            .set("--port", "http.port", Some(5))
            .set("--host", "http.host", None::<String>);
    let flag = variable.flags(flags);
    assert_eq!(port(&flag), expect("5", "flag --port"));
    assert_eq!(Config::load(&flag).unwrap().config.app.name, "file");
}

#[test]
fn the_profile_comes_from_variables() {
    assert_eq!(load(&[]).profile, Profile::Development);
    assert_eq!(load(&[("FLASK_ENV", "testing")]).profile, Profile::Testing);
    let sources = env(&[]).dotenv(Dotenv::Text("TENANTRY_PROFILE=testing".into()));
    let loaded = Config::load(&sources).unwrap();
    assert_eq!(loaded.config.profile, Profile::Testing);
    assert_eq!(shown(&loaded, "profile").1, "TENANTRY_PROFILE in .env");
}

#[test]
fn values_have_the_type_of_their_key() {
    let config = load(&[
        ("TENANTRY_SECURITY__SECRET", "12345678"),
        ("TENANTRY_SEED__ADMIN_EMAIL", "a@example.com"),
        ("TENANTRY_SEED__ADMIN_PASSWORD", "[1, true]"),
        ("TENANTRY_APP__NAME", "true"),
        ("TENANTRY_HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("TENANTRY_HTTP__CORS_ORIGINS", r#"["http://a", "http://b"]"#),
        ("TENANTRY_DATABASE__READERS", "8"),
        ("TENANTRY_WORKER__INLINE", "false"),
        ("TENANTRY_LIMITS__QUOTA_MB", ""),
    ]);
    assert_eq!(config.security.secret.unwrap().expose(), "12345678");
    assert_eq!(config.seed.admin_password.unwrap().expose(), "[1, true]");
    assert_eq!(config.app.name, "true");
    assert_eq!(config.http.cors_origins, ["http://a", "http://b"]);
    let proxies: Vec<_> = config
        .http
        .trusted_proxies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
    assert!(matches!(config.database, DatabaseConfig::Sqlite(sqlite) if sqlite.readers == 8));
    assert!(!config.worker.inline);
    assert_eq!(config.limits.quota_mb, 1000);
}

#[test]
fn defaults_are_derived_from_data_directory_and_public_url() {
    let config = load(&[
        ("TENANTRY_APP__DATA", "/srv/50%"),
        ("TENANTRY_HTTP__PUBLIC_URL", "https://files.example.com/"),
    ]);
    let DatabaseConfig::Sqlite(sqlite) = config.database else {
        unreachable!("sqlite is the default");
    };
    assert_eq!(
        sqlite.url.sqlite_file(),
        Some(PathBuf::from("/srv/50%/tenantry.db"))
    );
    assert!(matches!(config.storage, StorageConfig::Local(local)
        if local.root.to_str() == Some("/srv/50%/blobs")));
    assert_eq!(config.security.issuer, "https://files.example.com");
}

#[test]
fn backends_have_names_and_urls_select_kinds() {
    let config = load(&[
        ("TENANTRY_STORAGES__COLD__KIND", "gcs"),
        ("TENANTRY_STORAGES__COLD__BUCKET", "b"),
        ("TENANTRY_DATABASE__URL", "postgres://h/db"),
        ("TENANTRY_DATABASE__ROW_SECURITY__READS", "no"),
        ("TENANTRY_CACHE__URL", "redis://h"),
    ]);
    let names: Vec<_> = config
        .backends()
        .map(|(name, storage)| (name, storage.kind()))
        .collect();
    assert_eq!(names, [("default", "local"), ("cold", "gcs")]);
    assert!(
        matches!(&config.database, DatabaseConfig::Postgres(postgres)
        if postgres.row_security.enabled && !postgres.row_security.reads)
    );
    assert_eq!(config.cache.kind(), "redis");
}

#[test]
fn secrets_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "secret", "from a file\r\n");
    write(
        folder.path(),
        "t.toml",
        "[security]\nsecret_file = \"secret\"\n",
    );
    let sources = Sources::new(folder.path());
    let secret = |sources: &Sources| {
        let config = Config::load(sources).unwrap().config;
        config.security.secret.unwrap().expose().to_owned()
    };
    let toml = sources.clone().config_file(Some(PathBuf::from("t.toml")));
    assert_eq!(secret(&toml), "from a file");
    let variable = sources
        .clone()
        .env([("TENANTRY_SECURITY__SECRET_FILE", "secret")]);
    assert_eq!(secret(&variable), "from a file");
    let alias = sources.clone().env([("SECRET_KEY_FILE", "secret")]);
    assert_eq!(secret(&alias), "from a file");
    let keys = r#"[{ "kid": "a", "algorithm": "HS256", "secret_file": "secret" }]"#;
    let list = sources.env([("TENANTRY_SECURITY__KEYS", keys)]);
    let key = &Config::load(&list).unwrap().config.security.keys[0];
    assert!(
        matches!(key, tenantry_config::sections::SigningKey::HS256(key)
        if key.secret.expose() == "from a file")
    );
}

#[test]
fn byte_order_marks_are_no_part_of_values() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        (".env", "\u{FEFF}TENANTRY_HTTP__PORT=8123"),
        ("t.toml", "\u{FEFF}[security]\nsecret_file = \"secret\""),
        ("secret", "\u{FEFF}from a file\r\n"),
    ] {
        write(folder.path(), name, text);
    }
    let sources = Sources::new(folder.path()).config_file(Some(PathBuf::from("t.toml")));
    let config = Config::load(&sources).unwrap().config;
    assert_eq!(config.http.port, 8123);
    assert_eq!(config.security.secret.unwrap().expose(), "from a file");
}

#[test]
fn shown_settings_contain_no_secrets() {
    let loaded = Config::load(&env(&[
        ("SECRET_KEY", "hunter2-root"),
        ("JWT_SECRET", "hunter2-jwt"),
        ("DATABASE_URL", "postgres://u:hunter2@h/db"),
        ("MINIO_ENDPOINT", "minio:9000"),
        ("MINIO_ACCESS_KEY", "a"),
        ("MINIO_SECRET_KEY", "hunter2-minio"),
    ]))
    .unwrap();
    let lines: Vec<_> = loaded.show().iter().map(ToString::to_string).collect();
    let text = lines.join("\n");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(!format!("{loaded:?}").contains("hunter2"));
    assert!(text.contains("security.secret = [redacted]  (environment variable SECRET_KEY)"));
    assert!(text.contains("postgres://u:[redacted]@h/db  (environment variable DATABASE_URL)"));
    assert!(text.contains("storage.bucket = tenantry  (environment variable MINIO_ENDPOINT)"));
    assert!(text.contains("worker.lease_seconds = 15  (default)"));
}
