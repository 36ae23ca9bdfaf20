//! Starts that fail permanently.

use tenantry_tests::services::Postgres;

use crate::{data_folder::DataFolder, program::run};

#[tokio::test]
async fn a_permanent_error_ends_the_start_with_one_line() {
    let url = Postgres::shared().await.fresh().await;
    let data = DataFolder::new();
    let line = |url: &str| {
        let settings = [
            ("TENANTRY_DATABASE__URL", url),
            ("TENANTRY_DATABASE__CONNECT_WAIT_SECONDS", "0"),
        ];
        let ended = run(data.path(), &settings, &["serve"]);
        assert!(!ended.is_success());
        let line = ended.stderr();
        assert!(!line.contains("hunter2"), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    };
    let elsewhere = url.replace("/postgres?", "/nowhere?");
    assert!(
        line(&elsewhere).contains("the database does not exist"),
        "{}",
        line(&elsewhere)
    );
    let stranger = url.replace("tenantry@", "stranger:hunter2@");
    assert!(
        line(&stranger).contains("the login was rejected"),
        "{}",
        line(&stranger)
    );
    let (begin, rest) = url.split_once("127.0.0.1:").expect("a port");
    let (_, path) = rest.split_once('/').expect("a path");
    let nobody = format!("{begin}127.0.0.1:1/{path}");
    assert!(
        line(&nobody).contains("does not respond"),
        "{}",
        line(&nobody)
    );
    let encrypted = format!("{url}&sslmode=require");
    assert!(line(&encrypted).contains("TLS"), "{}", line(&encrypted));
}
