//! The table of variables that older systems use.

/// A variable of an older system.
pub(crate) struct Alias {
    pub(crate) name: &'static str,
    /// The key that it sets, alone or together with others.
    pub(crate) key: &'static str,
    pub(crate) rule: Rule,
    /// Whether `NAME_FILE` may name a file that contains the value.
    pub(crate) secret: bool,
}

/// The translation of an alias into a value.
#[derive(PartialEq)]
pub(crate) enum Rule {
    /// The syntax of the key's own variable.
    Same,
    /// The same, case-insensitive.
    Word,
    /// A function in `aliases`.
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

/// Every supported variable of an older system.
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
    alias("AWS_S3_BUCKET", "storages.s3.bucket", Rule::Own),
    alias("AWS_S3_REGION", "storages.s3.region", Rule::Own),
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

/// Returns whether `name` is an alias, or the `_FILE` form of a secret one.
pub(crate) fn is_alias(name: &str) -> bool {
    let file_of = name.strip_suffix("_FILE");
    ALIASES
        .iter()
        .any(|alias| alias.name == name || (alias.secret && file_of == Some(alias.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secrets_may_come_from_files() {
        assert!(is_alias("JWT_SECRET_FILE"));
        assert!(!is_alias("APP_NAME_FILE"));
        assert!(!is_alias("SMTP_HOST"));
    }
}
