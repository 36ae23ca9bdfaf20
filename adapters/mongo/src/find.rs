//! A find command.

use mongodb::{
    bson::Document,
    options::{FindOptions, ReadConcern},
};

use crate::collection::Collection;

/// A find command on one collection.
#[derive(Debug, Clone)]
pub(crate) struct Find {
    pub(crate) collection: Collection,
    pub(crate) filter: Document,
    pub(crate) options: FindOptions,
}

impl Find {
    /// Creates a command with a filter.
    pub(crate) fn new(collection: Collection, filter: Document) -> Self {
        Self {
            collection,
            filter,
            options: FindOptions::default(),
        }
    }

    /// Sets the order.
    pub(crate) fn sort(mut self, sort: Document) -> Self {
        self.options.sort = Some(sort);
        self
    }

    /// Skips documents.
    pub(crate) fn skip(mut self, skip: u64) -> Self {
        self.options.skip = Some(skip);
        self
    }

    /// Limits the number of documents; zero finds none.
    pub(crate) fn limit(mut self, limit: impl Into<u64>) -> Self {
        self.options.limit = Some(i64::try_from(limit.into()).unwrap_or(i64::MAX));
        self
    }

    /// Limits the command to data that a majority of the servers has.
    pub(crate) fn majority(mut self) -> Self {
        self.options.read_concern = Some(ReadConcern::majority());
        self
    }

    /// Selects fields.
    pub(crate) fn fields(mut self, names: &[&str]) -> Self {
        let fields = names.iter().map(|name| ((*name).to_owned(), 1.into()));
        self.options.projection = Some(fields.collect());
        self
    }

    /// Returns whether the command finds nothing: the driver treats a limit of
    /// zero as no limit.
    pub(crate) fn is_empty(&self) -> bool {
        self.options.limit == Some(0)
    }
}
