//! What the variables say, key by key, and where two of them contradict each other.

use figment::value::Value;

use crate::problem::Problem;
use crate::variables::Variable;

/// One key given one value by one variable.
#[derive(Clone)]
pub(crate) struct Assignment {
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) name: String,
    pub(crate) origin: String,
}

/// What the variables say.
#[derive(Default)]
pub(crate) struct Assignments {
    said: Vec<Assignment>,
    implied: Vec<Assignment>,
}

impl Assignments {
    /// `variable` says that `key` is `value`.
    pub(crate) fn say(&mut self, key: impl Into<String>, value: impl Into<Value>, by: &Variable) {
        self.said.push(assignment(key.into(), value.into(), by));
    }

    /// From `variable` it follows that `key` is `value`, unless anything says otherwise.
    pub(crate) fn imply(&mut self, key: impl Into<String>, value: impl Into<Value>, by: &Variable) {
        self.implied.push(assignment(key.into(), value.into(), by));
    }

    /// The first that was said of a key.
    pub(crate) fn said_of(&self, key: &str) -> Option<&Assignment> {
        self.said.iter().find(|assignment| assignment.key == key)
    }

    /// The first that was said of a key, if it is text.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.said_of(key)?.value.as_str()
    }

    /// All that was said.
    pub(crate) fn said(&self) -> &[Assignment] {
        &self.said
    }

    /// All that was implied.
    pub(crate) fn implied(&self) -> &[Assignment] {
        &self.implied
    }

    /// Each pair of variables that give one key different values. The values are not told: they
    /// may be secrets.
    pub(crate) fn conflicts(&self) -> Vec<Problem> {
        let contradicts = |one: &Assignment| {
            let first = self.said_of(&one.key)?;
            (first.value != one.value)
                .then(|| conflict(&one.key, &first.name, &one.name, &one.origin))
        };
        self.said.iter().filter_map(contradicts).collect()
    }
}

/// Two variables that give one key different values.
pub(crate) fn conflict(key: &str, first: &str, second: &str, origin: &str) -> Problem {
    let reason = format!("{first} and {second} give it different values");
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
