#![expect(clippy::expect_used, reason = "a failed test may panic")]

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use poem::{Body, Request, RequestBody};
use tenantry_application::files::Length;

use super::{FileForm, UnreadForm};

/// A file that contains the end of headers and almost the end of the form.
const FILE: &str = "first\r\n\r\nsecond\r\n--edge\r\n\r\nlast\r";

fn form(name: &str) -> String {
    let field = |name: &str, value: &str| {
        format!("--edges\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let bucket = field("bucket", "companies");
    let path = field("path", "a\r\n\r\nb");
    let tags = field("tags", "{}");
    format!(
        "{bucket}{path}{tags}--edges\r\nContent-Disposition: form-data; name=\"{name}\"; \
         filename=\"f\"\r\n\r\n{FILE}\r\n--edges--\r\n"
    )
}

/// Parses a form that arrives in these chunks.
async fn parse(chunks: Vec<Bytes>) -> tenantry_application::Result<FileForm> {
    let length: usize = chunks.iter().map(Bytes::len).sum();
    let request = Request::builder()
        .content_type("multipart/form-data; boundary=edges")
        .header("content-length", length)
        .finish();
    let chunks = stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
    let mut body = RequestBody::new(Body::from_bytes_stream(chunks));
    UnreadForm::new(&request, &mut body)?.read().await
}

/// Asserts that the file's length is exact and its content complete.
async fn assert_complete(chunks: Vec<Bytes>) {
    let mut form = parse(chunks).await.expect("the form is valid");
    assert_eq!(form.path.as_deref(), Some("a\r\n\r\nb"));
    assert_eq!(form.length, Length::About(FILE.len() as u64));
    let mut bytes = Vec::new();
    while let Some(chunk) = form.body.next().await {
        bytes.extend_from_slice(&chunk.expect("the file is complete"));
    }
    assert_eq!(bytes, FILE.as_bytes());
}

#[tokio::test]
async fn the_length_is_exact_for_any_chunks() {
    let whole = Bytes::from(form("file"));
    for at in 1..whole.len() {
        assert_complete(vec![whole.slice(..at), whole.slice(at..)]).await;
    }
    let single = (0..whole.len()).map(|at| whole.slice(at..=at)).collect();
    assert_complete(single).await;
}

#[tokio::test]
async fn a_large_first_chunk_is_accepted() {
    let content = "x".repeat(1024 * 1024);
    let form = form("file").replace(FILE, &content);
    let form = parse(vec![Bytes::from(form)])
        .await
        .expect("the form is valid");
    assert_eq!(form.length, Length::About(content.len() as u64));
}

/// Parses a form with these bytes before it, and before the first blank line.
async fn parse_padded(before: &str, header: &str) -> bool {
    let form = form("file").replacen("--edges\r\n", &format!("--edges\r\n{header}"), 1);
    let chunks = [before, &form].map(str::to_owned).map(Bytes::from);
    parse(chunks.into()).await.is_ok()
}

#[tokio::test]
async fn data_before_the_file_is_limited() {
    assert!(parse_padded("", "").await);
    assert!(parse_padded("\r\n", "X: y\r\n").await);
    // RFC 2046 allows a preamble, but no client sends one.
    assert!(!parse_padded("preamble\r\n", "").await);
    assert!(!parse_padded(&"x".repeat(1024 * 1024), "").await);
    let header = |bytes| format!("X: {}\r\n", "y".repeat(bytes));
    assert!(parse_padded("", &header(7000)).await);
    assert!(!parse_padded("", &header(9000)).await);
}

#[tokio::test]
async fn all_headers_of_a_form_are_limited() {
    let name = "Content-Disposition: form-data; name=\"path\"";
    let field = format!("--edges\r\n{name}\r\nX: {}\r\n\r\na\r\n", "y".repeat(7000));
    for (count, is_valid) in [(8, true), (10, false)] {
        let padded = format!("{}{}", field.repeat(count), form("file"));
        let parsed = parse(vec![Bytes::from(padded)]).await;
        assert_eq!(parsed.is_ok(), is_valid, "{count}");
    }
}
