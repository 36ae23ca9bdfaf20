//! Tries a backend, and says in one line what to do about what fails.

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

use crate::{
    backend::Backend,
    name::ObjectName,
    read::{read, verify},
};

/// One piece.
const PIECE: usize = 256 * 1024;
const _: () = assert!(PIECE as u64 == PIECE_BYTES);
/// Of several pieces: a range can begin in one and end in the next.
const SMALL_BYTES: usize = 2 * PIECE + 1;
/// Of two parts, of those that are sent in parts.
const LARGE_BYTES: usize = 8 * 1024 * 1024 + 1;
/// What clocks may differ by: signatures are refused from five minutes on.
const CLOCKS: Duration = Duration::from_mins(2);
/// The most that is said of a check.
const ADVICE_CHARS: usize = 1024;
/// For a request that is made at once.
const AT_ONCE: Duration = Duration::from_mins(1);

const IN_THE_WAY: &str = "what was written before can be replaced: let nobody else write there";
const FOREIGN: &str =
    "what came back is not what was written: is something between that changes it?";

/// The other way to be rid of what no sweep ends.
const RULE: &str = "let a lifecycle rule of the bucket end unfinished uploads after some days";

/// Does every check; what it wrote goes at the end.
pub(crate) async fn examine(backend: &dyn Backend, ids: &dyn IdGenerator) -> Vec<BlobCheck> {
    let names = [0; 4].map(|_| ObjectName::Probe(ids.next()));
    let mut checks = tried(backend, names).await;
    let deleted = async {
        for name in names {
            backend.delete(name).await?;
            if backend.size(name).await?.is_some() {
                let context = "a deleted object is still there";
                return Err(PortError::new(PortErrorKind::Internal, context));
            }
        }
        Ok(())
    };
    checks.push(check("delete", deleted.await));
    checks.push(clock(backend));
    checks
}

async fn tried(
    backend: &dyn Backend,
    [small, large, signed, left]: [ObjectName; 4],
) -> Vec<BlobCheck> {
    let body = Bytes::from(sample(SMALL_BYTES));
    let content = match backend.put_whole(small, body.clone()).await {
        Ok(content) => content,
        // Nothing else would say more.
        Err(error) => return vec![check("write", Err(error))],
    };
    let whole = 0..content.size_bytes;
    // The last byte of a piece and the first of the next.
    let across = PIECE_BYTES - 1..PIECE_BYTES + 1;
    let middle = body.slice(PIECE - 1..=PIECE);
    let second = match backend.put_whole(small, Bytes::from_static(b"other")).await {
        // What the store means by it: the object is there and stays.
        Err(error) if error.kind == PortErrorKind::Internal => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(PortError::new(PortErrorKind::Internal, IN_THE_WAY)),
    };
    let mut checks = vec![
        check("write", Ok(())),
        check("read", same(backend, small, &content, whole, &body).await),
        check(
            "range",
            same(backend, small, &content, across, &middle).await,
        ),
        check("checksum", verify(backend, small, &content).await),
        conditional_write(backend, second),
        multipart(backend, large).await,
        unfinished(backend, left).await,
    ];
    // Where it signs nothing, the service does.
    if backend.capabilities().presign.is_some() {
        checks.push(presigned_get(backend, small, &body).await);
        checks.push(presigned_put(backend, signed).await);
    }
    checks
}

fn conditional_write(backend: &dyn Backend, second: Result<(), PortError>) -> BlobCheck {
    let name = "conditional_write";
    if second.is_ok() && !backend.capabilities().conditional_write {
        let advice = "the service replaces what is there: every name is looked for before";
        return not_supported(name, advice);
    }
    check(name, second)
}

async fn same(
    backend: &dyn Backend,
    name: ObjectName,
    content: &Content,
    range: std::ops::Range<u64>,
    expected: &[u8],
) -> Result<(), PortError> {
    let stream = read(backend, name, content, range).await?;
    let came: Vec<Bytes> = stream.try_collect().await?;
    if came.concat() == expected {
        Ok(())
    } else {
        Err(PortError::new(PortErrorKind::Corrupt, FOREIGN))
    }
}

