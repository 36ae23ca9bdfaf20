//! `DATABASE_URL`, `MONGO_URI`, `DB_HOST` and their like.

use figment::Figment;

use super::server::{Piece, Server};
use crate::assignments::Assignments;
use crate::layer::Layers;
use crate::problem::Problem;
use crate::sections::DatabaseConfig;
use crate::variables::Variables;

/// The pieces of older systems describe a `PostgreSQL` server.
const SERVER: Server = Server {
    key: "database.url",
    base: "postgres://localhost:5432",
    pieces: &[
        ("DB_HOST", Piece::Host),
        ("DB_PORT", Piece::Port),
        ("DB_USER", Piece::User),
        ("DB_PASSWORD", Piece::Password),
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
            let reason = "does not start with sqlite:, postgres: or mongodb:";
            return Err(Problem::new("database.url", reason).from_origin(&variable.origin));
        };
        assignments.say("database.url", url, variable);
        assignments.say("database.kind", kind, variable);
    }
    if let Some(host) = SERVER.assign(variables, assignments)? {
        assignments.say("database.kind", "postgres", host);
    }
    // Names like these linger in environments; a file has no use for one.
    if kind(files, assignments).is_some_and(|kind| kind != "sqlite") {
        for name in ["DB_NAME", "MONGO_DB_NAME", "MASTER_DB_NAME"] {
            if let Some(variable) = variables.get(name) {
                assignments.say("database.name", variable.value.as_str(), variable);
            }
        }
    }
    Ok(())
}

/// `postgresql+asyncpg://…` as Python writes it, without the driver.
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

/// The kind, as far as variables and files tell it.
fn kind(files: &Figment, assignments: &Assignments) -> Option<String> {
    let said = |key: &str| {
        let text = assignments.text(key).map(str::to_owned);
        text.or_else(|| files.text(key))
    };
    said("database.kind").or_else(|| {
        let url = said("database.url")?;
        let (scheme, _) = url.split_once(':')?;
        DatabaseConfig::kind_of_scheme(scheme).map(str::to_owned)
    })
}
