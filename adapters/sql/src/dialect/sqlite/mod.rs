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
use crate::{SqliteOptions, link::Link, reader::Reader};

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
pub(crate) const CLAIM: &str = claim!("");

/// Opens the file.
pub(super) async fn open(options: &SqliteOptions) -> Result<Opened, PortError> {
    connect::create(options).await?;
    let db = open_writer(options).await?;
    let link = Link::to_file(connect::open_reader(options).await?);
    let reader = Reader::new(link, Dialect::Sqlite, false);
    let writing = super::Writing::Sqlite(Writing {
        db,
        options: options.clone(),
    });
    Ok(Opened { reader, writing })
}
