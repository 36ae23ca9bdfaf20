//! Formats in ZIP archives, by the members in the available bytes (APPNOTE.TXT
//! 4.3.7). The central directory is at the end, out of reach.

use std::{io::Read, str};

use flate2::read::DeflateDecoder;
use tenantry_domain::media_type::MediaType;

const ZIP: &str = "application/zip";
const SIGNATURE: &[u8] = b"PK\x03\x04";
const HEADER_BYTES: usize = 30;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// A flag: the sizes follow the content.
const STREAMED: u16 = 1 << 3;
/// A bound on the size of the list of content types, in bytes.
const MAX_CONTENT_TYPES: u64 = 256 * 1024;

/// The folder of the main part of an OOXML document, if the list of content
/// types is out of reach.
const MAIN_PARTS: [(&str, &str); 3] = [
    (
        "word/",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "xl/",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "ppt/",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
];

/// A member of an archive.
struct Member<'a> {
    name: &'a str,
    method: u16,
    /// The content, or the available bytes from its beginning on.
    data: &'a [u8],
}

/// Returns the type of an archive: `application/zip`, or the one of a format in
/// it.
pub(crate) fn type_of(archive: &[u8]) -> Option<MediaType> {
    let mut main_part = None;
    let mut is_package = false;
    let mut other = None;
    for member in members(archive) {
        match member.name {
            "mimetype" => {
                if let Some(kind) = mimetype(&member) {
                    return Some(kind);
                }
            }
            "[Content_Types].xml" => {
                if let Some(kind) = main_type(&member) {
                    return Some(kind);
                }
                is_package = true;
            }
            "_rels/.rels" => is_package = true,
            "AndroidManifest.xml" => other = Some("application/vnd.android.package-archive"),
            "META-INF/MANIFEST.MF" => other = other.or(Some("application/java-archive")),
            name => {
                let part = MAIN_PARTS
                    .iter()
                    .find(|(folder, _)| name.starts_with(folder));
                main_part = main_part.or(part.map(|(_, kind)| *kind));
            }
        }
    }
    let kind = main_part.filter(|_| is_package).or(other).unwrap_or(ZIP);
    MediaType::parse(kind).ok()
}

/// Reads the type in an uncompressed member, as in EPUB.
fn mimetype(member: &Member<'_>) -> Option<MediaType> {
    if member.method != STORED {
        return None;
    }
    let kind = MediaType::parse(str::from_utf8(member.data).ok()?).ok()?;
    (kind.is_specific() && kind.is_in(ZIP)).then_some(kind)
}

/// Reads the type of the main part from the list of content types (ECMA-376,
/// part 2). It is named like the document's type, with a suffix.
fn main_type(member: &Member<'_>) -> Option<MediaType> {
    let mut inflated = Vec::new();
    let list = match member.method {
        STORED => member.data,
        DEFLATED => {
            let mut list = DeflateDecoder::new(member.data).take(MAX_CONTENT_TYPES);
            // A list that is cut off is read as far as it goes.
            let _ = list.read_to_end(&mut inflated);
            &inflated
        }
        _ => return None,
    };
    let list = String::from_utf8_lossy(list);
    let types = list.split("ContentType=\"").skip(1);
    types
        .filter_map(|rest| rest.split_once('"'))
        .filter_map(|(part, _)| document_type(part))
        .find(|kind| kind.is_in(ZIP))
}

fn document_type(part: &str) -> Option<MediaType> {
    let name = part
        .strip_suffix(".main+xml")
        .or(part.strip_suffix(".main"))?;
    let name = match name {
        // Visio's types have the suffix themselves.
        _ if name.starts_with("application/vnd.ms-visio.") => part.to_owned(),
        _ if name.ends_with(".macroEnabled") => format!("{name}.12"),
        _ => name.to_owned(),
    };
    MediaType::parse(&name).ok()
}

/// Returns the members whose headers are available.
fn members(archive: &[u8]) -> impl Iterator<Item = Member<'_>> {
    let mut rest = archive;
    std::iter::from_fn(move || {
        let (member, next) = member(rest)?;
        rest = next;
        Some(member)
    })
}

fn member(archive: &[u8]) -> Option<(Member<'_>, &[u8])> {
    let header = archive
        .strip_prefix(SIGNATURE)
        .and(archive.get(..HEADER_BYTES))?;
    let field = |at: usize| -> Option<u16> {
        let bytes = header.get(at..at + 2)?;
        Some(u16::from_le_bytes(bytes.try_into().ok()?))
    };
    let (flags, method) = (field(6)?, field(8)?);
    let size = usize::from(field(18)?) | usize::from(field(20)?) << 16;
    let name_end = HEADER_BYTES + usize::from(field(26)?);
    let name = str::from_utf8(archive.get(HEADER_BYTES..name_end)?).unwrap_or_default();
    let content = archive
        .get(name_end + usize::from(field(28)?)..)
        .unwrap_or_default();
    let size = if flags & STREAMED != 0 && size == 0 {
        let next = content
            .windows(SIGNATURE.len())
            .position(|it| it == SIGNATURE);
        next.unwrap_or(content.len())
    } else {
        size
    };
    let (data, next) = content.split_at_checked(size).unwrap_or((content, &[]));
    Some((Member { name, method, data }, next))
}
