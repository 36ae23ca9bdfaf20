//! Users, tenants, roles, memberships, sessions and epochs.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, blob, blob_null, boolean, uuid, uuid_null},
};

use super::columns::{Columns, index, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on = Columns::of(manager);
        for table in [
            identities(on),
            tenants(on),
            roles(on),
            memberships(on),
            sessions(on),
            epochs(on),
        ] {
            manager.create_table(table).await?;
        }
        for index in [
            unique("identities_email_key", "identities", &["email_key"]),
            unique("identities_username_key", "identities", &["username_key"]),
            unique("tenants_name_key", "tenants", &["name_key"]),
            unique("tenants_subdomain_key", "tenants", &["subdomain_key"]),
            unique("roles_name_key", "roles", &["tenant_id", "name_key"]),
            index(
                "memberships_user",
                "memberships",
                &["user_id", "created_at", "tenant_id"],
            ),
            index("sessions_expires_at", "sessions", &["expires_at", "id"]),
            index("epochs_changed_at", "epochs", &["changed_at", "subject_id"]),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn identities(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("identities")
        .col(uuid("id").primary_key())
        .col(on.text("email"))
        .col(on.text("email_key"))
        .col(boolean("email_verified"))
        .col(on.text_null("username"))
        .col(on.text_null("username_key"))
        .col(on.text_null("display_name"))
        .col(on.text_null("password_hash"))
        .col(on.text("status"))
        .col(boolean("platform_admin"))
        .col(uuid_null("last_tenant_id"))
        .col(big_integer("created_at"))
        .col(big_integer_null("last_login_at"))
        .col(big_integer("revision"))
        .take()
}

fn tenants(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("tenants")
        .col(uuid("id").primary_key())
        .col(on.text("name"))
        .col(on.text_null("name_key"))
        .col(on.text("subdomain"))
        .col(on.text_null("subdomain_key"))
        .col(on.text("status"))
        .col(on.text("isolation"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .col(big_integer("members_version"))
        .col(big_integer("roles_version"))
        .col(big_integer("revision"))
        .take()
}

fn roles(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("roles")
        .col(uuid("id").primary_key())
        .col(uuid("tenant_id"))
        .col(on.text("name"))
        .col(on.text("name_key"))
        .col(on.text("description"))
        .col(on.text_null("preset"))
        .col(on.text("parent_ids"))
        .col(big_integer("permissions"))
        .col(big_integer("created_at"))
        .col(big_integer("revision"))
        .take()
}

fn memberships(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("memberships")
        .col(uuid("tenant_id"))
        .col(uuid("user_id"))
        .col(on.text("role_ids"))
        .col(on.text("status"))
        .col(big_integer("created_at"))
        .col(big_integer("revision"))
        .primary_key(Index::create().col("tenant_id").col("user_id"))
        .take()
}

fn sessions(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(uuid_null("tenant_id"))
        .col(big_integer("generation"))
        .col(blob("refresh_hash"))
        .col(blob_null("previous_hash"))
        .col(big_integer("rotated_at"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("revoked_at"))
        .col(on.text_null("revoke_reason"))
        .col(on.text_null("client_address"))
        .col(on.text_null("client_agent"))
        .col(big_integer("revision"))
        .take()
}

fn epochs(on: Columns) -> TableCreateStatement {
    Table::create()
        .table("epochs")
        .col(uuid("subject_id").primary_key())
        .col(on.text("kind"))
        .col(big_integer("epoch"))
        .col(big_integer("changed_at"))
        .take()
}
