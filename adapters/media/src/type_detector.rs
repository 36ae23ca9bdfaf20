//! Media type detection with the signatures of `file-format`.

use file_format::{FileFormat, Kind};
use tenantry_application::ports::TypeDetector;
use tenantry_domain::media_type::{Detection, MediaType};

use crate::{
    headers::{self, Evidence},
    markup, text, variants, zip,
};

#[cfg(test)]
mod tests;

/// Enough for the members of an office document that identify it, behind its
/// preview image, and for the signatures of disk images.
const HEAD_BYTES: usize = 64 * 1024;

/// Readers of PDF accept its signature within these first bytes.
const PDF_START: usize = 1024;

/// A detector of some two hundred binary formats, and of text that is active or
/// has a signature.
///
/// Other text has no signature: many are two or three letters long, and a text
/// that begins with `BM` or `MZ` is neither an image nor a program.
#[derive(Debug, Clone, Copy, Default)]
pub struct MagicTypeDetector;

impl TypeDetector for MagicTypeDetector {
    fn detect(&self, head: &[u8]) -> Detection {
        let head = head.get(..HEAD_BYTES).unwrap_or(head);
        let decoded = text::decode(head);
        let is_text = decoded.is_some();
        // Programs that read text do not mind binary data behind it.
        let text = decoded.unwrap_or_else(|| text::lossy(head));
        let (binary, evidence) = binary_type(head);
        let is_binary = !is_text || head.first().is_some_and(|byte| !byte.is_ascii());
        let signature = match markup::signature(&text) {
            Some(name) => MediaType::parse(name).ok(),
            None => binary
                .clone()
                .filter(|_| is_binary && evidence == Evidence::Strong),
        };
        let hint = binary.filter(|_| evidence != Evidence::None);
        Detection {
            hint: hint
                .or_else(|| MediaType::parse(variants::hint(head)?).ok())
                .or_else(|| late_pdf(head)),
            signature,
            is_text,
            is_empty: head.is_empty(),
        }
    }

    fn has_signature(&self, media_type: &MediaType) -> bool {
        let archives = [Kind::Archive, Kind::Compressed]
            .into_iter()
            .flat_map(FileFormat::from_kind);
        let media = [Kind::Audio, Kind::Font, Kind::Image, Kind::Video]
            .into_iter()
            .flat_map(FileFormat::from_kind)
            // Others are formats of applications in containers.
            .filter(|format| !format.media_type().starts_with("application/"));
        media_type.is_same("application/pdf")
            || archives
                .chain(media)
                .chain(&CONTAINERS)
                .filter(|format| !VARIED.contains(format))
                .any(|format| media_type.is_same(name_of(format)))
    }

    fn head_bytes(&self) -> usize {
        HEAD_BYTES
    }
}

/// Containers of audio and video.
const CONTAINERS: [FileFormat; 4] = [
    FileFormat::AdvancedSystemsFormat,
    FileFormat::Mpeg4Part14,
    FileFormat::OggMultiplexedMedia,
    FileFormat::Realmedia,
];

/// Formats with variants that have other signatures, or none.
const VARIED: [FileFormat; 1] = [FileFormat::UltimateSoundtrackerModule];

fn late_pdf(head: &[u8]) -> Option<MediaType> {
    let start = head.get(..PDF_START).unwrap_or(head);
    let is_pdf = start.windows(5).any(|bytes| bytes == b"%PDF-");
    is_pdf.then(|| MediaType::parse("application/pdf").ok())?
}

/// Returns the type of a signature, and its evidence.
fn binary_type(head: &[u8]) -> (Option<MediaType>, Evidence) {
    let format = FileFormat::from_bytes(head);
    let evidence = evidence(format, head);
    let found = match format {
        FileFormat::ArbitraryBinaryData | FileFormat::Empty => None,
        FileFormat::Zip => zip::type_of(head),
        FileFormat::ExecutableAndLinkableFormat => MediaType::parse(elf_type(head)).ok(),
        FileFormat::ExtensibleBinaryMetaLanguage => MediaType::parse(ebml_type(head)).ok(),
        _ => MediaType::parse(name_of(&format)).ok(),
    };
    (found, evidence)
}

/// Returns the registered name of a format's type, or the one in use.
fn name_of(format: &FileFormat) -> &str {
    match format {
        FileFormat::Appimage => "application/vnd.appimage",
        FileFormat::AutocadDrawing => "image/vnd.dwg",
        FileFormat::AppleItunesAudio => "audio/mp4",
        FileFormat::CompoundFileBinary => "application/x-ole-storage",
        FileFormat::Id3v2 => "audio/mpeg",
        FileFormat::Mpeg4Part14 => "video/mp4",
        FileFormat::MultipleImageNetworkGraphics => "video/x-mng",
        FileFormat::MsDosExecutable => "application/vnd.microsoft.portable-executable",
        FileFormat::WaveformAudio => "audio/wav",
        format => format.media_type(),
    }
}

fn evidence(format: FileFormat, head: &[u8]) -> Evidence {
    match format {
        FileFormat::WindowsBitmap => headers::bitmap(head),
        FileFormat::MsDosExecutable => headers::program(head),
        FileFormat::Id3v2 => headers::id3(head),
        FileFormat::Mpeg12AudioLayer2 | FileFormat::Mpeg12AudioLayer3 => headers::mpeg_audio(head),
        FileFormat::AdvancedAudioCoding => headers::aac(head),
        FileFormat::Gzip => headers::gzip(head),
        FileFormat::Bzip2 => headers::bzip2(head),
        FileFormat::WindowsIcon | FileFormat::WindowsCursor => headers::icon(head),
        FileFormat::AppleDiskImage
        | FileFormat::ArchivedByRobertJung
        | FileFormat::AudioCodec3
        | FileFormat::AutodeskAnimator
        | FileFormat::AutodeskAnimatorPro
        | FileFormat::BdavMpeg2TransportStream
        | FileFormat::Bzip
        | FileFormat::Commodore64Program
        | FileFormat::CommonObjectFileFormat
        | FileFormat::Cpio
        | FileFormat::DerCertificate
        | FileFormat::Mpeg2TransportStream
        | FileFormat::Mtv
        | FileFormat::Seqbox
        | FileFormat::SiliconGraphicsImage
        | FileFormat::SmallWebFormat
        | FileFormat::UnixCompress
        | FileFormat::Zoo => Evidence::Weak,
        _ => Evidence::Strong,
    }
}

/// Returns the type of an ELF file by its field `e_type`.
fn elf_type(head: &[u8]) -> &'static str {
    let is_big_endian = head.get(5) == Some(&2);
    let at = if is_big_endian { 17 } else { 16 };
    match head.get(at) {
        Some(1) => "application/x-object",
        Some(3) => "application/x-sharedlib",
        Some(4) => "application/x-core",
        _ => "application/x-executable",
    }
}

/// Returns the type of a Matroska file by its document type, near the beginning.
fn ebml_type(head: &[u8]) -> &'static str {
    let start = head.get(..64).unwrap_or(head);
    if start.windows(4).any(|bytes| bytes == b"webm") {
        "video/webm"
    } else {
        "video/x-matroska"
    }
}
