//! Media that begin with a signature, and formats in containers.

use super::{
    activity::Activity,
    graph::{is_a, is_container, known, supertypes},
};

/// A kind of content that is recognized by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Image,
    AudioOrVideo,
    Pdf,
}

/// Containers of audio and video that are not named `audio` or `video`.
const AUDIO_OR_VIDEO: [&str; 9] = [
    "application/annodex",
    "application/mp4",
    "application/mxf",
    "application/ogg",
    "application/vnd.ms-asf",
    "application/vnd.rn-realmedia",
    "application/x-matroska",
    "application/x-shockwave-flash",
    "application/vnd.smaf",
];

impl Medium {
    /// Returns the medium of a type, unless the type is text, such as SVG or a
    /// playlist, or compressed.
    pub(super) fn of(name: &str) -> Option<Self> {
        let canonical = known(name).unwrap_or(name);
        let is_other = [
            "text/plain",
            "application/zip",
            "application/gzip",
            "application/x-bzip",
        ]
        .iter()
        .any(|other| is_a(canonical, other));
        match canonical.split_once('/')? {
            _ if is_other => None,
            ("image", _) => Some(Self::Image),
            ("audio" | "video", _) => Some(Self::AudioOrVideo),
            _ if AUDIO_OR_VIDEO.contains(&canonical) => Some(Self::AudioOrVideo),
            _ => is_a(canonical, "application/pdf").then_some(Self::Pdf),
        }
    }
}

/// Returns whether a type may be an application's format in a container: the
/// database relates only some of these to their containers.
pub(super) fn is_based_on(name: &str, container: &str) -> bool {
    is_container(container)
        && !is_a(container, name)
        && Activity::of(container).is_none()
        && Medium::of(name).is_none()
        && supertypes(name).next().is_none()
}
