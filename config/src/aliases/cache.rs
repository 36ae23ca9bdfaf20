//! `REDIS_URL`, `REDIS_HOST` and their like.

use super::server::{Piece, Server};
use crate::assignments::Assignments;
use crate::problem::Problem;
use crate::variables::Variables;

const SERVER: Server = Server {
    key: "cache.url",
    base: "redis://localhost:6379/0",
    pieces: &[
        ("REDIS_HOST", Piece::Host),
        ("REDIS_PORT", Piece::Port),
        ("REDIS_DB", Piece::Path),
    ],
};

pub(super) fn assign(variables: &Variables, assignments: &mut Assignments) -> Result<(), Problem> {
    let url = variables.get("REDIS_URL");
    if let Some(variable) = url {
        assignments.say("cache.url", variable.value.as_str(), variable);
    }
    let host = SERVER.assign(variables, assignments)?;
    for variable in url.into_iter().chain(host) {
        assignments.say("cache.kind", "redis", variable);
    }
    Ok(())
}
