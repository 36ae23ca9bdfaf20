//! What is refused, and the line that says so.

use std::ffi::OsString;
use std::path::PathBuf;

use tenantry_config::{Config, Dotenv, Flags, Loaded, Profile, Sources};

use super::{env, faults, faults_of, write};

#[test]
fn variables_are_named_in_faults() {
    for (name, value, line) in [
        (
            "TENANTRY_HTTP__PORT",
            "70000",
            "http.port: 70000 is more than 65535",
        ),
        (
            "TENANTRY_HTTP__PORT",
            "http",
            "http.port: \"http\" is not a whole number",
        ),
        ("TENANTRY_HTTP__PROT", "1", "http.prot: unknown key"),
        ("TENANTRY_PORT", "1", "port: unknown key"),
        (
            "TENANTRY_HTTP",
            "1",
            "http: is a table; set its keys one by one",
        ),
        (
            "TENANTRY_LIMITS__QUOTA_MB",
            "0",
            "limits.quota_mb: 0 is less than 1",
        ),
        (
            "TENANTRY_WORKER__LEASE_SECONDS",
            "29",
            "worker.lease_seconds: 29 is less than 30",
        ),
        (
            "TENANTRY_SECURITY__REGISTRATION",
            "free",
            "security.registration: \"free\" is not one of open, invite, closed",
        ),
        (
            "TENANTRY_DATABASE__KIND",
            "oracle",
            "database.kind: \"oracle\" is not one of mongodb, postgres, sqlite",
        ),
        (
            "TENANTRY_DATABASE__NAME",
            "x",
            "database.name: not a key of kind sqlite",
        ),
        (
            "TENANTRY_HTTP__PUBLIC_URL",
            "example",
            "http.public_url: is not a url: relative URL without a base",
        ),
        (
            "TENANTRY_HTTP__TRUSTED_PROXIES",
            "proxy",
            "http.trusted_proxies: \"proxy\" is neither an address nor a network",
        ),
        (
            "TENANTRY_WORKER__UPLOAD_GRACE_SECONDS",
            "100",
            "worker.upload_grace_seconds: 100 is less than two of \
             worker.upload_heartbeat_seconds, 60",
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
            faults_of(&[(name, value)]),
            format!("configuration: {line} (environment variable {name})")
        );
    }
}

