//! The order of raised epochs, by numbers that the database assigns.
//!
//! Triggers assign them, so that processes of an earlier version, which run until
//! they are replaced, also get numbers. Rows raised before have none: no cache is
//! older than the process that polls.

use sea_orm_migration::{
    prelude::*,
    schema::big_integer_null,
    sea_orm::{ConnectionTrait, DbBackend},
};

use super::columns::index;

/// Assigns the next number. One transaction writes at a time, so that numbers are
/// in the order of commits.
const SQLITE: &str = "\
    CREATE TRIGGER epochs_inserted AFTER INSERT ON epochs BEGIN \
    UPDATE epochs SET ordinal = (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM epochs) \
    WHERE subject_id = NEW.subject_id; END; \
    CREATE TRIGGER epochs_raised AFTER UPDATE OF epoch ON epochs BEGIN \
    UPDATE epochs SET ordinal = (SELECT COALESCE(MAX(ordinal), 0) + 1 FROM epochs) \
    WHERE subject_id = NEW.subject_id; END";

/// Assigns the number of the transaction. Readers find the running transactions
/// in their snapshot.
const POSTGRES: &str = "\
    CREATE FUNCTION epochs_ordinal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    NEW.ordinal := pg_catalog.pg_current_xact_id()::text::bigint; RETURN NEW; END $$; \
    CREATE TRIGGER epochs_raised BEFORE INSERT OR UPDATE ON epochs \
    FOR EACH ROW EXECUTE FUNCTION epochs_ordinal()";

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = Table::alter()
            .table("epochs")
            .add_column(big_integer_null("ordinal"))
            .take();
        manager.alter_table(added).await?;
        manager
            .create_index(index(
                "epochs_ordinal",
                "epochs",
                &["ordinal", "subject_id"],
            ))
            .await?;
        manager
            .drop_index(
                Index::drop()
                    .name("epochs_changed_at")
                    .table("epochs")
                    .to_owned(),
            )
            .await?;
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        manager
            .get_connection()
            .execute_unprepared(triggers)
            .await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
