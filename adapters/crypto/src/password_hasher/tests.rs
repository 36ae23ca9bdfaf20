#![expect(clippy::expect_used, reason = "a failed test may panic")]

use std::time::Duration;

use tenantry_application::ports::{PasswordHasher, PortErrorKind, Verification};
use tenantry_domain::identity::PasswordHash;

use super::{ArgonPasswordHasher, PasswordHasherOptions};

const CHEAP: PasswordHasherOptions = PasswordHasherOptions {
    memory_kib: 64,
    iterations: 1,
    parallelism: 1,
    threads: 1,
    queue: 2,
};

fn hasher(options: &PasswordHasherOptions) -> ArgonPasswordHasher {
    ArgonPasswordHasher::new(options).expect("a valid cost")
}

async fn verify(hasher: &ArgonPasswordHasher, password: &str, hash: &str) -> Verification {
    let hash = PasswordHash::new(hash);
    let verdict = hasher.verify(password, Some(&hash)).await;
    verdict.expect("a verdict")
}

#[tokio::test]
async fn a_password_matches_its_hash() {
    let hasher = hasher(&CHEAP);
    let hash = hasher.hash("correct horse").await.expect("hashed");
    let text = hash.expose();
    assert!(text.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{text}");
    assert_ne!(hasher.hash("correct horse").await.expect("hashed"), hash);
    assert_eq!(
        verify(&hasher, "correct horse", text).await,
        Verification::Match
    );
    assert_eq!(
        verify(&hasher, "Correct horse", text).await,
        Verification::Mismatch
    );
    let nobody = hasher.verify("correct horse", None).await;
    assert_eq!(nobody.expect("a verdict"), Verification::Mismatch);
}

#[tokio::test]
async fn reference_hashes_are_verified() {
    // Created by the reference implementation: argon2 somesalt -id -t 2 -m 8.
    let hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$\
                 nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let hasher = hasher(&CHEAP);
    assert_eq!(
        verify(&hasher, "password", hash).await,
        Verification::Outdated
    );
    assert_eq!(
        verify(&hasher, "passwort", hash).await,
        Verification::Mismatch
    );
}

#[tokio::test]
async fn a_hash_of_another_cost_is_outdated() {
    let (old, new) = (
        hasher(&CHEAP),
        hasher(&PasswordHasherOptions {
            iterations: 2,
            ..CHEAP
        }),
    );
    let hash = old.hash("correct horse").await.expect("hashed");
    assert_eq!(
        verify(&new, "correct horse", hash.expose()).await,
        Verification::Outdated
    );
}

#[tokio::test]
async fn bcrypt_hashes_match_and_are_outdated() {
    let hasher = hasher(&CHEAP);
    let hash = bcrypt::hash("correct horse", 4).expect("hashed");
    for version in ["$2a$", "$2b$", "$2x$", "$2y$"] {
        let hash = hash.replacen("$2b$", version, 1);
        assert_eq!(
            verify(&hasher, "correct horse", &hash).await,
            Verification::Outdated
        );
        assert_eq!(
            verify(&hasher, "wrong horse", &hash).await,
            Verification::Mismatch
        );
    }
}

#[tokio::test]
async fn damaged_and_too_costly_hashes_never_match() {
    let hasher = hasher(&CHEAP);
    let salt_and_hash = "c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    for text in [
        "",
        "password",
        "$argon2id$",
        "$argon2id$v=19$m=64,t=1,p=1$$",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$",
        &format!("$argon2id$v=19$m=4294967295,t=1,p=1${salt_and_hash}"),
        &format!("$argon2id$v=19$m=64,t=4294967295,p=1${salt_and_hash}"),
        &format!("$argon2id$v=19$m=4294967295,t=1,p=4294967295${salt_and_hash}"),
        &format!("$argon2id$v=19$m=64,t=1,p=17${salt_and_hash}"),
        &format!("$argon2id$v=19$m=-64,t=1,p=1${salt_and_hash}"),
        &format!("$argon2id$v=19$m=064,t=1,p=1${salt_and_hash}"),
        &format!("$argon2id$v=16$m=64,t=1,p=1${salt_and_hash}"),
        &format!("$argon2d$v=19$m=64,t=1,p=1${salt_and_hash}"),
        &format!("$argon2id$v=19$m=64,t=1,p=1${salt_and_hash}$"),
        "$2b$31$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u",
        "$2b$04$short",
        "$2b$xx$L6Bc/AlTQHyd9liGgGEZyOFLPHNgyxeEPfgYfBCVxJ7JIlwxyVU3u",
    ] {
        assert_eq!(
            verify(&hasher, "password", text).await,
            Verification::Mismatch,
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_invalid_cost_is_rejected_at_start() {
    for options in [
        PasswordHasherOptions {
            memory_kib: 7,
            ..CHEAP
        },
        PasswordHasherOptions {
            iterations: 0,
            ..CHEAP
        },
        PasswordHasherOptions {
            parallelism: 9,
            ..CHEAP
        },
    ] {
        assert!(ArgonPasswordHasher::new(&options).is_err(), "{options:?}");
    }
}

#[tokio::test]
async fn a_full_queue_is_busy_and_dropped_calls_are_removed() {
    let slow = PasswordHasherOptions {
        memory_kib: 64 * 1024,
        ..CHEAP
    };
    let hasher = hasher(&slow);
    // One call is running, two are waiting, the fourth exceeds the limit.
    let mut calls: Vec<_> = (0..3).map(|_| hasher.hash("correct horse")).collect();
    for call in &mut calls {
        assert!(poll_once(call).await.is_none());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let refused = hasher
        .hash("correct horse")
        .await
        .map_err(|error| error.kind);
    assert_eq!(refused, Err(PortErrorKind::Busy));
    drop(calls);
    // The waiting calls are removed, and the thread accepts the next one.
    assert!(hasher.hash("correct horse").await.is_ok());
}

/// Polls the future once, which queues its job.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
