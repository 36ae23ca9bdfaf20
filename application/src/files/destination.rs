//! The destination of an upload.

use tenantry_domain::{
    file::{File, Place},
    path::LogicalPath,
};

use super::upload_command::{ContentCondition, Target, UploadSpec, path_taken};
use crate::{
    contention::{Lane, NameHold, Rounds, Turn},
    error::{Error, Result},
    ports::TenantStore,
    services::Services,
    work::Kind,
};

/// The number of numbered names for a file without a path, before a unique one
/// is generated.
const NUMBERED_NAMES: u32 = 20;

/// The rounds in which a numbered name is chosen. A name can only be lost to
/// another process.
const NUMBERED_ROUNDS: usize = 3;

/// The place of a new version, until it is committed.
pub(super) struct Destination<'c> {
    /// The path.
    pub(super) path: LogicalPath,
    /// The file that exists at the path.
    pub(super) file: Option<File>,
    /// The turn to update the file.
    pub(super) turn: Option<Turn<'c>>,
    /// The chosen name.
    _name: Option<NameHold<'c>>,
}

impl<'c> Destination<'c> {
    /// Finds the destination of an upload.
    pub(super) async fn find(
        services: &'c Services,
        store: &dyn TenantStore,
        spec: &UploadSpec,
        rounds: &Rounds<'c>,
    ) -> Result<Self> {
        let files = store.files();
        match &spec.target {
            Target::New(path) => match files.find_by_path(spec.place, path).await? {
                Some(_) => Err(path_taken()),
                None => Ok(Self::free(path.clone(), None)),
            },
            Target::At(path, condition) => {
                let mut destination = Self::free(path.clone(), None);
                destination.file = files.find_by_path(spec.place, path).await?;
                if let Some(found) = &destination.file {
                    let lane = Lane::of::<File>(found.id);
                    // A condition depends on the versions as well, which are
                    // stored only with the row.
                    let takes_row = *condition == ContentCondition::None;
                    let mut turn = rounds.turn(lane, takes_row).await?;
                    // The file may have been moved.
                    let left = turn.row().filter(|left: &File| left.path == *path);
                    if left.is_some() {
                        destination.file = left;
                    } else if turn.has_waited() {
                        destination.file = files.find_by_path(spec.place, path).await?;
                    }
                    destination.turn = Some(turn);
                }
                condition.check(store, destination.file.as_ref()).await?;
                Ok(destination)
            }
            Target::Named(name) => Self::numbered(services, store, spec.place, name, rounds).await,
        }
    }

    /// Chooses the first number whose name is free and that no other upload of
    /// this process has chosen.
    async fn numbered(
        services: &'c Services,
        store: &dyn TenantStore,
        place: Place,
        name: &LogicalPath,
        rounds: &Rounds<'c>,
    ) -> Result<Self> {
        let invalid = |error| Error::field("file", error);
        if rounds.number() <= NUMBERED_ROUNDS {
            let names = (1..=NUMBERED_NAMES).map(|number| match number {
                1 => Ok(name.clone()),
                number => name.with_mark(number).map_err(invalid),
            });
            let names = names.collect::<Result<Vec<_>>>()?;
            let taken = store.files().taken_paths(place, &names).await?;
            for path in names {
                let held = || {
                    let name = (Kind::File, place.owner(), path.as_str().to_owned());
                    services.contention.hold_name(name)
                };
                if !taken.contains(&path)
                    && let Some(held) = held()
                {
                    return Ok(Self::free(path, Some(held)));
                }
            }
        }
        let path = name.with_mark(services.ids.next()).map_err(invalid)?;
        Ok(Self::free(path, None))
    }

    const fn free(path: LogicalPath, name: Option<NameHold<'c>>) -> Self {
        Self {
            path,
            file: None,
            turn: None,
            _name: name,
        }
    }
}
