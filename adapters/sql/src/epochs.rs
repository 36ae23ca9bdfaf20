//! Raised epochs on PostgreSQL, in an order that does not depend on the order of commits.

use tenantry_application::ports::{EpochChange, EpochChanges, EpochPosition, PortError};

use crate::{
    error::port_error,
    reader::{Reader, entity},
};

/// Reads the epochs that transactions from a number on raised, and the number
/// of the first transaction that is still running, in one snapshot. The writes of
/// all transactions below that number are visible to the snapshot.
///
/// Rows of a restored dump have numbers of another server, possibly far above
/// its own; those above the snapshot are not its own.
const SINCE: &str = "\
    SELECT s.first_running, e.* FROM ( \
    SELECT pg_snapshot_xmin(now.s)::text::bigint AS first_running, \
    pg_snapshot_xmax(now.s)::text::bigint AS not_begun \
    FROM (SELECT pg_current_snapshot() AS s) now) s \
    LEFT JOIN epochs e ON e.ordinal >= ? AND e.ordinal < s.not_begun \
    ORDER BY e.ordinal, e.subject_id";

/// Returns the raises since a position: the number of a transaction, such that
/// all transactions below it have ended.
pub(crate) async fn epochs_since(
    reader: &Reader,
    since: Option<EpochPosition>,
) -> Result<EpochChanges, PortError> {
    let context = "read epochs";
    let since = since.map_or(i64::MAX, |since| since.0.cast_signed());
    let rows = reader.rows_by(context, SINCE, [since.into()]).await?;
    let mut position = 0;
    let mut changes = Vec::with_capacity(rows.len());
    for row in &rows {
        let read = |column| row.try_get::<Option<i64>>("", column);
        let failed = |error| port_error(context, error);
        position = read("first_running").map_err(failed)?.unwrap_or(0);
        if read("ordinal").map_err(failed)?.is_some() {
            changes.push(entity::<EpochChange>(row)?);
        }
    }
    Ok(EpochChanges {
        position: EpochPosition(position.cast_unsigned()),
        changes,
    })
}
