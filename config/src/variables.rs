//! The variables that mean us, from `.env` and the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::aliases;
use crate::problem::Problem;
use crate::profile::Profile;

/// What every variable of a key starts with.
pub(crate) const PREFIX: &str = "TENANTRY_";
/// What the project's own tests use.
const TESTS: &str = "TENANTRY_TEST_";
/// The profile's own name, and its name in older systems.
const PROFILE: [&str; 2] = ["TENANTRY_PROFILE", "FLASK_ENV"];

/// One variable with a value.
#[derive(Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) value: String,
    /// As an error names it: `environment variable X`, or `X in .env`.
    pub(crate) origin: String,
}

/// Our variables by name; one in the environment hides its namesake in `.env`, and one without
/// text counts as not set.
#[derive(Default)]
pub(crate) struct Variables(BTreeMap<String, Variable>);

impl Variables {
    /// Those of `.env`, under those of the environment.
    pub(crate) fn collect(
        env: &[(OsString, OsString)],
        dotenv: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut variables = Self::default();
        if let Some(text) = dotenv {
            for (name, value) in parse_dotenv(text)? {
                let origin = format!("{name} in .env");
                variables.insert(name, value, origin);
            }
        }
        for (name, value) in env {
            // A name of ours is ASCII.
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else {
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
        if is_ours(&name) && !value.is_empty() && !is_service_link(&name, &value) {
            let variable = Variable {
                name: name.clone(),
                value,
                origin,
            };
            self.0.insert(name, variable);
        }
    }

    /// The variable of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// Puts what a file holds in the place of the variable itself, named after its `…_FILE`.
    pub(crate) fn put(&mut self, name: &str, variable: Variable) {
        self.0.insert(name.to_owned(), variable);
    }

    /// Each `TENANTRY_SECTION__KEY` with its dotted key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (String, &Variable)> {
        self.0.iter().filter_map(|(name, variable)| {
            let key = name.strip_prefix(PREFIX)?;
            (!PROFILE.contains(&name.as_str()))
                .then(|| (key.to_ascii_lowercase().replace("__", "."), variable))
        })
    }

    /// The profile, and who chose it.
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
                    let reason = format!("{first} in {}, {profile} in {}", by.name, variable.name);
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

/// The name of a key's variable.
pub(crate) fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

fn is_ours(name: &str) -> bool {
    let own = name.starts_with(PREFIX) && !name.starts_with(TESTS);
    own || PROFILE.contains(&name) || aliases::is_alias(name)
}

/// Kubernetes describes a service called `tenantry` to its neighbours by variables such as
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

fn parse_dotenv(text: &str) -> Result<Vec<(String, String)>, Problem> {
    dotenvy::from_read_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| {
            let reason = match error {
                // The line itself may hold a secret: its number is enough.
                dotenvy::Error::LineParse(line, _) => {
                    let line = line.lines().next().unwrap_or_default().trim_end();
                    let place = text.lines().position(|other| other.trim_end() == line);
                    match place {
                        Some(place) => format!("line {} is not NAME=value", place + 1),
                        None => "a line is not NAME=value".to_owned(),
                    }
                }
                _ => "cannot be read".to_owned(),
            };
            Problem::new(".env", reason)
        })
}
