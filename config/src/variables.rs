//! The variables of `.env` and the environment that are settings.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::alias_table::is_alias;
use crate::env_file;
use crate::problem::Problem;
use crate::profile::Profile;

/// The prefix of the variable of a key.
pub(crate) const PREFIX: &str = "TENANTRY_";
/// The prefix of variables for the tests of this project.
const TESTS: &str = "TENANTRY_TEST_";
/// The variables of the profile.
const PROFILE: [&str; 2] = ["TENANTRY_PROFILE", "FLASK_ENV"];

/// A variable that is set.
#[derive(Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
    /// The origin in messages: `environment variable X` or `X in .env`.
    pub(crate) origin: String,
}

/// The variables by name. The environment overrides `.env`; empty variables count as unset.
#[derive(Default)]
pub(crate) struct Variables(BTreeMap<String, Variable>);

impl Variables {
    /// Collects the settings of `.env` and the environment.
    pub(crate) fn collect(
        env: &[(OsString, OsString)],
        dotenv: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut variables = Self::default();
        if let Some(text) = dotenv {
            for (name, value) in env_file::parse(text)? {
                let origin = format!("{name} in .env");
                variables.insert(name, value, origin);
            }
        }
        for (name, value) in env {
            // The names of settings are ASCII.
            let Some(name) = name.to_str().filter(|name| is_setting(name)) else {
                continue;
            };
            let origin = format!("environment variable {name}");
            let Some(value) = value.to_str() else {
                return Err(Problem::new(name, "is not valid UTF-8").from_origin("environment"));
            };
            variables.insert(name.to_owned(), value.to_owned(), origin);
        }
        Ok(variables)
    }

    fn insert(&mut self, name: String, value: String, origin: String) {
        if is_setting(&name) && !value.is_empty() && !is_service_link(&name, &value) {
            let variable = Variable {
                name: name.clone(),
                value,
                origin,
            };
            self.0.insert(name, variable);
        }
    }

    /// Returns the variable named `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// Sets the variable `name` to a value read from the file of `variable`, its `…_FILE` form.
    pub(crate) fn put(&mut self, name: &str, variable: Variable) {
        self.0.insert(name.to_owned(), variable);
    }

    /// Returns each `TENANTRY_SECTION__KEY` with its dotted key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (String, &Variable)> {
        self.0.iter().filter_map(|(name, variable)| {
            let key = name.strip_prefix(PREFIX)?;
            (!PROFILE.contains(&name.as_str()))
                .then(|| (key.to_ascii_lowercase().replace("__", "."), variable))
        })
    }

    /// Returns the profile and the origin of the variable that sets it.
    pub(crate) fn profile(&self) -> Result<(Profile, Option<String>), Problem> {
        let mut chosen: Option<(Profile, &Variable)> = None;
        for variable in PROFILE.iter().filter_map(|name| self.get(name)) {
            let profile = variable
                .value
                .parse()
                .map_err(|reason: String| Problem::new("profile", reason))
                .map_err(|problem| problem.from_origin(variable.origin.as_str()))?;
            match chosen {
                Some((first, by)) if first != profile => {
                    let reason =
                        format!("{first} in {}, but {profile} in {}", by.name, variable.name);
                    return Err(Problem::new("profile", reason).from_origin(&variable.origin));
                }
                Some(_) => {}
                None => chosen = Some((profile, variable)),
            }
        }
        Ok(match chosen {
            Some((profile, variable)) => (profile, Some(variable.origin.clone())),
            None => (Profile::default(), None),
        })
    }
}

/// Returns the name of the variable of a key.
pub(crate) fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

fn is_setting(name: &str) -> bool {
    let has_prefix = name.starts_with(PREFIX) && !name.starts_with(TESTS);
    has_prefix || PROFILE.contains(&name) || is_alias(name)
}

/// Returns whether Kubernetes set this variable for a service named `tenantry`, as in
/// `TENANTRY_SERVICE_HOST=10.0.0.1` and `TENANTRY_PORT=tcp://10.0.0.1:80`.
fn is_service_link(name: &str, value: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    let port = rest == "PORT" || rest.starts_with("PORT_");
    rest == "SERVICE_HOST"
        || rest.starts_with("SERVICE_PORT")
        || (port && (value.contains("://") || rest.contains("_TCP") || rest.contains("_UDP")))
}
