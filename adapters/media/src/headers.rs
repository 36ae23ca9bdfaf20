//! Checks of headers whose signatures are only two or three bytes long.
//!
//! A field beyond the end of truncated content is plausible.

/// The evidence of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// It names the type.
    Strong,
    /// It supports a declared type only.
    Weak,
    /// The header contradicts it.
    None,
}

/// Returns the evidence of a header: strong if it has at least `min` bytes.
fn plausible(head: &[u8], min: usize, is_plausible: bool) -> Evidence {
    match is_plausible {
        true if head.len() >= min => Evidence::Strong,
        true => Evidence::Weak,
        false => Evidence::None,
    }
}

fn u16_le(head: &[u8], at: usize) -> Option<u16> {
    let bytes = head.get(at..at + 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_le(head: &[u8], at: usize) -> Option<u32> {
    let bytes = head.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn byte(head: &[u8], at: usize, is_valid: impl Fn(u8) -> bool) -> bool {
    head.get(at).is_none_or(|byte| is_valid(*byte))
}

/// Checks a bitmap: `BM`, the size of the file, two reserved fields, the offset of
/// the pixels, and a header of one of a few sizes.
pub(crate) fn bitmap(head: &[u8]) -> Evidence {
    const HEADERS: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];
    let has_header = match u32_le(head, 14) {
        Some(size) => HEADERS.contains(&size),
        None => byte(head, 14, |size| HEADERS.contains(&size.into())),
    };
    let reserved = [6, 8].map(|at| u16_le(head, at).is_none_or(|field| field == 0));
    plausible(head, 18, has_header && reserved == [true, true])
}

/// Checks a program: `MZ`, at most 512 bytes in the last page, at least one page, and a header of
/// a few paragraphs within them.
pub(crate) fn program(head: &[u8]) -> Evidence {
    let last_page = u16_le(head, 2).is_none_or(|bytes| bytes <= 512);
    let pages = u16_le(head, 4).is_none_or(|pages| pages > 0);
    let paragraphs = u16_le(head, 8).is_none_or(|paragraphs| paragraphs <= 0x1000);
    plausible(head, 4, last_page && pages && paragraphs)
}

/// Checks a tag: `ID3`, a version, flags, and a size of which each byte has seven bits.
pub(crate) fn id3(head: &[u8]) -> Evidence {
    let version = byte(head, 3, |major| (2..=4).contains(&major));
    let revision = byte(head, 4, |revision| revision < 0x10);
    let flags = byte(head, 5, |flags| flags.trailing_zeros() >= 4);
    let size = (6..10).all(|at| byte(head, at, |part| part < 0x80));
    plausible(head, 5, version && revision && flags && size)
}

/// Checks a frame of MPEG audio: its bit rate and sampling rate.
pub(crate) fn mpeg_audio(head: &[u8]) -> Evidence {
    let rates = byte(head, 2, |rates| rates >> 4 != 15 && rates >> 2 & 3 != 3);
    plausible(head, 4, rates)
}

/// Checks a frame of AAC: one of 13 sampling rates.
pub(crate) fn aac(head: &[u8]) -> Evidence {
    let rate = byte(head, 2, |header| header >> 2 & 15 <= 12);
    plausible(head, 4, rate)
}

/// Checks the only method of compression.
pub(crate) fn gzip(head: &[u8]) -> Evidence {
    plausible(head, 3, byte(head, 2, |method| method == 8))
}

/// Checks the size of a block, a digit.
pub(crate) fn bzip2(head: &[u8]) -> Evidence {
    plausible(head, 4, byte(head, 3, |size| (b'1'..=b'9').contains(&size)))
}

/// Checks the number of images, and a reserved field of the first.
pub(crate) fn icon(head: &[u8]) -> Evidence {
    let count = u16_le(head, 4).is_none_or(|count| count < 0x100);
    plausible(head, 6, count && byte(head, 9, |reserved| reserved == 0))
}
