//! Steps that seal the next stretch of an audit chain.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter,
    QueryTrait, sea_query::Expr,
};
use tenantry_application::work::AuditSeal;

use crate::{
    convert::{big, chain_id},
    dialect::Step,
    entity::{audit_chain, audit_entry},
};

/// Moves the end of the chain, if it is where it must be, and numbers the
/// entries.
pub(super) fn push(steps: &mut Vec<Step>, seal: &AuditSeal, on: DbBackend) {
    let chain = chain_id(seal.tenant_id);
    let to = seal.to();
    if seal.from.sequence == 0 {
        let row = audit_chain::Model {
            chain_id: chain,
            sequence: big(to.sequence),
            hash: to.hash.to_vec(),
        };
        let insert = audit_chain::Entity::insert(row.into_active_model().reset_all());
        steps.push(Step::Change(insert.build(on)));
    } else {
        let update = audit_chain::Entity::update_many()
            .col_expr(audit_chain::Column::Sequence, Expr::val(big(to.sequence)))
            .col_expr(audit_chain::Column::Hash, Expr::val(to.hash.to_vec()))
            .filter(audit_chain::Column::ChainId.eq(chain))
            .filter(audit_chain::Column::Sequence.eq(big(seal.from.sequence)))
            .filter(audit_chain::Column::Hash.eq(seal.from.hash.to_vec()));
        steps.push(Step::ChangeOne(update.build(on)));
    }
    for (id, seal) in &seal.seals {
        let update = audit_entry::Entity::update_many()
            .col_expr(audit_entry::Column::Sequence, Expr::val(big(seal.sequence)))
            .col_expr(audit_entry::Column::Hash, Expr::val(seal.hash.to_vec()))
            .filter(audit_entry::Column::Id.eq(id.as_uuid()))
            .filter(audit_entry::Column::ChainId.eq(chain))
            .filter(audit_entry::Column::Sequence.is_null());
        steps.push(Step::ChangeOne(update.build(on)));
    }
}
