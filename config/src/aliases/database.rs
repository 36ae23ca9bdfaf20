//! `DATABASE_URL`, `MONGO_URI`, `MONGODB_URL` and `DB_*`.

use figment::Figment;

use super::server::{Part, Server};
use crate::assignments::Assignments;
use crate::layer::Layers;
use crate::problem::Problem;
use crate::sections::DatabaseConfig;
use crate::variables::Variables;

/// The parts of a `PostgreSQL` URL.
const SERVER: Server = Server {
    key: "database.url",
    base: "postgres://localhost:5432",
    parts: &[
        ("DB_HOST", Part::Host),
        ("DB_PORT", Part::Port),
        ("DB_USER", Part::User),
        ("DB_PASSWORD", Part::Password),
    ],
};

pub(super) fn assign(
    variables: &Variables,
    files: &Figment,
    assignments: &mut Assignments,
) -> Result<(), Problem> {
    for name in ["DATABASE_URL", "MONGO_URI", "MONGODB_URL"] {
        let Some(variable) = variables.get(name) else {
            continue;
        };
        let url = without_driver(&variable.value);
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        let Some(kind) = DatabaseConfig::kind_of_scheme(scheme) else {
            let reason = "must start with sqlite:, postgres: or mongodb:";
            return Err(Problem::new("database.url", reason).from_origin(&variable.origin));
        };
        assignments.set("database.url", url, variable);
        assignments.set("database.kind", kind, variable);
    }
    if let Some(host) = SERVER.assign(variables, assignments)? {
        assignments.set("database.kind", "postgres", host);
    }
    // Environments often contain stale names; SQLite ignores them.
    if kind(files, assignments).is_some_and(|kind| kind != "sqlite") {
        for name in ["DB_NAME", "MONGO_DB_NAME", "MASTER_DB_NAME"] {
            if let Some(variable) = variables.get(name) {
                assignments.set("database.name", variable.value.as_str(), variable);
            }
        }
    }
    Ok(())
}

/// Removes the driver of a Python URL, such as `asyncpg` in `postgresql+asyncpg://…`.
fn without_driver(url: &str) -> String {
    match url.split_once(':') {
        Some((scheme, rest)) => match scheme.split_once('+') {
            Some((scheme @ ("postgresql" | "postgres" | "sqlite"), _)) => {
                format!("{scheme}:{rest}")
            }
            _ => url.to_owned(),
        },
        None => url.to_owned(),
    }
}

/// Returns the kind that variables and files specify, directly or by the scheme of the URL.
fn kind(files: &Figment, assignments: &Assignments) -> Option<String> {
    let lookup = |key: &str| {
        let text = assignments.text(key).map(str::to_owned);
        text.or_else(|| files.text(key))
    };
    lookup("database.kind").or_else(|| {
        let url = lookup("database.url")?;
        let (scheme, _) = url.split_once(':')?;
        DatabaseConfig::kind_of_scheme(scheme).map(str::to_owned)
    })
}
