//! `seed`: what an empty store starts with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::profile::Profile;
use crate::secret::Secret;

/// The first administrator and tenant; used on an empty store only, ignored ever after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SeedConfig {
    /// E-mail address of the first platform administrator.
    pub admin_email: Option<String>,
    /// Password of the first platform administrator.
    pub admin_password: Option<Secret>,
    /// Name of a first tenant, owned by the administrator.
    #[schemars(length(min = 1, max = 100))]
    pub tenant: Option<String>,
}

impl SeedConfig {
    /// Refuses an administrator without address or password, and a tenant without an owner.
    pub fn validate(&self, _profile: Profile) -> Result<(), Problem> {
        match (&self.admin_email, &self.admin_password) {
            (Some(email), _) if !email.contains('@') => {
                Err(Problem::new("seed.admin_email", "is not an e-mail address"))
            }
            (Some(_), None) => {
                let reason = "missing, and seed.admin_email is given";
                Err(Problem::new("seed.admin_password", reason))
            }
            (None, Some(_)) => {
                let reason = "missing, and seed.admin_password is given";
                Err(Problem::new("seed.admin_email", reason))
            }
            (None, None) if self.tenant.is_some() => {
                let reason = "missing, and seed.tenant needs an owner";
                Err(Problem::new("seed.admin_email", reason))
            }
            _ => Ok(()),
        }
    }
}
