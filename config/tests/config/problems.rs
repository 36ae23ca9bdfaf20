//! Problems and their messages.

use std::ffi::OsString;
use std::path::PathBuf;

use tenantry_config::{Config, Dotenv, Flags, LoadedConfig, Profile, Sources};

use super::{env, problems, problems_of, write};

#[test]
fn problems_name_the_variable() {
    for (name, value, line) in [
        (
            "TENANTRY_HTTP__PORT",
            "70000",
            "http.port: 70000 is more than 65535",
        ),
        (
            "TENANTRY_HTTP__PORT",
            "http",
            "http.port: \"http\" is not an integer",
        ),
        ("TENANTRY_HTTP__PROT", "1", "http.prot: unknown key"),
        ("TENANTRY_PORT", "1", "port: unknown key"),
        (
            "TENANTRY_HTTP",
            "1",
            "http: is a table; set its keys separately",
        ),
        (
            "TENANTRY_LIMITS__QUOTA_MB",
            "0",
            "limits.quota_mb: 0 is less than 1",
        ),
        (
            "TENANTRY_WORKER__LEASE_SECONDS",
            "9",
            "worker.lease_seconds: 9 is less than 10",
        ),
        (
            "TENANTRY_SECURITY__REGISTRATION",
            "free",
            "security.registration: \"free\" is not one of open, invite, closed",
        ),
        (
            "TENANTRY_DATABASE__NAME",
            "x",
            "database.name: not a key of kind sqlite",
        ),
        (
            "TENANTRY_HTTP__PUBLIC_URL",
            "example",
            "http.public_url: is not a URL: relative URL without a base",
        ),
        (
            "TENANTRY_HTTP__TRUSTED_PROXIES",
            "proxy",
            "http.trusted_proxies: \"proxy\" is not an address or network",
        ),
        (
            "TENANTRY_WORKER__UPLOAD_TIMEOUT_SECONDS",
            "9",
            "worker.upload_timeout_seconds: 9 is less than twice \
             worker.upload_heartbeat_seconds (5)",
        ),
        (
            "TENANTRY_SECURITY__SECRET_FILE",
            "/nowhere/secret",
            "security.secret_file: cannot read /nowhere/secret: \
             No such file or directory (os error 2)",
        ),
        (
            "JWT_ALGORITHM",
            "HS512",
            "security.algorithm: \"HS512\" is not one of EdDSA, HS256, RS256",
        ),
    ] {
        assert_eq!(
            problems_of(&[(name, value)]),
            format!("configuration: {line} (environment variable {name})")
        );
    }
}

#[test]
fn unknown_kinds_are_rejected() {
    let line = problems_of(&[("TENANTRY_DATABASE__KIND", "oracle")]);
    assert!(
        line.contains("database.kind: \"oracle\" is not one of "),
        "{line}"
    );
}

