//! Names of older systems. Only the names are taken over, never their defaults.

mod cache;
mod database;
mod security;
mod server;
mod storage;

use figment::Figment;

use crate::assignments::{Assignments, conflict};
use crate::files::read_secret;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::sources::Sources;
use crate::text;
use crate::variables::{Variable, Variables};

/// A name of an older system.
pub(crate) struct Alias {
    pub(crate) name: &'static str,
    /// The key it sets, or takes part in setting.
    pub(crate) key: &'static str,
    rule: Rule,
    /// Whether `NAME_FILE` may name a file with the value instead.
    pub(crate) secret: bool,
}

#[derive(PartialEq)]
enum Rule {
    /// The key's value, written as in the key's own variable.
    Same,
    /// The same in whatever case.
    Word,
    /// Something that a module of this folder works out.
    Own,
}

const fn alias(name: &'static str, key: &'static str, rule: Rule) -> Alias {
    let secret = false;
    Alias {
        name,
        key,
        rule,
        secret,
    }
}

const fn secret(name: &'static str, key: &'static str, rule: Rule) -> Alias {
    let secret = true;
    Alias {
        name,
        key,
        rule,
        secret,
    }
}

/// Every name of an older system that means something here.
pub(crate) const ALIASES: &[Alias] = &[
    alias("APP_NAME", "app.name", Rule::Same),
    alias("CORS_ORIGINS", "http.cors_origins", Rule::Same),
    alias("DEBUG", "log.level", Rule::Own),
    secret("SECRET_KEY", "security.secret", Rule::Same),
    secret("JWT_SECRET", "security.keys", Rule::Own),
    alias("JWT_ALGORITHM", "security.algorithm", Rule::Same),
    alias("ALGORITHM", "security.algorithm", Rule::Same),
    secret(
        "REFRESH_TOKEN_SECRET",
        "security.refresh_token_pepper",
        Rule::Same,
    ),
    alias(
        "ACCESS_TOKEN_EXPIRE_MINUTES",
        "security.access_token_minutes",
        Rule::Same,
    ),
    alias(
        "REFRESH_TOKEN_EXPIRE_DAYS",
        "security.refresh_token_days",
        Rule::Same,
    ),
    alias("MULTI_TENANCY_STRATEGY", "tenancy.strategy", Rule::Word),
    alias("HOST_MAIN_DOMAIN", "tenancy.main_domain", Rule::Word),
    secret("DATABASE_URL", "database.url", Rule::Own),
    secret("MONGO_URI", "database.url", Rule::Own),
    secret("MONGODB_URL", "database.url", Rule::Own),
    alias("DB_HOST", "database.url", Rule::Own),
    alias("DB_PORT", "database.url", Rule::Own),
    alias("DB_USER", "database.url", Rule::Own),
    secret("DB_PASSWORD", "database.url", Rule::Own),
    alias("DB_NAME", "database.name", Rule::Own),
    alias("MONGO_DB_NAME", "database.name", Rule::Own),
    alias("MASTER_DB_NAME", "database.name", Rule::Own),
    secret("REDIS_URL", "cache.url", Rule::Own),
    alias("REDIS_HOST", "cache.url", Rule::Own),
    alias("REDIS_PORT", "cache.url", Rule::Own),
    alias("REDIS_DB", "cache.url", Rule::Own),
    alias("UPLOAD_FOLDER", "storage.root", Rule::Own),
    alias("MINIO_ENDPOINT", "storages.minio.endpoint", Rule::Own),
    alias(
        "MINIO_ACCESS_KEY",
        "storages.minio.access_key_id",
        Rule::Own,
    ),
    secret(
        "MINIO_SECRET_KEY",
        "storages.minio.secret_access_key",
        Rule::Own,
    ),
    alias("S3_BUCKET", "storages.s3.bucket", Rule::Own),
    alias("S3_REGION", "storages.s3.region", Rule::Own),
    alias("AWS_ACCESS_KEY_ID", "storages.s3.access_key_id", Rule::Own),
    secret(
        "AWS_SECRET_ACCESS_KEY",
        "storages.s3.secret_access_key",
        Rule::Own,
    ),
    secret("AWS_SESSION_TOKEN", "storages.s3.session_token", Rule::Own),
    secret(
        "AZURE_STORAGE_CONNECTION_STRING",
        "storages.azure.connection_string",
        Rule::Own,
    ),
    alias(
        "AZURE_STORAGE_CONTAINER",
        "storages.azure.container",
        Rule::Own,
    ),
    alias("MAX_FILE_SIZE_MB", "limits.max_file_mb", Rule::Same),
    alias("STORAGE_QUOTA_MB", "limits.quota_mb", Rule::Same),
    alias("ADMIN_EMAIL", "seed.admin_email", Rule::Same),
    secret("ADMIN_PASSWORD", "seed.admin_password", Rule::Same),
];

