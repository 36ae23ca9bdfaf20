//! Credentials of a storage account.

use std::fmt;

/// Credentials of a storage account. Debug output hides secrets.
#[derive(Clone, PartialEq, Eq)]
pub enum AzureCredential {
    /// An account key in base64.
    AccessKey(String),
    /// A shared access signature, as a URL query.
    Sas(String),
    /// A connection string with either.
    ConnectionString(String),
    /// The identity of the environment, the workload or the machine.
    Identity,
}

impl fmt::Debug for AzureCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessKey(_) => "AccessKey(…)",
            Self::Sas(_) => "Sas(…)",
            Self::ConnectionString(_) => "ConnectionString(…)",
            Self::Identity => "Identity",
        })
    }
}
