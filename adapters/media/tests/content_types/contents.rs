//! The beginnings of contents, by a name for each format.

/// Returns the beginning of content of a format.
pub(crate) fn content(format: &str) -> Vec<u8> {
    let found = CONTENTS.iter().find(|(name, _)| *name == format);
    let (_, head) = found.unwrap_or_else(|| panic!("no content of {format}"));
    let mut content = head.to_vec();
    if format == "bmp" {
        content.resize(64, 0);
    }
    if format == "tar" {
        content.resize(257, 0);
        content.extend(b"ustar\x0000");
    }
    content
}

const CONTENTS: [(&str, &[u8]); 63] = [
    ("7z", b"7z\xBC\xAF\x27\x1C\0\x04"),
    ("aac", b"\xFF\xF1\x50\x80\0\x1F\xFC"),
    ("aiff", b"FORM\0\0\0\x24AIFFCOMM"),
    (
        "asf",
        b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\0\xAA\0\x62\xCE\x6C",
    ),
    ("avi", b"RIFF\x24\0\0\0AVI LIST"),
    ("avif", b"\0\0\0\x1CftypavifX\0\0\0"),
    ("binary", b"\x01\x02\0\x03\xFE\0"),
    (
        "bmp",
        b"BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0",
    ),
    ("bzip2", b"BZh91AY&SY\0\x01"),
    ("cab", b"MSCF\0\0\0\0\x24\0"),
    ("class", b"\xCA\xFE\xBA\xBE\0\0\0\x41\0\x10"),
    ("dwg", b"AC1027\0\0\0\0\0\0"),
    ("elf", b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3E\0"),
    (
        "elf-library",
        b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3E\0",
    ),
    (
        "eml",
        b"Received: from a\r\nFrom: a@example.com\r\nSubject: x\r\n\r\nhello",
    ),
    ("flac", b"fLaC\0\0\0\x22\x10\0"),
    ("flv", b"FLV\x01\x05\0\0\0\x09"),
    ("gif", b"GIF89a\x01\0\x01\0\x80\0\0"),
    ("gzip", b"\x1F\x8B\x08\0\0\0\0\0\0\x03"),
    ("heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
    ("html", b"<!DOCTYPE html><title>x</title>"),
    ("icc", b"\0\0\x0C\x48Lino\x02\x10\0\0mntrRGB "),
    ("icon", b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0"),
    ("jp2", b"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14ftypjp2 "),
    ("jpeg", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"),
    ("json", b"{\"a\": 1}"),
    ("latin1", b"r\xE9sum\xE9;1\r\n"),
    ("macho", b"\xCF\xFA\xED\xFE\x07\0\0\x01\x03\0\0\0"),
    ("midi", b"MThd\0\0\0\x06\0\x01"),
    ("mkv", b"\x1A\x45\xDF\xA3\x93\x42\x82\x88matroska"),
    ("mov", b"\0\0\0\x14ftypqt  \0\0\0\0"),
    ("mp3", b"ID3\x04\0\0\0\0\0\x0A\0\0"),
    ("mp3-frame", b"\xFF\xFB\x90\x64\0\0"),
    ("mp4", b"\0\0\0\x18ftypisom\0\0\x02\0"),
    ("mpeg", b"\0\0\x01\xBA\x44\0"),
    ("ogg", b"OggS\0\x02\0\0\0\0\0\0\0\0"),
    ("ole", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0\0\0"),
    ("otf", b"OTTO\0\x0B\0\x80"),
    ("pdf", b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"),
    ("php", b"<?php echo 1;"),
    ("png", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"),
    ("program", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0"),
    ("ps", b"%!PS-Adobe-3.0\n"),
    ("psd", b"8BPS\0\x01\0\0\0\0\0\0\0\x03"),
    ("rar", b"Rar!\x1A\x07\x01\0\x33"),
    ("rpm", b"\xED\xAB\xEE\xDB\x03\0\0\0"),
    ("rtf", b"{\\rtf1\\ansi Hello}"),
    ("script", b"#!/bin/sh\necho 1\n"),
    ("sqlite", b"SQLite format 3\0\x10\0\x01\x01\0"),
    ("svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
    ("tar", b"a.txt"),
    ("text", b"a,b\n1,2\n"),
    ("tiff", b"II*\0\x08\0\0\0"),
    ("ttf", b"\0\x01\0\0\0\x11\x01\0"),
    ("utf16", b"\xFF\xFEa\0,\0b\0\r\0\n\0"),
    ("wasm", b"\0asm\x01\0\0\0"),
    ("wav", b"RIFF\x24\0\0\0WAVEfmt "),
    ("webm", b"\x1A\x45\xDF\xA3\x93\x42\x82\x84webm"),
    ("webp", b"RIFF\x24\0\0\0WEBPVP8 "),
    ("woff", b"wOFF\0\x01\0\0\0\0"),
    ("woff2", b"wOF2\0\x01\0\0\0\0"),
    ("xml", b"<?xml version=\"1.0\"?>\n<workbook/>"),
    ("zip", b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0"),
];
