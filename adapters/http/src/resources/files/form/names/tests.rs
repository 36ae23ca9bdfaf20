use super::Names;

/// Clients, the headers that they send, and the names of the files.
const HEADERS: &[(&str, &[u8], &str)] = &[
    ("curl", b"form-data; name=\"file\"; filename=\"a b.txt\"", "a b.txt"),
    ("curl", b"form-data; name=\"file\"; filename=\"12%22 single.txt\"", "12\" single.txt"),
    ("curl < 7.81", b"form-data; name=\"file\"; filename=\"12\\\" single.txt\"", "12\" single.txt"),
    ("curl --form-escape", b"form-data; name=\"file\"; filename=\"a\\\\b\\\"c.txt\"", "a\\b\"c.txt"),
    ("curl, Latin-1 shell", b"form-data; name=\"file\"; filename=\"Gr\xf6\xdfe.txt\"", "Größe.txt"),
    ("Chrome", "form-data; name=\"file\"; filename=\"résumé.pdf\"".as_bytes(), "résumé.pdf"),
    ("Chrome", b"form-data; name=\"file\"; filename=\"100%25 done.txt\"", "100%25 done.txt"),
    ("Chrome", b"form-data; name=\"file\"; filename=\"r%C3%A9sum%C3%A9.pdf\"", "r%C3%A9sum%C3%A9.pdf"),
    ("Chrome", b"form-data; name=\"file\"; filename=\"50% off; 2%2F3.txt\"", "50% off; 2%2F3.txt"),
    ("Chrome", b"form-data; name=\"file\"; filename=\"Icon%0D\"", "Icon\r"),
    ("Chrome, windows-1252 page", b"form-data; name=\"file\"; filename=\"\x80 5.txt\"", "€ 5.txt"),
    ("Chrome, Shift_JIS page", b"form-data; name=\"file\"; filename=\"\x83\x65\x83X\x83g.txt\"", "ƒeƒXƒg.txt"),
    ("Firefox", b"form-data; name=\"file\"; filename=\"a%0D%0Ab.txt\"", "a\r\nb.txt"),
    ("Firefox < 79", b"form-data; name=\"file\"; filename=\"a\\\"b.txt\"", "a\"b.txt"),
    ("Internet Explorer", b"form-data; name=\"file\"; filename=\"C:\\Users\\ann\\new.txt\"", "C:\\Users\\ann\\new.txt"),
    ("Safari", "form-data; name=\"file\"; filename=\"می\u{200c}خواهم.txt\"".as_bytes(), "می\u{200c}خواهم.txt"),
    ("Node fetch", b"form-data; name=\"file\"; filename=\"a%22b.txt\"", "a\"b.txt"),
    ("axios on form-data", b"form-data; name=\"file\"; filename=\"12\" single.txt\"", "12\" single.txt"),
    ("axios", "form-data; name=\"file\"; filename=\"日本語.txt\"".as_bytes(), "日本語.txt"),
    ("httpx", b"form-data; name=\"file\"; filename=\"a\\\\b%22c.txt\"", "a\\b\"c.txt"),
    ("requests", "form-data; name=\"file\"; filename=\"naïve.txt\"".as_bytes(), "naïve.txt"),
    ("requests, urllib3 < 1.25", b"form-data; name=\"file\"; filename*=utf-8''na%C3%AFve.txt", "naïve.txt"),
    ("aiohttp", b"form-data; name=\"file\"; filename=\"r%C3%A9.txt\"; filename*=utf-8''r%C3%A9.txt", "ré.txt"),
    ("aiohttp", b"form-data; name=\"file\"; filename=\"100%25.txt\"; filename*=utf-8''100%25.txt", "100%.txt"),
    (".NET", b"form-data; name=file; filename=report.pdf", "report.pdf"),
    (".NET", b"form-data; name=file; filename=\"my report.pdf\"; filename*=utf-8''my%20report.pdf", "my report.pdf"),
    (
        ".NET",
        b"form-data; name=file; filename=\"=?utf-8?B?csOpc3Vtw6kucGRm?=\"; filename*=utf-8''r%C3%A9sum%C3%A9.pdf",
        "résumé.pdf",
    ),
    (".NET < 4.5", b"form-data; name=file; filename=\"=?utf-8?B?csOpc3Vtw6kucGRm?=\"", "résumé.pdf"),
    (
        "Spring",
        b"form-data; name=\"file\"; filename=\"=?UTF-8?Q?r=C3=A9sum=C3=A9_100%.pdf?=\"",
        "résumé 100%.pdf",
    ),
    (
        "JavaMail, two words",
        b"form-data; name=\"file\"; filename=\"=?ISO-8859-1?Q?Gr=F6?= =?iso-8859-1*de?q?=DFe.txt?=\"",
        "Größe.txt",
    ),
    ("Go", b"form-data; name=\"file\"; filename=\"a\\\\b\\\"c.txt\"", "a\\b\"c.txt"),
    ("PHP on libcurl", b"form-data; name=\"file\"; filename=\"a\\\"; filename=b.txt\"", "a\"; filename=b.txt"),
    ("Guzzle", b"form-data; name=\"file\"; filename=\"report.tar.gz\"", "report.tar.gz"),
    ("OkHttp", b"form-data; name=\"file\"; filename=\"a%0Ab%22.txt\"", "a\nb\".txt"),
    ("Apache HttpClient, strict", b"form-data; name=\"file\"; filename=\"r?sum?.pdf\"", "r?sum?.pdf"),
    (
        "Apache HttpClient, extended",
        b"form-data; name=\"file\"; filename=\"r?sum?.pdf\"; filename*=\"UTF-8''r%C3%A9sum%C3%A9.pdf\"",
        "résumé.pdf",
    ),
    ("reqwest", b"form-data; name=\"file\"; filename*=utf-8''my%20r%C3%A9sum%C3%A9.pdf", "my résumé.pdf"),
    ("Latin-1 in RFC 5987", b"form-data; name=\"file\"; filename*=iso-8859-1'en'%A3%20rates.txt", "£ rates.txt"),
    ("filename* first", b"form-data; filename*=UTF-8''%E2%82%AC.txt; filename=\"EUR.txt\"; name=\"file\"", "€.txt"),
    ("capitals and spaces", b"form-data ;  NAME = \"file\" ; FileName = \"a.txt\" ", "a.txt"),
    ("name after a tricky filename", b"form-data; filename=\"a; name=b.txt\"; name=\"file\"", "a; name=b.txt"),
    ("invalid charset", b"form-data; name=\"file\"; filename=\"a.txt\"; filename*=klingon''b.txt", "a.txt"),
    ("invalid UTF-8", b"form-data; name=\"file\"; filename=\"a.txt\"; filename*=utf-8''%FF.txt", "a.txt"),
    ("no charset", b"form-data; name=\"file\"; filename=\"a.txt\"; filename*=b.txt", "a.txt"),
    ("empty filename*", b"form-data; name=\"file\"; filename=\"a.txt\"; filename*=utf-8''", "a.txt"),
    ("invalid word", b"form-data; name=\"file\"; filename=\"=?utf-8?B?*?=\"", "=?utf-8?B?*?="),
    ("unknown encoding", b"form-data; name=\"file\"; filename=\"=?utf-8?X?a?=\"", "=?utf-8?X?a?="),
    ("no closing quote", b"form-data; name=\"file\"; filename=\"a.txt", "a.txt"),
    ("undefined in Windows-1252", b"form-data; name=\"file\"; filename=\"\xe9\x81.txt\"", "é\u{fffd}.txt"),
    ("empty name", b"form-data; name=\"file\"; filename=\"\"", ""),
    ("no name", b"form-data; name=\"file\"", ""),
    ("a lone parameter", b"form-data; name=\"file\"; filename", ""),
];

#[test]
fn file_names_are_understood_as_clients_send_them() {
    for (client, header, file) in HEADERS {
        let names = Names::parse(header);
        let header = String::from_utf8_lossy(header);
        assert_eq!(names.file, *file, "{client}: {header}");
        assert_eq!(names.field, "file", "{client}: {header}");
    }
}

#[test]
fn a_header_without_parameters_has_no_names() {
    for header in ["", "form-data", "form-data;", ";;=;\"", "name=\"file\""] {
        let names = Names::parse(header.as_bytes());
        assert_eq!(
            (names.field.as_str(), names.file.as_str()),
            ("", ""),
            "{header}"
        );
    }
}