#[test]
fn all_problems_of_a_stage_are_reported() {
    let text = problems_of(&[("TENANTRY_A", "1"), ("TENANTRY_HTTP__PORT", "x")]);
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn variables_of_tests_and_other_software_are_ignored() {
    let text = problems_of(&[
        ("TENANTRY_TEST_POSTGRES_URL", "postgres://h/db"),
        ("TENANTRY_SERVICE_HOST", "10.0.0.1"),
        ("TENANTRY_PORT", "tcp://10.0.0.1:80"),
        ("TENANTRY_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("SMTP_HOST", "mail"),
        ("OPENAI_API_KEY", "k"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("DB_NAME", "x"),
        ("DEBUG", "express:*"),
    ]);
    assert_eq!(text, "ok");
}

#[test]
fn problems_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let of = |text: &str| {
        write(folder.path(), "t.toml", text);
        problems(&Sources::new(folder.path()).config_file(Some(PathBuf::from("t.toml"))))
    };
    for (text, line) in [
        ("[http]\nport = \"80\"", "http.port: must be an integer"),
        ("[http]\nports = 80", "http.ports: unknown key"),
        ("[htpp]\nport = 80", "htpp: unknown key"),
        ("http = 80", "http: must be a table"),
        ("[app]\nname = 5", "app.name: must be a string"),
        (
            "[database]\nkind = \"postgres\"",
            "database.url: missing for kind postgres",
        ),
        (
            "[storages.a]\nbucket = \"b\"",
            "storages.a.kind: missing; expected one of ",
        ),
        (
            "[storages.A]\nkind = \"memory\"",
            "storages.A: the name must be 1 to 32 of a-z, 0-9, _ and -, and not \"default\"",
        ),
        (
            "[storages.a]\nkind = \"local\"",
            "storages.a.root: is the directory of another backend",
        ),
        (
            "[[security.keys]]\nkid = \"a\"\nalgorithm = \"EdDSA\"\nsecret = \"s\"",
            "security.keys.0.secret: not a key of algorithm EdDSA",
        ),
        (
            "[security]\nsecret_file = \"missing\"",
            "security.secret_file: cannot read",
        ),
    ] {
        let actual = of(text);
        assert!(
            actual.starts_with(&format!("configuration: {line}")),
            "{actual}"
        );
        assert_eq!(actual.lines().count(), 1, "{actual}");
        let has_origin = actual.ends_with("(file t.toml)") || line.contains("of another backend");
        assert!(has_origin, "{actual}");
    }
    let broken = of("[security]\nsecret = hunter2\n");
    assert!(
        broken.starts_with("configuration: t.toml: line 2: "),
        "{broken}"
    );
    assert!(!broken.contains("hunter2"), "{broken}");
    let missing = Sources::new(folder.path()).config_file(Some(PathBuf::from("u.toml")));
    assert!(problems(&missing).starts_with("configuration: u.toml: cannot be read"));
}

#[test]
fn problems_name_dotenv_and_flags() {
    let dotenv = |text: &str| problems(&env(&[]).dotenv(Dotenv::Text(text.into())));
    let line = dotenv("TENANTRY_HTTP__PORT=x");
    assert!(line.ends_with("(TENANTRY_HTTP__PORT in .env)"), "{line}");
    let line = dotenv("A=b\n\nhunter2 is my password\n");
    let expected = "configuration: .env: line 3 is not NAME=value; ";
    assert!(
        line.starts_with(expected) && !line.contains("hunter2"),
        "{line}"
    );
    let flags = Flags::new().set("--port", "http.port", Some("x"));
    let line = problems(&env(&[]).flags(flags));
    assert!(line.ends_with("(flag --port)"), "{line}");
}

#[test]
fn files_in_utf_16_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let utf16 = b"\xff\xfeA\0=\0b\0";
    for name in [".env", "t.toml", "secret"] {
        std::fs::write(folder.path().join(name), utf16).unwrap();
    }
    let of = |sources: Sources| problems(&sources);
    let bare = || Sources::new(folder.path()).dotenv(Dotenv::None);
    let variable = [("TENANTRY_SECURITY__SECRET_FILE", "secret")];
    for (file, problem) in [
        (".env", of(Sources::new(folder.path()))),
        (
            "t.toml",
            of(bare().config_file(Some(PathBuf::from("t.toml")))),
        ),
        ("secret", of(bare().env(variable))),
    ] {
        assert!(
            problem.contains(file) && problem.contains("UTF-16"),
            "{problem}"
        );
    }
}

#[test]
fn two_variables_of_a_key_must_agree() {
    assert_eq!(
        problems_of(&[
            ("SECRET_KEY", "hunter2"),
            ("TENANTRY_SECURITY__SECRET", "hunter3")
        ]),
        "configuration: security.secret: TENANTRY_SECURITY__SECRET and SECRET_KEY set different \
         values; remove one of them (environment variable SECRET_KEY)"
    );
    let same = [
        ("SECRET_KEY", "hunter2"),
        ("TENANTRY_SECURITY__SECRET", "hunter2"),
    ];
    assert_eq!(problems_of(&same), "ok");
    // Only the same name in a higher layer overrides a variable.
    let dotenv = Dotenv::Text("SECRET_KEY=a".into());
    let sources = env(&[("TENANTRY_SECURITY__SECRET", "b")]).dotenv(dotenv.clone());
    assert!(problems(&sources).contains("SECRET_KEY set different values"));
    assert_eq!(problems(&env(&[("SECRET_KEY", "b")]).dotenv(dotenv)), "ok");
    let profiles = [("FLASK_ENV", "testing"), ("TENANTRY_PROFILE", "production")];
    let line = problems_of(&profiles);
    assert!(line.contains("profile: production in TENANTRY_PROFILE, but testing in"));
}

#[cfg(unix)]
#[test]
fn settings_must_be_utf8() {
    use std::os::unix::ffi::OsStringExt;
    let invalid = || OsString::from_vec(vec![0xff]);
    let setting = env(&[]).env([(OsString::from("SECRET_KEY"), invalid())]);
    let line = problems(&setting);
    assert_eq!(
        line,
        "configuration: SECRET_KEY: is not valid UTF-8 (environment)"
    );
    let other = env(&[]).env([(OsString::from("OTHER"), invalid()), (invalid(), invalid())]);
    assert_eq!(problems(&other), "ok");
}

#[test]
fn production_requires_a_secret() {
    let line = problems_of(&[("TENANTRY_PROFILE", "production")]);
    assert!(line.contains("security.secret: missing"), "{line}");
    assert!(line.contains("`tenantry secret generate`"), "{line}");
    let secret = "0123456789abcdef0123456789abcdef";
    let production = |secret| problems_of(&[("FLASK_ENV", "production"), ("SECRET_KEY", secret)]);
    assert_eq!(production(secret), "ok");
    assert!(production("short").contains("environment variable SECRET_KEY"));
}

#[test]
fn a_rejected_configuration_can_be_shown() {
    let sources = env(&[("TENANTRY_PROFILE", "production")]);
    let loaded = LoadedConfig::read(&sources).unwrap();
    assert_eq!(loaded.config.profile, Profile::Production);
    assert!(loaded.validate().is_err());
    let lines: Vec<_> = loaded.show().iter().map(ToString::to_string).collect();
    assert!(
        lines.contains(&"security.secret is not set".to_owned()),
        "{lines:?}"
    );
    assert!(Config::load(&sources).is_err());
}

#[test]
fn the_seed_password_must_have_the_minimum_length() {
    let line = problems_of(&[
        ("ADMIN_EMAIL", "a@example.com"),
        ("ADMIN_PASSWORD", "seven77"),
    ]);
    assert_eq!(
        line,
        "configuration: seed.admin_password: must have at least security.password_min_length \
         characters (8) (environment variable ADMIN_PASSWORD)"
    );
}
