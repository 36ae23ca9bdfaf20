//! Files: `documents` has the operations on files as things with a name and
//! versions, `content` those on their bytes. `shape` is what a file looks
//! like, `form` and `raw` how one arrives, `range` which bytes are asked for.

mod content;
mod documents;
mod form;
mod raw;
mod shape;

pub(crate) use content::ContentApi;
pub(crate) use documents::FilesApi;
pub(super) use shape::BucketName;
