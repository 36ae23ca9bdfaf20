//! Signatures of media that are short, or belong to variants, which the library
//! does not have. They support a declared type, but name none.

use crate::headers::{self, Evidence};

/// The offset and the bytes of a signature, and the type.
const VARIANTS: [(usize, &[u8], &str); 26] = [
    (0, b"GIF8", "image/gif"),
    (0, b"\x89PNG", "image/png"),
    (0, b"\xFF\xD8", "image/jpeg"),
    (0, b"\x0A\x00", "image/vnd.zbrush.pcx"),
    (0, b"\x0A\x02", "image/vnd.zbrush.pcx"),
    (0, b"\x0A\x03", "image/vnd.zbrush.pcx"),
    (0, b"\x0A\x05", "image/vnd.zbrush.pcx"),
    (0, b"IIRO", "image/x-olympus-orf"),
    (0, b"IIRS", "image/x-olympus-orf"),
    (0, b"MMOR", "image/x-olympus-orf"),
    (0, b"IIU\0", "image/x-panasonic-rw2"),
    (0, b"! XPM2", "image/x-xpixmap"),
    (20, b"mjp2", "video/mj2"),
    (4, b"jP  \r\n\x87\n", "image/jp2"),
    (0, b"ADIF", "audio/aac"),
    (0, b"\xFF\xF0", "audio/aac"),
    (8, b"WAV ", "audio/x-wav"),
    (0, b"FLV", "video/x-flv"),
    (0, b"\x11\xAF", "video/x-flic"),
    (0, b"\x12\xAF", "video/x-flic"),
    (0, b"\x47\x3F\xFF\x10", "video/mpeg"),
    (0, b"AVF0", "video/x-msvideo"),
    (12, b"mdat", "video/quicktime"),
    (0, b".RMF", "application/vnd.rn-realmedia"),
    (0, b"\x30\x26\xB2\x75", "application/vnd.ms-asf"),
    // A playlist under the name of the video.
    (0, b"[Reference]", "application/vnd.ms-asf"),
];

/// Returns the type that the beginning of the content supports.
pub(crate) fn hint(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"BM") && headers::bitmap(head) != Evidence::None {
        return Some("image/bmp");
    }
    if head.starts_with(b"ID3") && headers::id3(head) != Evidence::None {
        return Some("audio/mpeg");
    }
    let found = VARIANTS.iter().find(|(offset, bytes, _)| {
        let end = offset + bytes.len();
        head.get(*offset..end) == Some(*bytes)
    });
    found.map(|(_, _, kind)| *kind)
}
