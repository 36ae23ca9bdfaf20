//! Checks of a backend, each with one line of advice if it fails.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use futures_util::TryStreamExt;
use tenantry_application::ports::{
    BlobCheck, CheckOutcome, IdGenerator, PortError, PortErrorKind, PresignAccess,
};
use tenantry_domain::{
    blob::{Content, PIECE_BYTES},
    media_type::MediaType,
};

use crate::{contract::Backend, hash::ContentHasher, name::ObjectName, read::ObjectReader};

/// The size of one piece.
const PIECE: usize = 256 * 1024;
const _: () = assert!(PIECE as u64 == PIECE_BYTES);
/// The size of an object of several pieces, so that a range can span two.
const SMALL_BYTES: usize = 2 * PIECE + 1;
/// The size of an object of two parts, if uploaded in parts.
const LARGE_BYTES: usize = 8 * 1024 * 1024 + 1;
/// The maximum clock skew; from five minutes on, services reject signatures.
const MAX_CLOCK_SKEW: Duration = Duration::from_mins(2);
/// The maximum length of the advice, in characters.
const ADVICE_CHARS: usize = 1024;
/// The lifetime of presigned requests, which are sent immediately.
const LIFETIME: Duration = Duration::from_mins(1);

const REPLACED: &str =
    "an existing object can be replaced; make sure that nothing else writes to this storage";
const MISMATCH: &str =
    "the bytes read differ from those written; check for a proxy that modifies them";

/// The alternative to sweeping unfinished uploads.
const LIFECYCLE_RULE: &str =
    "add a lifecycle rule to the bucket that aborts unfinished uploads after some days";

/// Runs all checks and deletes the objects written.
pub(crate) async fn examine(reader: &ObjectReader, ids: &dyn IdGenerator) -> Vec<BlobCheck> {
    let backend = &*reader.backend;
    let names = [0; 4].map(|_| ObjectName::Probe(ids.next()));
    let mut checks = run_checks(reader, names).await;
    let delete = async {
        for name in names {
            backend.delete(name).await?;
            if backend.size(name).await?.is_some() {
                let context = "a deleted object still exists";
                return Err(PortError::new(PortErrorKind::Internal, context));
            }
        }
        Ok(())
    };
    checks.push(check("delete", delete.await));
    checks.push(clock(backend));
    checks
}

async fn run_checks(
    reader: &ObjectReader,
    [small, large, presigned, unfinished]: [ObjectName; 4],
) -> Vec<BlobCheck> {
    let backend = &*reader.backend;
    let body = Bytes::from(sample(SMALL_BYTES));
    let content = match backend.put_whole(small, body.clone()).await {
        Ok(content) => content,
        // Without an object, all other checks would fail too.
        Err(error) => return vec![check("write", Err(error))],
    };
    let whole = 0..content.size_bytes;
    // The last byte of a piece and the first of the next.
    let across = PIECE_BYTES - 1..PIECE_BYTES + 1;
    let middle = body.slice(PIECE - 1..=PIECE);
    let second_write = match backend.put_whole(small, Bytes::from_static(b"other")).await {
        // The error of an existing object.
        Err(error) if error.kind == PortErrorKind::Internal => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(PortError::new(PortErrorKind::Internal, REPLACED)),
    };
    let mut checks = vec![
        check("write", Ok(())),
        check("read", compare(reader, small, &content, whole, &body).await),
        check(
            "range",
            compare(reader, small, &content, across, &middle).await,
        ),
        check("checksum", reader.verify(small, &content).await),
        conditional_write(backend, second_write),
        multipart(reader, large).await,
        unfinished_uploads(backend, unfinished).await,
    ];
    // Otherwise the service itself signs and serves the requests.
    if backend.capabilities().presign.is_some() {
        checks.push(presigned_get(backend, small, &body).await);
        checks.push(presigned_put(backend, presigned).await);
    }
    checks
}

fn conditional_write(backend: &dyn Backend, second_write: Result<(), PortError>) -> BlobCheck {
    let name = "conditional_write";
    if second_write.is_ok() && !backend.capabilities().conditional_write {
        let advice = "the storage replaces existing objects; their absence is checked before \
                      each write instead";
        return not_supported(name, advice);
    }
    check(name, second_write)
}

/// Compares a range of an object with the expected bytes.
async fn compare(
    reader: &ObjectReader,
    name: ObjectName,
    content: &Content,
    range: std::ops::Range<u64>,
    expected: &[u8],
) -> Result<(), PortError> {
    let stream = reader.read(name, content, range).await?;
    let chunks: Vec<Bytes> = stream.try_collect().await?;
    if chunks.concat() == expected {
        Ok(())
    } else {
        Err(PortError::new(PortErrorKind::Corrupt, MISMATCH))
    }
}

