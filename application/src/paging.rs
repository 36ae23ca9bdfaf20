//! Pages of lists.

use tenantry_domain::Invalid;

use crate::error::{Error, Result};

/// The most items of one page.
pub const MAX_LIMIT: u32 = 100;
/// The items of a page where nothing is asked.
pub const DEFAULT_LIMIT: u32 = 20;
/// The furthest item that a page number may reach, and the highest total of a
/// filtered list.
pub const MAX_OFFSET: u64 = 10_000;

/// Which page is asked for: by cursor, or by number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// Items a page, 1 to 100; 20 where absent.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// The page's number from 1; not together with a cursor.
    pub page: Option<u32>,
    /// Whether to count all items.
    pub include_total: bool,
}

/// A checked request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageSpec {
    /// Items a page.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// Items to leave out.
    pub offset: u64,
    /// The page's number, where it was asked by number.
    pub page: Option<u32>,
    /// Whether to count all items.
    pub count: bool,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<String>,
    /// Its number, where it was asked by number.
    pub page: Option<u32>,
    /// How many items there are in all, where that was asked.
    pub total: Option<u64>,
    /// Whether there are more than `total`.
    pub total_capped: bool,
}

impl PageRequest {
    /// Checks the request.
    pub fn check(self) -> Result<PageSpec> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(out_of_range("limit", "must be 1 to 100"));
        }
        let mut offset = 0;
        if let Some(page) = self.page {
            if self.cursor.is_some() {
                return Err(out_of_range(
                    "page",
                    "must not be given together with a cursor",
                ));
            }
            if page == 0 || u64::from(page) * u64::from(limit) > MAX_OFFSET {
                return Err(out_of_range(
                    "page",
                    "must be from 1, and page × limit at most 10,000",
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

/// The answer to a cursor that was not made here, or for another list.
pub fn bad_cursor() -> Error {
    Error::field(
        "cursor",
        Invalid::format("must be a cursor of this list with these filters"),
    )
}

impl<T> Page<T> {
    /// A page of at most `limit` items out of the one more that was read to
    /// see whether another page follows.
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

    /// The same page of other items.
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