async fn multipart(backend: &dyn Backend, name: ObjectName) -> BlobCheck {
    if !backend.capabilities().multipart {
        return not_supported("multipart", "files are written in one go here");
    }
    let body = Bytes::from(sample(LARGE_BYTES));
    let content = crate::hash::ContentHasher::content_of(&body);
    let done = async {
        let mut upload = backend.begin(name).await?;
        upload.write(body).await?;
        upload.finish().await?;
        verify(backend, name, &content).await
    };
    check("multipart", done.await)
}

async fn presigned_get(backend: &dyn Backend, name: ObjectName, body: &Bytes) -> BlobCheck {
    let followed = async {
        let request = backend.presign(name, &PresignAccess::Get, AT_ONCE).await?;
        let came = backend.follow(request, Bytes::new()).await?;
        if came == *body {
            Ok(())
        } else {
            Err(PortError::new(PortErrorKind::Corrupt, FOREIGN))
        }
    };
    check("presigned_get", followed.await)
}

async fn presigned_put(backend: &dyn Backend, name: ObjectName) -> BlobCheck {
    let body = Bytes::from_static(b"tenantry");
    let followed = async {
        let access = PresignAccess::Put {
            size_bytes: body.len() as u64,
            content_type: MediaType::octet_stream(),
        };
        let request = backend.presign(name, &access, AT_ONCE).await?;
        backend.follow(request, body.clone()).await?;
        match backend.size(name).await? {
            Some(size) if size == body.len() as u64 => Ok(()),
            _ => Err(PortError::new(PortErrorKind::Corrupt, FOREIGN)),
        }
    };
    check("presigned_put", followed.await)
}

fn where_known(name: &'static str, outcome: Result<(), PortError>) -> BlobCheck {
    match outcome {
        Err(error) if error.kind == PortErrorKind::Unsupported => {
            not_supported(name, &line(&error))
        }
        outcome => check(name, outcome),
    }
}

/// What a crash leaves of an upload in parts is found and ended, as a sweep
/// does it.
async fn unfinished(backend: &dyn Backend, left: ObjectName) -> BlobCheck {
    let name = "unfinished_uploads";
    if !backend.capabilities().ends_unfinished {
        return not_supported(name, &format!("a crash may leave parts: {RULE}"));
    }
    if !backend.shows_unfinished() {
        return check(name, Ok(()));
    }
    let ended = async {
        // Goes by itself where it is not ended.
        let _upload = backend.begin(left).await?;
        let counted = [
            backend.abort_unfinished(left).await?,
            backend.abort_unfinished(left).await?,
        ];
        if counted == [1, 0] {
            return Ok(());
        }
        let context = "the service does not show an upload in parts that was begun";
        Err(PortError::new(PortErrorKind::Internal, context))
    };
    let mut tried = match ended.await {
        Ok(()) => return check(name, Ok(())),
        Err(error) => where_known(name, Err(error)),
    };
    tried.advice.push_str("; or ");
    tried.advice.push_str(RULE);
    tried
}

fn clock(backend: &dyn Backend) -> BlobCheck {
    match backend.clock_difference() {
        None => not_supported("clock", "the storage tells no time"),
        Some(difference) if difference > CLOCKS => {
            let seconds = difference.as_secs();
            let context = format!("the clocks differ by {seconds} s: set this machine's");
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

/// An error with what is directly below it: what deeper ones say is not ours.
fn line(error: &PortError) -> String {
    let text = match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(ADVICE_CHARS).collect()
}

fn sample(size: usize) -> Vec<u8> {
    let byte = |at: usize| at.wrapping_mul(31).wrapping_add(at >> 8).to_le_bytes()[0];
    (0..size).map(byte).collect()
}
