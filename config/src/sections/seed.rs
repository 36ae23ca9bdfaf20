//! `seed`: the initial data of an empty database.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;
use crate::secret::Secret;

/// The first administrator and tenant. Ignored unless the database is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SeedConfig {
    /// The e-mail address of the first platform administrator.
    pub admin_email: Option<String>,
    /// The password of the first platform administrator.
    pub admin_password: Option<Secret>,
    /// The name of the first tenant, owned by the administrator.
    #[schemars(length(min = 1, max = 100))]
    pub tenant: Option<String>,
}

impl SeedConfig {
    /// Rejects an administrator without an address or password, and a tenant without an owner.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        match (&self.admin_email, &self.admin_password) {
            (Some(email), _) if !email.contains('@') => {
                Err(Problem::new("seed.admin_email", "is not an e-mail address"))
            }
            (Some(_), None) => {
                let reason = "missing; seed.admin_email requires it";
                Err(Problem::new("seed.admin_password", reason))
            }
            (None, Some(_)) => {
                let reason = "missing; seed.admin_password requires it";
                Err(Problem::new("seed.admin_email", reason))
            }
            (None, None) if self.tenant.is_some() => {
                let reason = "missing; seed.tenant requires an owner";
                Err(Problem::new("seed.admin_email", reason))
            }
            _ => Ok(()),
        }
    }
}
