//! Pagination of lists.

use tenantry_domain::Invalid;

use crate::error::{Error, Result};

/// The maximum number of items per page.
pub const MAX_LIMIT: u32 = 100;
/// The default number of items per page.
pub const DEFAULT_LIMIT: u32 = 20;
/// The maximum offset that a page number may reach, and the maximum total of a
/// filtered list.
pub const MAX_OFFSET: u64 = 10_000;

/// A request for a page, by cursor or by number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// The number of items per page, 1 to 100; 20 by default.
    pub limit: Option<u32>,
    /// The cursor from the previous page.
    pub cursor: Option<String>,
    /// The page number, starting at 1; excludes a cursor.
    pub page: Option<u32>,
    /// Whether to count all items.
    pub include_total: bool,
}

/// A validated page request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSpec {
    /// The number of items per page.
    pub limit: u32,
    /// The cursor from the previous page.
    pub cursor: Option<String>,
    /// The number of items to skip.
    pub offset: u64,
    /// The page number, if requested.
    pub page: Option<u32>,
    /// Whether to count all items.
    pub count: bool,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` on the last page.
    pub next_cursor: Option<String>,
    /// The page number, if requested.
    pub page: Option<u32>,
    /// The total number of items, if requested.
    pub total: Option<u64>,
    /// Whether there are more items than `total`.
    pub total_capped: bool,
}

impl PageRequest {
    /// Validates the request.
    pub fn check(self) -> Result<PageSpec> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(out_of_range("limit", "must be 1 to 100"));
        }
        let mut offset = 0;
        if let Some(page) = self.page {
            if self.cursor.is_some() {
                return Err(out_of_range("page", "must not be combined with a cursor"));
            }
            if page == 0 || u64::from(page) * u64::from(limit) > MAX_OFFSET {
                return Err(out_of_range(
                    "page",
                    "must be at least 1, with page × limit at most 10,000",
                ));
            }
            offset = u64::from(page - 1) * u64::from(limit);
        }
        Ok(PageSpec {
            limit,
            cursor: self.cursor,
            offset,
            page: self.page,
            count: self.include_total || self.page.is_some(),
        })
    }
}

fn out_of_range(field: &str, message: &str) -> Error {
    Error::field(field, Invalid::new("out_of_range", message))
}

impl PageSpec {
    /// Fails if the page was requested by number.
    pub(crate) fn require_cursor(&self) -> Result<()> {
        match self.page {
            Some(_) => Err(not_allowed(
                "must be absent: the list is paginated by cursor only",
            )),
            None => Ok(()),
        }
    }

    /// Fails if the page was requested by number, or with a total.
    pub(crate) fn require_cursor_without_total(&self) -> Result<()> {
        if self.count {
            return Err(not_allowed(
                "must be absent: the list is paginated by cursor only, without a total",
            ));
        }
        Ok(())
    }
}

fn not_allowed(message: &str) -> Error {
    Error::field("page", Invalid::new("not_allowed", message))
}

impl<T> Page<T> {
    /// Creates a page from one item more than its limit, which shows whether
    /// another page follows.
    pub fn cut(mut items: Vec<T>, spec: &PageSpec, cursor: impl FnOnce(&T) -> String) -> Self {
        let limit = spec.limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(cursor);
        Self {
            items,
            next_cursor,
            page: spec.page,
            total: None,
            total_capped: false,
        }
    }

    /// Converts the items of the page.
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(into).collect(),
            next_cursor: self.next_cursor,
            page: self.page,
            total: self.total,
            total_capped: self.total_capped,
        }
    }
}
