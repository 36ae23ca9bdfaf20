//! Files of one tenant.

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, doc};
use tenantry_application::ports::{
    Count, FileFilter, FilePosition, FileQuery, FileRepository, FileSort, PortError, SortKey,
};
use tenantry_domain::{
    email::Email,
    file::{File, Place},
    id::{FileId, TenantId},
    identity::Identity,
    path::{LogicalPath, PathPrefix},
};

use crate::{
    database::{Database, Find, of_tenant},
    plan::{Table, bson_id},
};

/// Reads files.
#[derive(Debug, Clone)]
pub(crate) struct MongoFileRepository {
    pub(crate) database: Database,
    pub(crate) tenant: TenantId,
}

#[async_trait]
impl FileRepository for MongoFileRepository {
    async fn lookup(&self, id: FileId) -> Result<Option<File>, PortError> {
        let mut filter = of_tenant(self.tenant);
        filter.insert("_id", bson_id(id.as_uuid()));
        self.database.one(filter).await
    }

    async fn lookup_with_uploader(
        &self,
        id: FileId,
    ) -> Result<Option<(File, Option<Email>)>, PortError> {
        let Some(file) = self.lookup(id).await? else {
            return Ok(None);
        };
        let uploader = self.database.lookup::<Identity>(file.uploaded_by).await?;
        Ok(Some((file, uploader.map(|person| person.email))))
    }

    async fn find_by_path(
        &self,
        place: Place,
        path: &LogicalPath,
    ) -> Result<Option<File>, PortError> {
        let mut filter = self.in_place(place);
        filter.insert("path", path.as_str());
        self.database.one(filter).await
    }

    async fn list(&self, query: &FileQuery) -> Result<Vec<File>, PortError> {
        let field = field_of(query.sort);
        let mut filter = self.filtered(&query.filter);
        if let Some(after) = &query.after {
            filter.insert("$or", behind(field, after, query.descending));
        }
        let direction = if query.descending { -1 } else { 1 };
        let sort = doc! { field: direction, "_id": direction };
        let find = Find::new(Table::Files, filter)
            .sort(sort)
            .skip(query.offset);
        self.database.all(find.limit(query.limit)).await
    }

    async fn count(&self, filter: &FileFilter, cap: u64) -> Result<Count, PortError> {
        // One more than is counted tells whether there are more.
        let most = Some(cap.saturating_add(1));
        let filter = self.filtered(filter);
        let total = self.database.count(Table::Files, filter, most).await?;
        Ok(Count {
            total: total.min(cap),
            capped: total > cap,
        })
    }
}

impl MongoFileRepository {
    /// Files of one space.
    fn in_place(&self, place: Place) -> Document {
        let mut filter = of_tenant(self.tenant);
        filter.insert("bucket", place.bucket().as_str());
        filter.insert("bucket_id", bson_id(place.owner()));
        filter
    }

    fn filtered(&self, by: &FileFilter) -> Document {
        let mut filter = self.in_place(by.place);
        let mut path = Document::new();
        let prefix = by.prefix.as_ref().map(PathPrefix::as_str);
        if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
            // A range, which the index on paths can serve.
            path.insert("$gte", prefix);
            if let Some(end) = successor(prefix) {
                path.insert("$lt", end);
            }
        }
        if let Some(exact) = &by.path {
            path.insert("$eq", exact.as_str());
        }
        if !path.is_empty() {
            filter.insert("path", path);
        }
        if let Some(status) = by.status {
            filter.insert("status", status);
        }
        if let Some(review) = by.review {
            filter.insert("review", review.as_str());
        }
        if let Some(owner) = by.owner_id {
            filter.insert("owner_id", bson_id(owner.as_uuid()));
        }
        if let Some(text) = &by.search {
            filter.insert("name_key", doc! { "$regex": literally(text) });
        }
        filter
    }
}

const fn field_of(sort: FileSort) -> &'static str {
    match sort {
        FileSort::Name => "name_key",
        FileSort::Path => "path",
        FileSort::CreatedAt => "created_at",
        FileSort::UpdatedAt => "updated_at",
        FileSort::Size => "size_bytes",
    }
}

/// Documents behind a position in an order: further by the field, or with the
/// same in the field and further by id.
fn behind(field: &str, after: &FilePosition, descending: bool) -> Vec<Document> {
    let key = match &after.key {
        SortKey::Text(text) => Bson::String(text.clone()),
        SortKey::Number(number) => Bson::Int64(*number),
    };
    let id = bson_id(after.id.as_uuid());
    let further = if descending { "$lt" } else { "$gt" };
    vec![
        doc! { field: { further: key.clone() } },
        doc! { field: key, "_id": { further: id } },
    ]
}

/// A pattern that finds a text as it stands: letters and digits mean
/// themselves, and so does everything beyond ASCII; the rest is told by its
/// number, which no dialect reads otherwise.
fn literally(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || !character.is_ascii() {
            pattern.push(character);
        } else {
            pattern.push_str("\\x");
            let digit = |value: u32| char::from_digit(value, 16).unwrap_or_default();
            let number = u32::from(character);
            pattern.extend([digit(number / 16), digit(number % 16)]);
        }
    }
    pattern
}

/// The least text above all that begin with a prefix, by bytes; `None` where
/// there is none. The order of UTF-8 bytes is the order of characters.
fn successor(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // Past the surrogates, which are no characters.
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_its_text_alone() {
        assert_eq!(literally("aé.*\0"), "aé\\x2e\\x2a\\x00");
    }

    #[test]
    fn what_follows_a_prefix_is_above_all_that_begin_so() {
        assert_eq!(successor("a/").as_deref(), Some("a0"));
        assert_eq!(successor("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
        assert_eq!(successor("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10FFFF}"), None);
    }
}