/// Whether a variable of this name, or of a file with its secret, is ours.
pub(crate) fn is_alias(name: &str) -> bool {
    let file_of = name.strip_suffix("_FILE");
    ALIASES
        .iter()
        .any(|alias| alias.name == name || (alias.secret && file_of == Some(alias.name)))
}

/// Reads each `NAME_FILE` and lets it stand for `NAME`.
pub(crate) fn resolve_files(variables: &mut Variables, sources: &Sources) -> Result<(), Problem> {
    for alias in ALIASES.iter().filter(|alias| alias.secret) {
        let Some(file) = variables.get(&format!("{}_FILE", alias.name)) else {
            continue;
        };
        let path = sources.resolve(file.value.as_ref());
        let value = read_secret(&path)
            .map_err(|reason| Problem::new(alias.key, reason).from_origin(&file.origin))?;
        match variables.get(alias.name) {
            Some(given) if given.value != value => {
                return Err(conflict(alias.key, &given.name, &file.name, &file.origin));
            }
            _ => variables.put(
                alias.name,
                Variable {
                    value,
                    ..file.clone()
                },
            ),
        }
    }
    Ok(())
}

/// Adds what the variables of older systems say. `files` is what the layers below say.
pub(crate) fn assign(
    variables: &Variables,
    files: &Figment,
    assignments: &mut Assignments,
) -> Vec<Problem> {
    let mut found = Vec::new();
    for alias in ALIASES.iter().filter(|alias| alias.rule != Rule::Own) {
        if let Some(variable) = variables.get(alias.name)
            && let Err(reason) = assign_same(alias, variable, assignments)
        {
            found.push(Problem::new(alias.key, reason).from_origin(&variable.origin));
        }
    }
    // Whatever else a tool may put into `DEBUG` is not meant for us.
    if let Some(variable) = variables.get("DEBUG")
        && text::parse_bool(&variable.value) == Some(true)
    {
        assignments.say("log.level", "debug", variable);
    }
    security::assign(variables, assignments);
    storage::assign(variables, files, assignments);
    let servers = [
        database::assign(variables, files, assignments),
        cache::assign(variables, assignments),
    ];
    found.extend(servers.into_iter().filter_map(Result::err));
    found
}

fn assign_same(
    alias: &Alias,
    variable: &Variable,
    assignments: &mut Assignments,
) -> Result<(), String> {
    let text = match alias.rule {
        Rule::Word => variable.value.to_ascii_lowercase(),
        _ => variable.value.clone(),
    };
    let field = Shape::config().find(alias.key);
    let field = field.ok_or_else(|| "unknown key".to_owned())?;
    assignments.say(alias.key, text::parse(&text, &field.shape)?, variable);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_has_a_key() {
        for alias in ALIASES {
            assert!(Shape::config().find(alias.key).is_some(), "{}", alias.name);
        }
    }

    #[test]
    fn files_are_for_secrets() {
        assert!(is_alias("JWT_SECRET_FILE"));
        assert!(!is_alias("APP_NAME_FILE"));
        assert!(!is_alias("SMTP_HOST"));
    }
}
