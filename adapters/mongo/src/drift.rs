//! The difference between a database and the declared tables.

use futures_util::TryStreamExt;
use mongodb::IndexModel;
use tenantry_application::ports::PortError;
use tenantry_store::schema::TableInfo;

use crate::{collection::Collection, database::Database, error::port_error};

/// Returns a line for each declared collection or index that the database lacks.
pub(crate) async fn drift(database: &Database) -> Result<Vec<String>, PortError> {
    let failed = |error| port_error("read the schema", error);
    let names = database.bounded(database.db.list_collection_names()).await;
    let names = names.map_err(failed)?;
    let mut lines = Vec::new();
    for collection in Collection::all().map(Collection::name) {
        if !names.iter().any(|name| name == collection) {
            lines.push(format!("{collection}: no such collection"));
        }
    }
    for table in TableInfo::all() {
        let collection = database.collection(Collection::of(table.kind));
        let indexes = database.bounded(collection.list_indexes()).await;
        let indexes = indexes.map_err(failed)?;
        let indexes: Vec<IndexModel> = indexes.try_collect().await.map_err(failed)?;
        for lookup in &table.lookups {
            let field = |column: &&'static str| match *column {
                "id" => "_id",
                column => column,
            };
            let serves = |index: &IndexModel| {
                let mut keys = index.keys.keys();
                let mut fields = lookup.iter().map(field);
                fields.all(|field| keys.next().is_some_and(|key| key == field))
            };
            if !indexes.iter().any(serves) {
                lines.push(format!("{}: no index on {lookup:?}", table.name));
            }
        }
        for order in &table.orders {
            let fields: Vec<_> = order.iter().copied().chain(["_id"]).collect();
            let serves = |index: &IndexModel| index.keys.keys().eq(&fields);
            if !indexes.iter().any(serves) {
                lines.push(format!("{}: no index for the order {order:?}", table.name));
            }
        }
    }
    Ok(lines)
}
