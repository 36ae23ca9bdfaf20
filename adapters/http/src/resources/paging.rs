//! Pagination: the query parameters of lists, and their pages.

use std::{borrow::Cow, iter};

use poem_openapi::{
    Object,
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde_json::Value;
use tenantry_application::paging::{self, MAX_LIMIT, PageRequest};

use crate::types::{Number, Text, parameters};

/// An opaque, signed position in a list.
type Cursor = Text<4096>;

parameters! {
    /// The requested page of a list.
    pub(crate) struct Paging in Query {
        /// The maximum number of items per page; 20 by default.
        limit as "limit": Option<Number<1, MAX_LIMIT>>,
        /// The `next_cursor` of the previous page.
        cursor as "cursor": Option<Cursor>,
    }

    /// The requested page of a list that supports page numbers.
    pub(crate) struct Numbering in Query {
        /// The number of the page, from 1, instead of a cursor; `page` × `limit`
        /// must not exceed 10,000.
        page as "page": Option<Number<1, 10_000>>,
    }

    /// The request for the total of a list.
    pub(crate) struct Counting in Query {
        /// Whether to include the total number of items; filtered totals are
        /// counted up to 10,000.
        include_total as "include_total": Option<bool>,
    }
}

impl Paging {
    /// Requests the page without its total.
    pub(crate) fn request(self) -> PageRequest {
        PageRequest {
            limit: self.limit.map(|limit| limit.0),
            cursor: self.cursor.map(String::from),
            page: None,
            include_total: false,
        }
    }

    /// Requests the page, with its total if requested.
    pub(crate) fn counted(self, counting: &Counting) -> PageRequest {
        PageRequest {
            include_total: counting.include_total.unwrap_or(false),
            ..self.request()
        }
    }

    /// Requests the page by number or cursor, with its total if requested.
    pub(crate) fn numbered(self, numbering: &Numbering, counting: &Counting) -> PageRequest {
        PageRequest {
            page: numbering.page.map(|page| page.0),
            ..self.counted(counting)
        }
    }
}

/// An item of a list.
pub(crate) trait ListItem: ParseFromJSON + ToJSON {
    /// Returns the schema name of a page of these items.
    fn page_name() -> Cow<'static, str> {
        format!("{}Page", Self::name()).into()
    }
}

/// One page of a list.
#[derive(Debug, Object)]
#[oai(rename = "Page")]
pub(crate) struct PageBody<T: ListItem> {
    /// The items of the page.
    #[oai(validator(max_items = 100))]
    items: Vec<T>,
    /// The cursor of the next page; null on the last page.
    #[oai(nullable)]
    next_cursor: Option<Cursor>,
    /// The number of the page, if requested by number.
    #[oai(skip_serializing_if_is_none)]
    page: Option<u32>,
    /// The total number of items, if requested.
    #[oai(skip_serializing_if_is_none)]
    total: Option<u64>,
    /// Whether the list has more items than `total`, if requested.
    #[oai(skip_serializing_if_is_none)]
    total_capped: Option<bool>,
}

/// One page of a list, with a schema name derived from its items.
#[derive(Debug)]
pub(crate) struct Page<T: ListItem>(PageBody<T>);

impl<T, U: From<T> + ListItem> From<paging::Page<T>> for Page<U> {
    fn from(page: paging::Page<T>) -> Self {
        Self(PageBody {
            items: page.items.into_iter().map(U::from).collect(),
            next_cursor: page.next_cursor.map(Cursor::from),
            page: page.page,
            total: page.total,
            total_capped: page.total.map(|_| page.total_capped),
        })
    }
}

impl<T: ListItem> Type for Page<T> {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        T::page_name()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(T::page_name().into_owned())
    }

    fn register(registry: &mut Registry) {
        let name = T::page_name().into_owned();
        registry.create_schema::<Self, _>(name.clone(), |registry| MetaSchema {
            title: Some(name),
            ..registry.create_fake_schema::<PageBody<T>>()
        });
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(iter::once(self))
    }
}

impl<T: ListItem> ParseFromJSON for Page<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        <PageBody<T>>::parse_from_json(value)
            .map(Self)
            .map_err(ParseError::propagate)
    }
}

impl<T: ListItem> ToJSON for Page<T> {
    fn to_json(&self) -> Option<Value> {
        self.0.to_json()
    }
}
