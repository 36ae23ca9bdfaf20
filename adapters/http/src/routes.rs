//! The routes of the API, derived from the metadata of the operations: for the
//! names of path parameters, the `Allow` header and the log.

use std::{collections::HashMap, fmt::Write as _};

use poem::{PathPattern, endpoint::BoxEndpoint, http::Method};
use poem_openapi::OpenApi;

/// All routes, keyed by poem's pattern.
#[derive(Debug, Default)]
pub(crate) struct Routes(HashMap<String, Route>);

/// One route.
#[derive(Debug)]
pub(crate) struct Route {
    /// The path as in the document: `/api/v1/files/{id}`.
    template: String,
    methods: Vec<Method>,
}

/// The endpoints of an API, keyed by pattern and method.
pub(crate) type RouteTable = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

impl Routes {
    /// Collects the routes of `A`, documented or not.
    pub(crate) fn of<A: OpenApi>(table: &RouteTable) -> Self {
        let templates: HashMap<_, _> = A::meta()
            .into_iter()
            .flat_map(|api| api.paths)
            .map(|path| (pattern(&path.path), path.path))
            .collect();
        let routes = table.iter().map(|(pattern, methods)| {
            let template = templates.get(pattern).unwrap_or(pattern).clone();
            let mut methods: Vec<_> = methods.keys().cloned().collect();
            if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
                methods.push(Method::HEAD);
            }
            methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            (pattern.clone(), Route { template, methods })
        });
        Self(routes.collect())
    }

    /// Returns the route that poem matched.
    pub(crate) fn find(&self, pattern: &PathPattern) -> Option<&Route> {
        self.0.get(pattern.0.as_ref())
    }
}

impl Route {
    /// Returns the path as in the document.
    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    /// Returns the value of the `Allow` header.
    pub(crate) fn allow(&self) -> String {
        let methods: Vec<_> = self.methods.iter().map(Method::as_str).collect();
        methods.join(", ")
    }

    /// Returns the name of the parameter that poem-openapi calls `param<n>`.
    pub(crate) fn parameter(&self, numbered: &str) -> Option<&str> {
        let number: usize = numbered.strip_prefix("param")?.parse().ok()?;
        parameters(&self.template).nth(number)
    }
}

fn parameters(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// Converts a template to poem-openapi's pattern, with numbered parameters.
fn pattern(template: &str) -> String {
    let mut pattern = String::new();
    let mut number = 0;
    for part in template.split('/').filter(|part| !part.is_empty()) {
        if part.starts_with('{') {
            // Writing to a string cannot fail.
            let _ = write!(pattern, "/:param{number}");
            number += 1;
        } else {
            pattern.push('/');
            pattern.push_str(part);
        }
    }
    if pattern.is_empty() {
        pattern.push('/');
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_poem_openapi() {
        assert_eq!(pattern("/"), "/");
        assert_eq!(pattern("/a/{id}/b/{n}"), "/a/:param0/b/:param1");
        let route = Route {
            template: "/a/{id}/b/{n}".to_owned(),
            methods: vec![Method::GET, Method::PUT],
        };
        assert_eq!(route.parameter("param1"), Some("n"));
        assert_eq!(route.parameter("param2"), None);
        assert_eq!(route.allow(), "GET, PUT");
    }
}