async fn multipart(reader: &ObjectReader, name: ObjectName) -> BlobCheck {
    let backend = &*reader.backend;
    if !backend.capabilities().multipart {
        return not_supported("multipart", "files are written as a whole");
    }
    let body = Bytes::from(sample(LARGE_BYTES));
    let content = ContentHasher::content_of(&body);
    let upload = async {
        let mut upload = backend.begin_upload(name).await?;
        upload.write(body).await?;
        upload.finish().await?;
        reader.verify(name, &content).await
    };
    check("multipart", upload.await)
}

async fn presigned_get(backend: &dyn Backend, name: ObjectName, body: &Bytes) -> BlobCheck {
    let get = async {
        let request = backend.presign(name, &PresignAccess::Get, LIFETIME).await?;
        let response = backend.send_presigned(request, Bytes::new()).await?;
        if response == *body {
            Ok(())
        } else {
            Err(PortError::new(PortErrorKind::Corrupt, MISMATCH))
        }
    };
    check("presigned_get", get.await)
}

async fn presigned_put(backend: &dyn Backend, name: ObjectName) -> BlobCheck {
    let body = Bytes::from_static(b"tenantry");
    let put = async {
        let access = PresignAccess::Put {
            size_bytes: body.len() as u64,
            content_type: MediaType::octet_stream(),
        };
        let request = backend.presign(name, &access, LIFETIME).await?;
        backend.send_presigned(request, body.clone()).await?;
        match backend.size(name).await? {
            Some(size) if size == body.len() as u64 => Ok(()),
            _ => Err(PortError::new(PortErrorKind::Corrupt, MISMATCH)),
        }
    };
    check("presigned_put", put.await)
}

/// Checks that an unfinished upload is found and aborted, as the sweep does.
async fn unfinished_uploads(backend: &dyn Backend, name: ObjectName) -> BlobCheck {
    let check_name = "unfinished_uploads";
    if !backend.capabilities().ends_unfinished {
        let advice = format!("a crash may leave parts behind; {LIFECYCLE_RULE}");
        return not_supported(check_name, &advice);
    }
    if !backend.lists_unfinished() {
        return check(check_name, Ok(()));
    }
    let abort = async {
        // Aborts itself on drop if the calls below do not.
        let _upload = backend.begin_upload(name).await?;
        let counts = [
            backend.abort_unfinished(name).await?,
            backend.abort_unfinished(name).await?,
        ];
        if counts == [1, 0] {
            return Ok(());
        }
        let context = "the storage does not list an unfinished multipart upload";
        Err(PortError::new(PortErrorKind::Internal, context))
    };
    let mut failed = match abort.await {
        Ok(()) => return check(check_name, Ok(())),
        Err(error) if error.kind == PortErrorKind::Unsupported => {
            not_supported(check_name, &line(&error))
        }
        Err(error) => check(check_name, Err(error)),
    };
    failed.advice.push_str("; or ");
    failed.advice.push_str(LIFECYCLE_RULE);
    failed
}

fn clock(backend: &dyn Backend) -> BlobCheck {
    match backend.clock_skew() {
        None => not_supported("clock", "the storage does not report the time"),
        Some(skew) if skew > MAX_CLOCK_SKEW => {
            let seconds = skew.as_secs();
            let context = format!(
                "the clocks of this machine and the storage differ by {seconds} s; \
                 set this machine's clock"
            );
            check(
                "clock",
                Err(PortError::new(PortErrorKind::Internal, context)),
            )
        }
        Some(_) => check("clock", Ok(())),
    }
}

fn check(name: &'static str, outcome: Result<(), PortError>) -> BlobCheck {
    match outcome {
        Ok(()) => BlobCheck {
            name,
            outcome: CheckOutcome::Ok,
            advice: String::new(),
        },
        Err(error) => BlobCheck {
            name,
            outcome: CheckOutcome::Failed,
            advice: line(&error),
        },
    }
}

fn not_supported(name: &'static str, advice: &str) -> BlobCheck {
    BlobCheck {
        name,
        outcome: CheckOutcome::NotSupported,
        advice: advice.to_owned(),
    }
}

/// Formats an error with its direct source as one line. Deeper sources come from
/// libraries and are of no use to the reader.
fn line(error: &PortError) -> String {
    let text = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(ADVICE_CHARS).collect()
}

fn sample(size: usize) -> Vec<u8> {
    let byte = |index: usize| {
        let mixed = index.wrapping_mul(31).wrapping_add(index >> 8);
        mixed.to_le_bytes()[0]
    };
    (0..size).map(byte).collect()
}
