//! Translates the variables of older systems. Their names are supported, their defaults are not.

mod cache;
mod database;
mod security;
mod server;
mod storage;

use figment::Figment;

use crate::alias_table::{ALIASES, Alias, Rule};
use crate::assignments::{Assignments, conflict};
use crate::files::read_secret;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::sources::Sources;
use crate::text;
use crate::variables::{Variable, Variables};

/// Reads each `NAME_FILE` and sets `NAME` to its content.
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

/// Adds the assignments of all aliases. `files` contains the layers below the variables.
pub(crate) fn assign(
    variables: &Variables,
    files: &Figment,
    assignments: &mut Assignments,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for alias in ALIASES.iter().filter(|alias| alias.rule != Rule::Own) {
        if let Some(variable) = variables.get(alias.name)
            && let Err(reason) = assign_same(alias, variable, assignments)
        {
            problems.push(Problem::new(alias.key, reason).from_origin(&variable.origin));
        }
    }
    // Other tools use `DEBUG` with other values, such as `express:*`.
    if let Some(variable) = variables.get("DEBUG")
        && text::parse_bool(&variable.value) == Some(true)
    {
        assignments.set("log.level", "debug", variable);
    }
    security::assign(variables, assignments);
    storage::assign(variables, files, assignments);
    let servers = [
        database::assign(variables, files, assignments),
        cache::assign(variables, assignments),
    ];
    problems.extend(servers.into_iter().filter_map(Result::err));
    problems
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
    assignments.set(alias.key, text::parse(&text, &field.shape)?, variable);
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
}
