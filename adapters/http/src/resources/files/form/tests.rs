#![expect(clippy::expect_used, reason = "a failed test may panic")]

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use poem::{Body, Request, RequestBody};
use tenantry_application::files::Length;

use super::FileForm;

/// The file; it holds what ends headers, and nearly what ends the form.
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

/// Reads a form that comes in these pieces.
async fn read(pieces: Vec<Bytes>) -> tenantry_application::Result<FileForm> {
    let length: usize = pieces.iter().map(Bytes::len).sum();
    let request = Request::builder()
        .content_type("multipart/form-data; boundary=edges")
        .header("content-length", length)
        .finish();
    let pieces = stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let mut body = RequestBody::new(Body::from_bytes_stream(pieces));
    FileForm::read(&request, &mut body).await
}

/// The length of the file is known exactly and its bytes are whole.
async fn comes_whole(pieces: Vec<Bytes>) {
    let mut form = read(pieces).await.expect("the form is well made");
    assert_eq!(form.path.as_deref(), Some("a\r\n\r\nb"));
    assert_eq!(form.length, Length::About(FILE.len() as u64));
    let mut bytes = Vec::new();
    while let Some(chunk) = form.body.next().await {
        bytes.extend_from_slice(&chunk.expect("the file is whole"));
    }
    assert_eq!(bytes, FILE.as_bytes());
}

#[tokio::test]
async fn the_length_of_a_file_is_known_however_its_form_is_cut() {
    let whole = Bytes::from(form("file"));
    for at in 1..whole.len() {
        comes_whole(vec![whole.slice(..at), whole.slice(at..)]).await;
    }
    let single = (0..whole.len()).map(|at| whole.slice(at..=at)).collect();
    comes_whole(single).await;
}

#[tokio::test]
async fn a_first_piece_of_any_size_is_no_reason_to_refuse() {
    let content = "x".repeat(1024 * 1024);
    let form = form("file").replace(FILE, &content);
    let form = read(vec![Bytes::from(form)]).await.expect("it is read");
    assert_eq!(form.length, Length::About(content.len() as u64));
}

#[tokio::test]
async fn what_is_in_front_of_the_file_is_bounded() {
    let padding = Bytes::from("x".repeat(1024 * 1024));
    assert!(
        read(vec![padding, Bytes::from(form("file"))])
            .await
            .is_err()
    );
}
