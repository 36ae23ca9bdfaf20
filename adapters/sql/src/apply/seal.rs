//! Steps that seal the next segment of an audit chain.

use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QueryTrait, sea_query::Expr};
use tenantry_application::work::AuditSeal;

use tenantry_store::{
    records::{AuditChain, chain_id},
    rows::{audit_chain, audit_entry, integer},
};

use super::{Step, insert::insert};

/// Moves the end of the chain if it has the expected value, and seals the
/// entries.
pub(super) fn push(steps: &mut Vec<Step>, seal: &AuditSeal, backend: DbBackend) {
    let chain = chain_id(seal.tenant_id);
    let to = seal.to();
    if seal.from.sequence == 0 {
        let chain = AuditChain {
            tenant_id: seal.tenant_id,
            head: to,
        };
        steps.push(Step::Change(insert(&chain, backend)));
    } else {
        let update = audit_chain::Entity::update_many()
            .col_expr(
                audit_chain::Column::Sequence,
                Expr::val(integer(to.sequence)),
            )
            .col_expr(audit_chain::Column::Hash, Expr::val(to.hash.to_vec()))
            .filter(audit_chain::Column::ChainId.eq(chain))
            .filter(audit_chain::Column::Sequence.eq(integer(seal.from.sequence)))
            .filter(audit_chain::Column::Hash.eq(seal.from.hash.to_vec()));
        steps.push(Step::ChangeOne(update.build(backend)));
    }
    for (id, seal) in &seal.seals {
        let update = audit_entry::Entity::update_many()
            .col_expr(
                audit_entry::Column::Sequence,
                Expr::val(integer(seal.sequence)),
            )
            .col_expr(audit_entry::Column::Hash, Expr::val(seal.hash.to_vec()))
            .filter(audit_entry::Column::Id.eq(id.as_uuid()))
            .filter(audit_entry::Column::ChainId.eq(chain))
            .filter(audit_entry::Column::Sequence.is_null());
        steps.push(Step::ChangeOne(update.build(backend)));
    }
}
