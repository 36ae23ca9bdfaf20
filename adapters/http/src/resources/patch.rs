//! Partial updates (RFC 7396): an absent field keeps its value, null removes it.

use poem_openapi::types::MaybeUndefined;
use tenantry_application::Patch;

use crate::types::Text;

/// Converts a field of a partial update.
pub(crate) fn patch<const MAX: usize>(field: MaybeUndefined<Text<MAX>>) -> Patch<String> {
    match field {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Clear,
        MaybeUndefined::Value(value) => Patch::Set(value.into()),
    }
}
