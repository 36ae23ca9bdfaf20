//! Assertions on JSON values.

use serde_json::Value;

/// Returns a member of an object; panics if it is absent.
#[track_caller]
pub fn member<'v>(object: &'v Value, name: &str) -> &'v Value {
    match object.get(name) {
        Some(member) => member,
        None => panic!("no member {name} in {object}"),
    }
}

/// Asserts that an object has a member and that it is `null`. An index would
/// read an absent member as `null` too.
#[track_caller]
pub fn expect_null(object: &Value, name: &str) {
    assert_eq!(member(object, name), &Value::Null, "{name} in {object}");
}
