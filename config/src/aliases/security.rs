//! `JWT_SECRET`.

use figment::value::{Dict, Value};

use crate::assignments::Assignments;
use crate::variables::Variables;

/// Name of the key made from `JWT_SECRET`; written into tokens, so it never changes.
const KID: &str = "jwt-secret";

/// `JWT_SECRET` is an HS256 key; that HS256 then signs follows from its being the first.
pub(super) fn assign(variables: &Variables, assignments: &mut Assignments) {
    if let Some(secret) = variables.get("JWT_SECRET") {
        let key = Dict::from([
            ("kid".to_owned(), KID.into()),
            ("algorithm".to_owned(), "HS256".into()),
            ("secret".to_owned(), secret.value.clone().into()),
        ]);
        assignments.say("security.keys", vec![Value::from(key)], secret);
    }
}
