//! Assignments of values to keys by variables, and conflicts between them.

use figment::value::Value;

use crate::problem::Problem;
use crate::variables::Variable;

/// A value that a variable assigns to a key.
#[derive(Clone)]
pub(crate) struct Assignment {
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) name: String,
    pub(crate) origin: String,
}

/// All assignments by variables.
#[derive(Default)]
pub(crate) struct Assignments {
    explicit: Vec<Assignment>,
    implied: Vec<Assignment>,
}

impl Assignments {
    /// Sets `key` to `value`.
    pub(crate) fn set(&mut self, key: impl Into<String>, value: impl Into<Value>, by: &Variable) {
        self.explicit.push(assignment(key.into(), value.into(), by));
    }

    /// Sets `key` to `value` unless another layer sets it.
    pub(crate) fn imply(&mut self, key: impl Into<String>, value: impl Into<Value>, by: &Variable) {
        self.implied.push(assignment(key.into(), value.into(), by));
    }

    /// Returns the first explicit assignment to a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Assignment> {
        self.explicit
            .iter()
            .find(|assignment| assignment.key == key)
    }

    /// Returns the first explicit value of a key, if it is a string.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.value.as_str()
    }

    /// Returns all explicit assignments.
    pub(crate) fn explicit(&self) -> &[Assignment] {
        &self.explicit
    }

    /// Returns all implied assignments.
    pub(crate) fn implied(&self) -> &[Assignment] {
        &self.implied
    }

    /// Returns a problem for each pair of variables that set a key to different values.
    pub(crate) fn conflicts(&self) -> Vec<Problem> {
        let contradicts = |one: &Assignment| {
            let first = self.get(&one.key)?;
            (first.value != one.value)
                .then(|| conflict(&one.key, &first.name, &one.name, &one.origin))
        };
        self.explicit.iter().filter_map(contradicts).collect()
    }
}

/// Returns the problem of two variables that set a key to different values. The message omits
/// the values, since they may be secrets.
pub(crate) fn conflict(key: &str, first: &str, second: &str, origin: &str) -> Problem {
    let reason = format!("{first} and {second} set different values; remove one of them");
    Problem::new(key, reason).from_origin(origin)
}

fn assignment(key: String, value: Value, by: &Variable) -> Assignment {
    Assignment {
        key,
        value,
        name: by.name.clone(),
        origin: by.origin.clone(),
    }
}
