//! `REDIS_URL` and `REDIS_*`.

use super::server::{Part, Server};
use crate::assignments::Assignments;
use crate::problem::Problem;
use crate::variables::Variables;

const SERVER: Server = Server {
    key: "cache.url",
    base: "redis://localhost:6379/0",
    parts: &[
        ("REDIS_HOST", Part::Host),
        ("REDIS_PORT", Part::Port),
        ("REDIS_DB", Part::Path),
    ],
};

pub(super) fn assign(variables: &Variables, assignments: &mut Assignments) -> Result<(), Problem> {
    let url = variables.get("REDIS_URL");
    if let Some(variable) = url {
        assignments.set("cache.url", variable.value.as_str(), variable);
    }
    let host = SERVER.assign(variables, assignments)?;
    for variable in url.into_iter().chain(host) {
        assignments.set("cache.kind", "redis", variable);
    }
    Ok(())
}
