//! Files, their versions, blobs and quotas.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, blob, blob_null, uuid, uuid_null},
};

use super::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on = Columns::of(manager);
        for table in [files(on), versions(on), blobs(on), quotas()] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(unique(
                "files_path",
                "files",
                &["tenant_id", "bucket", "bucket_id", "path"],
            ))
            .await?;
        // One index per order, so that a page is read from it without sorting.
        // The unique index above has the order by path.
        for (name, key) in [
            ("files_by_name", "name_key"),
            ("files_by_created_at", "created_at"),
            ("files_by_updated_at", "updated_at"),
            ("files_by_size", "size_bytes"),
        ] {
            let columns = ["tenant_id", "bucket", "bucket_id", key, "id"];
            manager.create_index(index(name, "files", &columns)).await?;
        }
        for index in [
            unique(
                "versions_number",
                "versions",
                &["tenant_id", "file_id", "number"],
            ),
            index("versions_blob", "versions", &["tenant_id", "blob_id"]),
            index("versions_id", "versions", &["tenant_id", "id"]),
            index("blobs_digest", "blobs", &["tenant_id", "digest"]),
            index("blobs_id", "blobs", &["tenant_id", "id"]),
            // Most blobs are in use, so that a partial index is small. The
            // sweeper finds the tenants first, then the blobs of each.
            sweepable("blobs_to_sweep", &["sweep_at", "tenant_id"]),
            sweepable("blobs_of_tenant_to_sweep", &["tenant_id", "sweep_at", "id"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn sweepable(name: &str, columns: &[&str]) -> IndexCreateStatement {
    index(name, "blobs", columns)
        .and_where(Expr::col("sweep_at").is_not_null())
        .take()
}

fn files(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("files")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(on.text("bucket"))
        .col(uuid("bucket_id"))
        .col(on.text("path"))
        .col(on.text("name_key"))
        .col(on.text("tags"))
        .col(big_integer("version"))
        .col(big_integer_null("content_version"))
        .col(big_integer("size_bytes"))
        .col(on.text("media_type"))
        .col(blob("digest"))
        .col(on.text("status"))
        .col(on.text_null("failure_code"))
        .col(on.text_null("failure_message"))
        .col(on.text("review"))
        .col(uuid("owner_id"))
        .col(uuid("uploaded_by"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .col(big_integer_null("processed_at"))
        .col(big_integer("revision"))
        .take()
}

fn versions(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("versions")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(uuid("file_id"))
        .col(big_integer("number"))
        .col(uuid_null("blob_id"))
        .col(big_integer("size_bytes"))
        .col(blob("digest"))
        .col(on.text("declared_type"))
        .col(on.text("media_type"))
        .col(on.text("status"))
        .col(on.text_null("failure_code"))
        .col(on.text_null("failure_message"))
        .col(uuid("created_by"))
        .col(big_integer("created_at"))
        .col(big_integer_null("processed_at"))
        .col(big_integer("revision"))
        .take()
}

// The checksums of the pieces come last: other columns are read without this
// long one.
fn blobs(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("blobs")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(on.text("backend"))
        .col(on.text("state"))
        .col(big_integer("created_at"))
        .col(big_integer_null("sweep_at"))
        .col(big_integer_null("reserved_bytes"))
        .col(big_integer_null("size_bytes"))
        .col(blob_null("digest"))
        .col(big_integer_null("reference_count"))
        .col(big_integer_null("corrupt_at"))
        .col(big_integer("revision"))
        .col(blob_null("pieces"))
        .take()
}

fn quotas() -> TableCreateStatement {
    Table::create()
        .table("quotas")
        .col(uuid("tenant_id").primary_key())
        .col(big_integer("limit_bytes"))
        .col(big_integer("used_bytes"))
        .col(big_integer("reserved_bytes"))
        .take()
}
