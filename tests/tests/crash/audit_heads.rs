//! Published heads of audit chains, from the log to the command line.

use std::{
    fs::{self, File},
    io::Write,
    process::Stdio,
};

use serde_json::json;
use tenantry_tests::harness::{Actor, ServiceProcess, Settings, command, until};

use crate::{
    data_folder::DataFolder,
    program::{CommandOutput, PROGRAM, expect_clean, run},
};

const SETTINGS: Settings<'static> = &[
    ("TENANTRY_LOG__LEVEL", "info"),
    ("TENANTRY_WORKER__AUDIT_HEAD_SECONDS", "1"),
];
const QUIET: Settings<'static> = &[("TENANTRY_LOG__LEVEL", "off")];

/// Removes the last entry of every chain of a tenant, and moves its end.
const TRUNCATE: [&str; 2] = [
    "DELETE FROM audit_entries WHERE chain_id <> zeroblob(16) AND sequence = \
     (SELECT sequence FROM audit_chains c WHERE c.chain_id = audit_entries.chain_id)",
    "UPDATE audit_chains SET sequence = sequence - 1, hash = (SELECT hash FROM audit_entries e \
     WHERE e.chain_id = audit_chains.chain_id AND e.sequence = audit_chains.sequence - 1) \
     WHERE chain_id <> zeroblob(16)",
];

/// Returns the heads of a chain in a log, oldest first.
fn heads(log: &str, chain: &str) -> Vec<String> {
    let mark = format!("audit head {chain}:");
    let lines = log.lines().filter_map(|line| line.split_once(&mark));
    let heads = lines.map(|(_, rest)| {
        let end = rest.find(['"', ' ']).unwrap_or(rest.len());
        format!("{chain}:{}", &rest[..end])
    });
    heads.collect()
}

fn fsck(data: &DataFolder, arguments: &[&str]) -> CommandOutput {
    run(data.path(), QUIET, &[&["fsck"], arguments].concat())
}

/// Runs `fsck` with lines on its standard input.
fn fsck_lines(data: &DataFolder, lines: &str) -> bool {
    let mut fsck = command(PROGRAM, data.path(), QUIET)
        .args(["fsck", "--audit-head", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("a process");
    let mut input = fsck.stdin.take().expect("its input");
    input.write_all(lines.as_bytes()).expect("written");
    drop(input);
    fsck.wait().expect("its end").success()
}

#[tokio::test]
async fn published_heads_reveal_truncation() {
    let data = DataFolder::new();
    let log = data.path().join("service.log");
    let mut serve = command(PROGRAM, data.path(), SETTINGS);
    serve.stderr(File::create(&log).expect("a file"));
    let process = ServiceProcess::of(serve);
    let owner = Actor::register(process.base(), "acme").await;
    let chain = owner.tenant_id.clone();
    let published = async |number: usize| {
        until("the log has the head of the chain", async || {
            let log = fs::read_to_string(&log).expect("a log");
            heads(&log, &chain).get(number).cloned()
        })
        .await
    };
    let first = published(0).await;
    let count = heads(&fs::read_to_string(&log).expect("a log"), &chain).len();
    let body = json!({ "name": "Tower" });
    owner.post("/api/v1/projects", &body).await.expect(201);
    let last = published(count).await;
    process.kill();

    let printed = run(data.path(), QUIET, &["audit", "heads"]);
    assert!(printed.is_success(), "{}", printed.text());
    let current = printed.stdout();
    let of_chain = |line: &&str| line.starts_with(&chain);
    let current = current.lines().find(of_chain).expect("the chain");
    for head in [&first, &last, &current.to_owned()] {
        let checked = fsck(&data, &["--audit-head", head]);
        assert!(checked.is_success(), "{}", checked.text());
    }
    assert!(fsck_lines(&data, &format!("{first}\n{current}\n")));

    for statement in TRUNCATE {
        data.change(statement).await;
    }
    expect_clean(data.path(), QUIET);
    assert!(fsck(&data, &["--audit-head", &first]).is_success());
    assert!(!fsck_lines(&data, &format!("{first}\n{current}\n")));
    let checked = fsck(&data, &["--audit-head", &first, "--audit-head", current]);
    assert!(!checked.is_success(), "{}", checked.text());
    let found = format!("its head {current} was published: entries were removed");
    assert!(checked.stdout().contains(&found), "{}", checked.stdout());

    for wrong in ["", "platform", &current[1..]] {
        let checked = fsck(&data, &["--audit-head", wrong]);
        assert!(!checked.is_success(), "{wrong:?}");
        assert_eq!(checked.stderr().lines().count(), 1, "{}", checked.stderr());
        assert!(checked.stderr().contains("audit head"), "{wrong:?}");
    }
}

#[tokio::test]
async fn entries_of_earlier_versions_are_accepted_by_their_id() {
    let data = DataFolder::new();
    let process = ServiceProcess::start(PROGRAM, data.path(), QUIET);
    Actor::register(process.base(), "acme").await;
    process.kill();
    expect_clean(data.path(), QUIET);
    data.change(
        "INSERT INTO audit_entries (id, chain_id, action, subject_kind, subject_id, at, detail) \
         SELECT x'0190a0a0000070008000000000000001', chain_id, action, subject_kind, subject_id, \
         at, detail FROM audit_entries WHERE action = 'auth.login' LIMIT 1",
    )
    .await;
    let entry = "0190a0a0-0000-7000-8000-000000000001";
    let found = format!("audit entry {entry} has no valid tag and is not sealed");
    for repair in [&[][..], &["--repair"]] {
        let checked = fsck(&data, repair);
        assert!(!checked.is_success(), "{}", checked.text());
        assert!(checked.stdout().contains(&found), "{}", checked.stdout());
    }
    let other = entry.replace('1', "2");
    let accept = |entry: &str| run(data.path(), QUIET, &["audit", "accept", entry]);
    assert!(!accept(&other).is_success());
    assert!(!fsck(&data, &[]).is_success());
    let accepted = accept(entry);
    assert!(accepted.is_success(), "{}", accepted.text());
    assert_eq!(accepted.stdout(), "sealed 1 of 1 entries\n");
    expect_clean(data.path(), QUIET);
}
