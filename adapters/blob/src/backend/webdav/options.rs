//! The configuration of a collection.

use std::fmt;

use url::Url;

/// A collection, its server and credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebdavOptions {
    /// The URL of the collection.
    pub url: Url,
    /// The credentials; `None` for anonymous access.
    pub login: Option<WebdavLogin>,
    /// Additional certificate authorities, in PEM.
    pub authorities: Option<String>,
    /// Whether to create the collection if missing. Its parent must exist.
    pub create: bool,
    /// Whether the collection may be new. If blobs are known to be stored in it,
    /// one that never held any is the wrong one.
    pub may_be_new: bool,
}

/// A username and its password. Debug output shows only the username.
#[derive(Clone, PartialEq, Eq)]
pub struct WebdavLogin {
    /// The username, without a colon.
    pub username: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for WebdavLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebdavLogin")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
