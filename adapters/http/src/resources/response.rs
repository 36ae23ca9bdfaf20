//! Responses that several resources use.

use poem_openapi::{
    ApiResponse,
    types::{ParseFromJSON, ToJSON},
};

use super::conditions::IfNoneMatch;
use crate::{
    payload::Json,
    problem::Problem,
    types::{EntityTag, Location},
};

/// The policy of downloads: a browser that shows one does not execute it.
pub(crate) const CONTENT_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; sandbox";

/// A resource with its entity tag.
#[derive(ApiResponse)]
pub(crate) enum Versioned<T: ParseFromJSON + ToJSON> {
    /// The resource.
    #[oai(status = 200)]
    Current(
        Json<T>,
        /// The entity tag, which changes with every change of the resource.
        #[oai(header = "ETag")]
        EntityTag,
    ),
}

/// A resource, unless the client has its current version.
#[derive(ApiResponse)]
pub(crate) enum Conditional<T: ParseFromJSON + ToJSON> {
    /// The resource.
    #[oai(status = 200)]
    Current(
        Json<T>,
        /// The entity tag, which changes with every change of the resource.
        #[oai(header = "ETag")]
        EntityTag,
    ),
    /// The client has the current version.
    #[oai(status = 304)]
    NotModified(
        /// The entity tag of the current version.
        #[oai(header = "ETag")]
        EntityTag,
    ),
}

impl<T: ParseFromJSON + ToJSON> Conditional<T> {
    /// Responds with `body` unless its tag satisfies the condition.
    pub(crate) fn new(
        condition: &IfNoneMatch,
        tag: EntityTag,
        body: impl Into<T>,
    ) -> Result<Self, Problem> {
        Ok(if condition.matches(&tag)? {
            Self::NotModified(tag)
        } else {
            Self::Current(Json(body.into()), tag)
        })
    }
}

/// A created resource.
#[derive(ApiResponse)]
pub(crate) enum Created<T: ParseFromJSON + ToJSON> {
    /// The resource was created.
    #[oai(status = 201)]
    Created(
        Json<T>,
        /// The URL of the resource.
        #[oai(header = "Location")]
        Location,
    ),
}

/// A created resource with its entity tag.
#[derive(ApiResponse)]
pub(crate) enum CreatedVersioned<T: ParseFromJSON + ToJSON> {
    /// The resource was created.
    #[oai(status = 201)]
    Created(
        Json<T>,
        /// The URL of the resource.
        #[oai(header = "Location")]
        Location,
        /// The entity tag of the new resource.
        #[oai(header = "ETag")]
        EntityTag,
    ),
}

/// A response without content.
#[derive(ApiResponse)]
pub(crate) enum NoContent {
    /// The operation succeeded.
    #[oai(status = 204)]
    Done,
}