#[test]
fn all_faults_of_a_stage_are_told() {
    let text = faults_of(&[("TENANTRY_A", "1"), ("TENANTRY_HTTP__PORT", "x")]);
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn the_variables_of_tests_and_strangers_are_ignored() {
    let text = faults_of(&[
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
    assert_eq!(text, "fine");
}

#[test]
fn files_are_named_in_faults() {
    let folder = tempfile::tempdir().unwrap();
    let of = |text: &str| {
        write(folder.path(), "t.toml", text);
        faults(&Sources::new(folder.path()).config_file(Some(PathBuf::from("t.toml"))))
    };
    for (text, line) in [
        ("[http]\nport = \"80\"", "http.port: must be a whole number"),
        ("[http]\nports = 80", "http.ports: unknown key"),
        ("[htpp]\nport = 80", "htpp: unknown key"),
        ("http = 80", "http: must be a table of keys"),
        ("[app]\nname = 5", "app.name: must be text in quotes"),
        (
            "[database]\nkind = \"postgres\"",
            "database.url: missing for kind postgres",
        ),
        (
            "[storages.a]\nbucket = \"b\"",
            "storages.a.kind: missing; one of azure, gcs, local, memory, s3, webdav",
        ),
        (
            "[storages.A]\nkind = \"memory\"",
            "storages.A: a name is 1 to 32 of a-z, 0-9, _ and -, and not \"default\"",
        ),
        (
            "[storages.a]\nkind = \"local\"",
            "storages.a.root: is the folder of another backend",
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
        let found = of(text);
        assert!(
            found.starts_with(&format!("configuration: {line}")),
            "{found}"
        );
        assert_eq!(found.lines().count(), 1, "{found}");
        let described = found.ends_with("(file t.toml)") || line.contains("folder of another");
        assert!(described, "{found}");
    }
    let broken = of("[security]\nsecret = hunter2\n");
    assert!(
        broken.starts_with("configuration: t.toml: line 2: "),
        "{broken}"
    );
    assert!(!broken.contains("hunter2"), "{broken}");
    let missing = Sources::new(folder.path()).config_file(Some(PathBuf::from("u.toml")));
    assert!(faults(&missing).starts_with("configuration: u.toml: cannot be read"));
}

#[test]
fn dotenv_and_flags_are_named_in_faults() {
    let dotenv = |text: &str| faults(&env(&[]).dotenv(Dotenv::Text(text.into())));
    let line = dotenv("TENANTRY_HTTP__PORT=x");
    assert!(line.ends_with("(TENANTRY_HTTP__PORT in .env)"), "{line}");
    let line = dotenv("A=b\n\nhunter2 is my password\n");
    assert_eq!(line, "configuration: .env: line 3 is not NAME=value");
    let flags = Flags::new().set("--port", "http.port", Some("x"));
    let line = faults(&env(&[]).flags(flags));
    assert!(line.ends_with("(flag --port)"), "{line}");
}

#[test]
fn two_names_must_agree() {
    assert_eq!(
        faults_of(&[
            ("SECRET_KEY", "hunter2"),
            ("TENANTRY_SECURITY__SECRET", "hunter3")
        ]),
        "configuration: security.secret: TENANTRY_SECURITY__SECRET and SECRET_KEY give it \
         different values (environment variable SECRET_KEY)"
    );
    let same = [
        ("SECRET_KEY", "hunter2"),
        ("TENANTRY_SECURITY__SECRET", "hunter2"),
    ];
    assert_eq!(faults_of(&same), "fine");
    // The other name in another layer does not hide the contradiction; the same name does.
    let dotenv = Dotenv::Text("SECRET_KEY=a".into());
    let sources = env(&[("TENANTRY_SECURITY__SECRET", "b")]).dotenv(dotenv.clone());
    assert!(faults(&sources).contains("SECRET_KEY give it different values"));
    assert_eq!(faults(&env(&[("SECRET_KEY", "b")]).dotenv(dotenv)), "fine");
    let profiles = [("FLASK_ENV", "testing"), ("TENANTRY_PROFILE", "production")];
    assert!(faults_of(&profiles).contains("profile: production in TENANTRY_PROFILE, testing in"));
}

#[cfg(unix)]
#[test]
fn broken_text_counts_only_in_our_variables() {
    use std::os::unix::ffi::OsStringExt;
    let broken = || OsString::from_vec(vec![0xff]);
    let ours = env(&[]).env([(OsString::from("SECRET_KEY"), broken())]);
    let line = faults(&ours);
    assert_eq!(
        line,
        "configuration: SECRET_KEY: is not valid UTF-8 (environment)"
    );
    let theirs = env(&[]).env([(OsString::from("OTHER"), broken()), (broken(), broken())]);
    assert_eq!(faults(&theirs), "fine");
}

#[test]
fn production_needs_a_secret() {
    let line = faults_of(&[("TENANTRY_PROFILE", "production")]);
    assert!(line.contains("security.secret: missing"), "{line}");
    assert!(line.contains("`tenantry secret generate`"), "{line}");
    let secret = "0123456789abcdef0123456789abcdef";
    let production = |secret| faults_of(&[("FLASK_ENV", "production"), ("SECRET_KEY", secret)]);
    assert_eq!(production(secret), "fine");
    assert!(production("short").contains("environment variable SECRET_KEY"));
}

#[test]
fn a_refused_configuration_can_still_be_shown() {
    let sources = env(&[("TENANTRY_PROFILE", "production")]);
    let loaded = Loaded::read(&sources).unwrap();
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
fn the_seed_password_must_pass_its_own_rule() {
    let line = faults_of(&[
        ("ADMIN_EMAIL", "a@example.com"),
        ("ADMIN_PASSWORD", "seven77"),
    ]);
    assert_eq!(
        line,
        "configuration: seed.admin_password: is shorter than security.password_min_length, 8 \
         (environment variable ADMIN_PASSWORD)"
    );
}
