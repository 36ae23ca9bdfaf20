//! Files: a space, a path and a sequence of versions.

use crate::{
    Invalid, InvalidTransition, Revision, Timestamp,
    blob::Digest,
    id::{FileId, TenantId, UserId},
    media_type::{self, MediaType},
    path::LogicalPath,
    tags::Tags,
    version::{FileVersion, Processing},
};

/// A file of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// The file's id.
    pub id: FileId,
    /// The tenant that owns the file.
    pub tenant_id: TenantId,
    /// The space that contains the file.
    pub place: Place,
    /// The path, unique within the space.
    pub path: LogicalPath,
    /// User-defined tags.
    pub tags: Tags,
    /// The number of the latest version.
    pub version: u32,
    /// The number of the latest ready version, which is the one served.
    pub content_version: Option<u32>,
    /// Metadata of the served version, or of the latest version while no
    /// version is ready.
    pub head: Head,
    /// The processing state of the latest version.
    pub processing: Processing,
    /// The review state.
    pub review: Review,
    /// The file's owner.
    pub owner_id: UserId,
    /// The uploader of the latest version.
    pub uploaded_by: UserId,
    /// The time of the first upload.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
    /// The time at which processing of the latest version ended.
    pub processed_at: Option<Timestamp>,
    /// The row's revision.
    pub revision: Revision,
}

/// The metadata of a version that is shown on its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The size in bytes.
    pub size_bytes: u64,
    /// The media type.
    pub media_type: MediaType,
    /// The media type declared by the uploader, if any.
    pub declared_type: Option<MediaType>,
    /// The SHA-256 digest.
    pub digest: Digest,
}

impl Head {
    fn of(version: &FileVersion) -> Self {
        Self {
            size_bytes: version.size_bytes,
            media_type: version.media_type.clone(),
            declared_type: version.declared().cloned(),
            digest: version.digest,
        }
    }

    /// Returns whether the content is of another type than declared.
    pub fn has_type_mismatch(&self) -> bool {
        let declared = self.declared_type.as_ref();
        declared.is_some_and(|declared| media_type::differs(declared, &self.media_type))
    }
}

/// The attributes of a new file that its first version does not have.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The space that contains the file.
    pub place: Place,
    /// The path within that space.
    pub path: LogicalPath,
    /// User-defined tags.
    pub tags: Tags,
}

impl File {
    /// Creates a file from its first version.
    pub fn begin(new: NewFile, first: &FileVersion) -> Self {
        Self {
            id: first.file_id,
            tenant_id: first.tenant_id,
            place: new.place,
            path: new.path,
            tags: new.tags,
            version: first.number,
            content_version: None,
            head: Head::of(first),
            processing: first.processing.clone(),
            review: Review::Draft,
            owner_id: first.created_by,
            uploaded_by: first.created_by,
            created_at: first.created_at,
            updated_at: first.created_at,
            processed_at: None,
            revision: Revision::FIRST,
        }
    }

    /// Makes `next` the latest version and resets the review to draft. The
    /// served version does not change until `next` is ready.
    pub fn add_version(&mut self, next: &FileVersion) {
        self.version = next.number;
        self.processing = next.processing.clone();
        self.processed_at = None;
        self.review = Review::Draft;
        self.uploaded_by = next.created_by;
        self.updated_at = next.created_at;
        if self.content_version.is_none() {
            self.head = Head::of(next);
        }
    }

    /// Records the end of the processing of a version. The served version
    /// number never decreases.
    pub fn note_processed(&mut self, version: &FileVersion, now: Timestamp) {
        if version.number == self.version {
            self.processing = version.processing.clone();
            self.processed_at = version.processed_at;
        }
        let newer = self
            .content_version
            .is_none_or(|served| version.number > served);
        if version.processing == Processing::Ready && newer {
            self.content_version = Some(version.number);
            self.head = Head::of(version);
        }
        self.updated_at = now;
    }

    /// Returns the last segment of the path.
    pub fn name(&self) -> &str {
        self.path.file_name()
    }
}

/// A space for files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A user's personal space.
    User(UserId),
    /// The tenant's shared space.
    Company(TenantId),
}

/// The kinds of spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Bucket {
    /// Personal spaces of users.
    Users,
    /// Shared spaces of tenants.
    #[default]
    Companies,
    /// Spaces of projects.
    Projects,
}

impl Bucket {
    /// All buckets.
    pub const ALL: [Self; 3] = [Self::Users, Self::Companies, Self::Projects];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Companies => "companies",
            Self::Projects => "projects",
        }
    }

    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|bucket| bucket.as_str() == text)
            .ok_or_else(|| Invalid::format("must be users, companies or projects"))
    }
}

impl Place {
    /// Returns the kind of space.
    pub const fn bucket(self) -> Bucket {
        match self {
            Self::User(_) => Bucket::Users,
            Self::Company(_) => Bucket::Companies,
        }
    }

    /// Returns the id of the user or tenant that owns the space.
    pub const fn owner(self) -> uuid::Uuid {
        match self {
            Self::User(id) => id.as_uuid(),
            Self::Company(id) => id.as_uuid(),
        }
    }
}

