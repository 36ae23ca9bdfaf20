//! Resources that clients name, as far as the caller may see them.

use crate::{
    caller::Caller,
    error::{Error, Result, Thing},
};

/// A resource that clients name, such as by its id.
pub(crate) trait Resource {
    /// An action on the resource.
    type Action;

    /// The resource as errors name it.
    const THING: Thing;

    /// Fails if the caller may not perform the action: with [`Error::NotFound`]
    /// if the resource must stay hidden, else with [`Error::AccessDenied`].
    fn authorize(&self, caller: &Caller, action: Self::Action) -> Result<()>;
}

/// Returns a resource that was looked up if the caller may perform the action.
/// A hidden resource fails like a missing one. Every use case that looks up a
/// resource for a client passes it through here.
pub(crate) fn visible<R: Resource>(
    caller: &Caller,
    found: Option<R>,
    action: R::Action,
) -> Result<R> {
    let resource = found.ok_or(Error::NotFound(R::THING))?;
    resource.authorize(caller, action)?;
    Ok(resource)
}
