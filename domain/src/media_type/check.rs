//! The check of a declared type against the content.

use std::fmt::Display;

use super::{
    MediaType,
    activity::Activity,
    graph::{is_a, is_container, is_same, known, of_file_name},
    medium::{Medium, is_based_on},
};
use crate::Invalid;

#[cfg(test)]
mod tests;

/// A tenant's rule for content that differs from its declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ContentTypes {
    /// Every difference fails.
    Strict,
    /// Active content behind an inert type or extension fails, and so does
    /// content declared as a raster image, audio, video or PDF that does not
    /// begin as one.
    #[default]
    Safe,
    /// Nothing fails.
    Off,
}

impl ContentTypes {
    /// All rules.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Safe, Self::Off];

    /// Returns the stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Safe => "safe",
            Self::Off => "off",
        }
    }

    /// Returns the rule with this name, if it exists.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text)
    }
}

/// The result of reading the first bytes of content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Detection {
    /// The type whose signature the content has.
    pub signature: Option<MediaType>,
    /// The type whose signature the content has, if that is too short to name
    /// the type of undeclared content.
    pub hint: Option<MediaType>,
    /// Whether the content is text.
    pub is_text: bool,
    /// Whether there is no content.
    pub is_empty: bool,
}

/// The type and name that a client gave to content.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The declared type.
    pub declared: &'a MediaType,
    /// The file name.
    pub file_name: &'a str,
}

/// Determines the media type to serve, or fails with `content_type_mismatch` if
/// the rule does not permit the content under its declared type and name.
///
/// `has_signature` returns whether content of a type always has a signature that
/// is detected.
pub fn check(
    rule: ContentTypes,
    claim: Claim<'_>,
    found: &Detection,
    has_signature: impl Fn(&MediaType) -> bool,
) -> Result<MediaType, Invalid> {
    let declared = claim.declared;
    let has_signature = |name: &str| has_signature(&MediaType(name.to_owned()));
    let served = served(declared, found, &has_signature);
    if rule != ContentTypes::Off {
        let named = of_file_name(claim.file_name);
        permit_activity(declared, named, found)?;
        permit_medium(declared, named, found, &has_signature)?;
    }
    if rule == ContentTypes::Strict && differs(declared, &served) {
        return Err(mismatch("declared as", declared, &served));
    }
    Ok(served)
}

/// Returns whether content of the type `served` differs from its declared type:
/// they are not the same, nor one a supertype of the other.
pub fn differs(declared: &MediaType, served: &MediaType) -> bool {
    declared.is_specific() && !agree(declared.as_str(), served.as_str())
}

fn agree(declared: &str, served: &str) -> bool {
    // Programs have many names, most of which the database does not relate.
    let are_programs = Activity::of(served) == Some(Activity::Program)
        && Activity::Program.is_announced_by(declared);
    is_a(declared, served)
        || is_a(served, declared)
        || are_programs
        || have_same_container(declared, served)
}

/// Returns whether the types are audio and video in the same container, which
/// has the same signature for both.
fn have_same_container(name: &str, other: &str) -> bool {
    let container = |name| match known(name).unwrap_or(name).split_once('/') {
        Some(("audio" | "video", subtype)) => Some(subtype),
        _ => None,
    };
    container(name).is_some() && container(name) == container(other)
}

/// Returns the type to serve: the more specific one of a declared and a detected
/// type that agree, otherwise the detected one.
fn served(
    declared: &MediaType,
    found: &Detection,
    has_signature: &impl Fn(&str) -> bool,
) -> MediaType {
    let name = declared.as_str();
    let is_kept = match &found.signature {
        Some(signature) => {
            let detected = signature.as_str();
            declared.is_specific()
                && !is_same(name, detected)
                && (is_a(name, detected)
                    || have_same_container(name, detected)
                    || is_based_on(name, detected) && !has_signature(name))
        }
        None if found.is_empty => true,
        None => {
            let is_text_type = is_a(name, "text/plain");
            let hint = found.hint.as_ref().map(MediaType::as_str);
            declared.is_specific()
                && (is_text_type || !has_signature(name) || hint.is_some_and(|it| agree(name, it)))
        }
    };
    match &found.signature {
        _ if is_kept => declared.clone(),
        Some(signature) => signature.clone(),
        None if found.is_text => MediaType("text/plain".to_owned()),
        None => MediaType::octet_stream(),
    }
}

/// Fails if the content is active and the declared type or the name conceals it.
fn permit_activity(declared: &MediaType, named: &[&str], found: &Detection) -> Result<(), Invalid> {
    let Some(detected) = &found.signature else {
        return Ok(());
    };
    let name = declared.as_str();
    let Some(activity) = Activity::of(detected.as_str()) else {
        return Ok(());
    };
    let is_announced = named.iter().any(|it| activity.is_announced_by(it));
    if !named.is_empty() && !is_announced {
        return Err(mismatch("named like", named.join(" or "), detected));
    }
    // Many clients declare the first type that has the extension of the name,
    // or text for anything readable.
    let is_by_name =
        is_a(detected.as_str(), name) || named.iter().any(|named| is_same(named, name));
    if activity.is_concealed_by(name) && declared.is_specific() && !(is_announced && is_by_name) {
        return Err(mismatch("declared as", declared, detected));
    }
    Ok(())
}

/// Fails if the content is declared as a medium, or without a declaration named
/// like one, and does not begin as this medium.
fn permit_medium(
    declared: &MediaType,
    named: &[&str],
    found: &Detection,
    has_signature: &impl Fn(&str) -> bool,
) -> Result<(), Invalid> {
    let own = [declared.as_str()];
    let (source, claims) = if declared.is_specific() {
        ("declared as", own.as_slice())
    } else {
        ("named like", named)
    };
    // An extension of a medium and of another format claims neither.
    let media: Option<Vec<_>> = claims.iter().map(|name| Medium::of(name)).collect();
    let Some(media) = media.filter(|media| !media.is_empty()) else {
        return Ok(());
    };
    let agrees = |found: &MediaType| claims.iter().any(|name| agree(name, found.as_str()));
    let is_same_medium = |found: &MediaType| {
        Medium::of(found.as_str()).is_some_and(|medium| media.contains(&medium))
    };
    let is_permitted = match found.signature.as_ref() {
        Some(signature) => {
            let name = signature.as_str();
            is_same_medium(signature)
                || agrees(signature)
                || is_container(name) && !claims.iter().any(|name| known(name).is_some())
        }
        None => found.is_empty || !claims.iter().all(|name| has_signature(name)),
    };
    // Clients declare video for the sources that have the same extension.
    let is_named_text = found.is_text
        && named.iter().any(|it| is_a(it, "text/plain"))
        && named.iter().any(|it| is_same(it, declared.as_str()));
    let is_hinted = |hint| agrees(hint) || !found.is_text && is_same_medium(hint);
    if is_permitted || is_named_text || found.hint.as_ref().is_some_and(is_hinted) {
        return Ok(());
    }
    let other = if found.is_text {
        "text"
    } else {
        "of another type"
    };
    let content = found.signature.as_ref().map_or(other, MediaType::as_str);
    Err(mismatch(source, claims.join(" or "), content))
}

fn mismatch(source: &str, claim: impl Display, content: impl Display) -> Invalid {
    Invalid::new(
        "content_type_mismatch",
        format!("{source} {claim}, but the content is {content}"),
    )
}