/// The review state of a file: draft → `pending_validation` → validated |
/// rejected → archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Review {
    /// In progress.
    Draft,
    /// Waiting for approval.
    PendingValidation,
    /// Approved.
    Validated,
    /// Rejected; a new version starts over as a draft.
    Rejected,
    /// Retained, but no longer in use.
    Archived,
}

impl Review {
    /// All states.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::PendingValidation,
        Self::Validated,
        Self::Rejected,
        Self::Archived,
    ];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingValidation => "pending_validation",
            Self::Validated => "validated",
            Self::Rejected => "rejected",
            Self::Archived => "archived",
        }
    }

    /// Returns the state with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|review| review.as_str() == text)
    }

    /// Submits a draft for approval.
    pub fn submit(self) -> Result<Self, InvalidTransition> {
        self.step(&[Self::Draft], Self::PendingValidation)
    }

    /// Approves.
    pub fn approve(self) -> Result<Self, InvalidTransition> {
        self.step(&[Self::PendingValidation], Self::Validated)
    }

    /// Rejects.
    pub fn reject(self) -> Result<Self, InvalidTransition> {
        self.step(&[Self::PendingValidation], Self::Rejected)
    }

    /// Archives a file whose review has ended.
    pub fn archive(self) -> Result<Self, InvalidTransition> {
        self.step(&[Self::Validated, Self::Rejected], Self::Archived)
    }

    fn step(self, from: &[Self], to: Self) -> Result<Self, InvalidTransition> {
        if from.contains(&self) {
            Ok(to)
        } else {
            Err(InvalidTransition {
                entity: "file",
                from: self.as_str(),
                to: to.as_str(),
            })
        }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a failed test may panic")]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{id::VersionId, version::Failure};

    fn version(number: u32) -> FileVersion {
        FileVersion {
            id: VersionId::from_uuid(Uuid::from_u128(u128::from(number))),
            tenant_id: TenantId::from_uuid(Uuid::nil()),
            file_id: FileId::from_uuid(Uuid::nil()),
            number,
            blob_id: None,
            size_bytes: u64::from(number),
            charged_bytes: 4096,
            digest: Digest::from_bytes([0; 32]),
            declared_type: MediaType::octet_stream(),
            media_type: MediaType::octet_stream(),
            processing: Processing::Pending,
            created_by: UserId::from_uuid(Uuid::nil()),
            created_at: Timestamp::EPOCH,
            processed_at: None,
            revision: Revision::FIRST,
        }
    }

    fn file() -> File {
        let new = NewFile {
            place: Place::Company(TenantId::from_uuid(Uuid::nil())),
            path: LogicalPath::parse("a").expect("a path"),
            tags: Tags::default(),
        };
        File::begin(new, &version(1))
    }

    fn ready(number: u32) -> FileVersion {
        let mut version = version(number);
        version
            .accept(MediaType::octet_stream(), Timestamp::EPOCH)
            .expect("pending");
        version
    }

    #[test]
    fn the_served_version_never_decreases() {
        let mut file = file();
        file.add_version(&version(2));
        file.add_version(&version(3));
        file.note_processed(&ready(2), Timestamp::EPOCH);
        assert_eq!(
            (file.content_version, file.processing.as_str()),
            (Some(2), "pending")
        );
        file.note_processed(&ready(3), Timestamp::EPOCH);
        assert_eq!(
            (file.content_version, file.processing.as_str()),
            (Some(3), "ready")
        );
        file.note_processed(&ready(1), Timestamp::EPOCH);
        assert_eq!((file.content_version, file.head.size_bytes), (Some(3), 3));
    }

    #[test]
    fn a_failed_version_does_not_change_the_served_one() {
        let mut file = file();
        file.note_processed(&ready(1), Timestamp::EPOCH);
        file.add_version(&version(2));
        let mut failed = version(2);
        let failure = Failure {
            code: "content_type_mismatch".into(),
            message: String::new(),
        };
        failed.fail(failure, Timestamp::EPOCH).expect("pending");
        file.note_processed(&failed, Timestamp::EPOCH);
        assert_eq!((file.content_version, file.head.size_bytes), (Some(1), 1));
        assert_eq!(file.processing.as_str(), "failed");
    }

    #[test]
    fn processing_ends_once() {
        let mut version = ready(1);
        assert!(
            version
                .accept(MediaType::octet_stream(), Timestamp::EPOCH)
                .is_err()
        );
    }

    #[test]
    fn only_listed_review_transitions_are_allowed() {
        let allowed: Vec<_> = Review::ALL
            .into_iter()
            .flat_map(|from| {
                [from.submit(), from.approve(), from.reject(), from.archive()]
                    .into_iter()
                    .flatten()
                    .map(move |to| (from.as_str(), to.as_str()))
            })
            .collect();
        assert_eq!(
            allowed,
            [
                ("draft", "pending_validation"),
                ("pending_validation", "validated"),
                ("pending_validation", "rejected"),
                ("validated", "archived"),
                ("rejected", "archived"),
            ]
        );
    }
}
