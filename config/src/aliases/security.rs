//! `JWT_SECRET`.

use figment::value::{Dict, Value};

use crate::assignments::Assignments;
use crate::variables::Variables;

/// The id of the key made from `JWT_SECRET`; tokens contain it, so it must not change.
const KID: &str = "jwt-secret";

/// Makes `JWT_SECRET` the first HS256 key, which signs.
pub(super) fn assign(variables: &Variables, assignments: &mut Assignments) {
    if let Some(secret) = variables.get("JWT_SECRET") {
        let key = Dict::from([
            ("kid".to_owned(), KID.into()),
            ("algorithm".to_owned(), "HS256".into()),
            ("secret".to_owned(), secret.value.clone().into()),
        ]);
        assignments.set("security.keys", vec![Value::from(key)], secret);
    }
}
