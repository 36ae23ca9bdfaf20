//! Files and versions as shown to callers.

use std::collections::BTreeMap;

use tenantry_domain::{email::Email, file::File, id::UserId, version::FileVersion};

use crate::{error::Result, paging::Page, services::Services};

/// A file and the e-mail address of the uploader of its latest version.
#[derive(Debug, Clone, PartialEq)]
pub struct FileView {
    /// The file.
    pub file: File,
    /// The e-mail address; `None` if the user no longer exists.
    pub uploaded_by_email: Option<Email>,
}

/// A version and the e-mail address of its uploader.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionView {
    /// The version.
    pub version: FileVersion,
    /// The e-mail address; `None` if the user no longer exists.
    pub created_by_email: Option<Email>,
}

/// Adds e-mail addresses to a page of files, with a single read.
pub(super) async fn files(services: &Services, page: Page<File>) -> Result<Page<FileView>> {
    let uploaders = page.items.iter().map(|file| file.uploaded_by);
    let emails = emails(services, uploaders).await?;
    let view = |file: File| FileView {
        uploaded_by_email: emails.get(&file.uploaded_by).cloned(),
        file,
    };
    Ok(page.map(view))
}

/// Adds the e-mail address to one file.
pub(super) async fn file(services: &Services, file: File) -> Result<FileView> {
    let mut emails = emails(services, [file.uploaded_by]).await?;
    Ok(FileView {
        uploaded_by_email: emails.remove(&file.uploaded_by),
        file,
    })
}

/// Adds e-mail addresses to a page of versions, with a single read.
pub(super) async fn versions(
    services: &Services,
    page: Page<FileVersion>,
) -> Result<Page<VersionView>> {
    let creators = page.items.iter().map(|version| version.created_by);
    let emails = emails(services, creators).await?;
    let view = |version: FileVersion| VersionView {
        created_by_email: emails.get(&version.created_by).cloned(),
        version,
    };
    Ok(page.map(view))
}

async fn emails(
    services: &Services,
    ids: impl IntoIterator<Item = UserId>,
) -> Result<BTreeMap<UserId, Email>> {
    let mut ids: Vec<UserId> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    Ok(services
        .store
        .identities()
        .emails(&ids)
        .await?
        .into_iter()
        .collect())
}
