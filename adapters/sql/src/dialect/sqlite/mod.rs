//! `SQLite`.
//!
//! There is one connection that writes and several that read. The file is in
//! WAL mode, so that readers never wait for the writer; `synchronous = FULL`
//! makes an acknowledged commit survive the loss of power; the cost of that is
//! shared by committing in groups. Nothing vacuums by itself: free pages are
//! used again, and giving them back would cost every write. Nothing gathers
//! statistics either, so that queries take the indexes that the tests saw them
//! take, whatever lies in the tables.

use sea_orm::DbBackend;
use tenantry_application::ports::PortError;

use super::{Dialect, Opened};
use crate::{SqliteOptions, reader::Reader};

mod connect;
mod errors;
mod unit;
mod writing;

pub(crate) use connect::open_writer;
pub(crate) use errors::kind_of;
pub(crate) use unit::calls;
pub(crate) use writing::Writing;

/// For building statements.
const BACKEND: DbBackend = DbBackend::Sqlite;

/// See [`Dialect::claim`].
pub(crate) const CLAIM: &str = "\
    UPDATE jobs SET state = 'running', attempt = attempt + 1, \
    failures = failures + CASE state WHEN 'running' THEN 1 ELSE 0 END, lease_worker = ?, \
    lease_until = ?, started_at = ?, revision = revision + 1 WHERE id = (\
    SELECT id FROM (\
    SELECT * FROM (SELECT run_at, id FROM jobs WHERE state = 'queued' AND run_at <= ? \
    ORDER BY run_at, id LIMIT 1) AS due \
    UNION ALL \
    SELECT * FROM (SELECT run_at, id FROM jobs WHERE state = 'running' AND lease_until < ? \
    ORDER BY run_at, id LIMIT 1) AS lost\
    ) AS waiting ORDER BY run_at, id LIMIT 1) RETURNING *";

/// Opens the file.
pub(super) async fn open(options: &SqliteOptions) -> Result<Opened, PortError> {
    connect::create(options).await?;
    let db = open_writer(options).await?;
    let reader = Reader::new(connect::open_reader(options).await?, Dialect::Sqlite, false);
    let writing = super::Writing::Sqlite(Writing {
        db,
        options: options.clone(),
    });
    Ok(Opened { reader, writing })
}
