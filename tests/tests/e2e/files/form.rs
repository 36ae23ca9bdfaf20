//! Uploads as a form.

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::json;
use tenantry_domain::{quota::MIN_CHARGE_BYTES, role::Preset};
use tenantry_tests::harness::{Form, TestService};

#[tokio::test]
async fn duplicate_file_names_are_numbered() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for name in ["report.pdf", "report (2).pdf", "report (3).pdf"] {
        let form = Form::new().file("report.pdf", "application/pdf", "%PDF-1.4 same");
        let uploaded = alice.upload_form(form.end()).await.expect(201);
        assert_eq!(uploaded.text("filename"), name);
        assert_eq!(uploaded.text("status"), "pending");
        let id = uploaded.text("file_id");
        let location = format!("/api/v1/files/{id}");
        assert_eq!(uploaded.header("location"), Some(location.as_str()));
        assert_eq!(alice.processed(&id).await["status"], "ready");
    }
}

#[tokio::test]
async fn form_fields_set_place_and_tags() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let tags = json!({ "kind": "invoice", "year": 2024, "net": 1.5, "paid": true, "note": null });
    let form = Form::new()
        .field("bucket", "users")
        .field("bucket_id", &alice.user_id)
        .field("path", "a/b/c.txt")
        .field("tags", tags.to_string())
        .file("ignored.txt", "text/plain; charset=utf-8", "hello");

    let uploaded = alice.upload_form(form.end()).await.expect(201);

    let file = alice.processed(&uploaded.text("file_id")).await;
    assert_eq!(file["path"], "a/b/c.txt");
    assert_eq!(file["filename"], "c.txt");
    assert_eq!(file["bucket"], "users");
    assert_eq!(file["bucket_id"], alice.user_id);
    assert_eq!(file["tags"], tags);
    assert_eq!(file["mime_type"], "text/plain");
    assert_eq!(file["size_bytes"], 5);
    assert_eq!(file["owner_id"], alice.user_id);
    assert_eq!(file["uploaded_by_email"], alice.email);
    assert_eq!(
        file["digest"],
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    );
}

#[tokio::test]
async fn an_explicit_path_must_be_free() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let form = || {
        Form::new()
            .field("path", "a.txt")
            .file("x", "", "hello")
            .end()
    };
    alice.upload_form(form()).await.expect(201);
    let refused = alice.upload_form(form()).await;
    refused.expect_problem(409, "already_exists");
    assert_eq!(alice.usage().await["storage_used_bytes"], MIN_CHARGE_BYTES);
}

#[tokio::test]
async fn file_names_are_sanitized() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (given, kept) in [
        ("../../etc/passwd", "passwd"),
        ("..\\\\..\\\\windows\\\\win.ini", "win.ini"),
        ("/etc/shadow", "shadow"),
        ("..", "file"),
        (".", "file (2)"),
        ("", "file (3)"),
        (".htaccess", ".htaccess"),
        ("ünï 文件.pdf", "ünï 文件.pdf"),
        ("report.tar.gz", "report.tar.gz"),
        ("report.tar.gz", "report (2).tar.gz"),
        ("می\u{200c}خواهم.txt", "می\u{200c}خواهم.txt"),
        ("👩\u{200d}🚀.pdf", "👩\u{200d}🚀.pdf"),
        ("  spaced.txt  ", "spaced.txt"),
        ("CON", "CON"),
        ("a%00b.txt", "a%00b.txt"),
        ("<script>.html", "<script>.html"),
    ] {
        let form = Form::new().file(given, "", "%PDF-1.7").end();
        let uploaded = alice.upload_form(form).await.expect(201);
        assert_eq!(uploaded.text("filename"), kept, "{given:?}");
        let id = uploaded.text("file_id");
        alice.processed(&id).await;
        let download = alice.download(&id).await.expect(200);
        let disposition = download.header("content-disposition").expect("a header");
        assert!(
            disposition.starts_with("attachment; filename=\""),
            "{disposition}"
        );
    }
    let long = format!("{}.pdf", "ü".repeat(400));
    let uploaded = alice
        .upload_form(Form::new().file(&long, "", "x").end())
        .await;
    let name = uploaded.expect(201).text("filename");
    assert!(name.len() <= 255 && name.ends_with("ü.pdf"), "{name}");
}

#[tokio::test]
async fn file_names_of_common_clients_are_understood() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let headers: [(&str, &[u8], &str); 6] = [
        (
            ".NET",
            b"form-data; name=file; filename=\"=?utf-8?B?csOpc3Vtw6kucGRm?=\"; \
              filename*=utf-8''r%C3%A9sum%C3%A9.pdf",
            "résumé.pdf",
        ),
        (
            "browsers",
            b"form-data; name=\"file\"; filename=\"12%22 single.txt\"",
            "12\" single.txt",
        ),
        (
            "a Latin-1 shell",
            b"form-data; name=\"file\"; filename=\"Gr\xf6\xdfe.txt\"",
            "Größe.txt",
        ),
        (
            "aiohttp",
            b"form-data; name=\"file\"; filename=\"r%C3%A9.txt\"; filename*=utf-8''r%C3%A9.txt",
            "ré.txt",
        ),
        (
            "browsers",
            b"form-data; name=\"file\"; filename=\"100%25 done.txt\"",
            "100%25 done.txt",
        ),
        (
            "an attack",
            b"form-data; name=\"file\"; filename=\"a.txt\"; filename*=utf-8''..%2F..%5Cb.txt",
            "b.txt",
        ),
    ];
    for (client, disposition, name) in headers {
        let form = Form::new().file_as(disposition, "x").end();
        let uploaded = alice.upload_form(form).await.expect(201);
        assert_eq!(uploaded.text("filename"), name, "{client}");
    }
}

#[tokio::test]
async fn invalid_forms_leave_nothing() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let text = |form: Form| form.file("a.txt", "text/plain", "hello");
    let not_utf8 = Form::new().field("path", b"\xff\xfe");
    let many = (0..17).fold(Form::new(), |form, _| form.field("bucket", "users"));
    for (what, form, code) in [
        (
            "no file",
            Form::new().field("path", "a").end(),
            "validation_failed",
        ),
        ("nothing", Form::new().end(), "validation_failed"),
        ("empty", Vec::new(), "malformed_request"),
        (
            "a field behind the file",
            text(Form::new()).field("path", "a.txt").end(),
            "malformed_request",
        ),
        (
            "two files",
            text(text(Form::new())).end(),
            "malformed_request",
        ),
        ("cut", text(Form::new()).cut(), "malformed_request"),
        (
            "a huge field",
            text(Form::new().field("path", "x".repeat(70_000))).end(),
            "malformed_request",
        ),
        ("many fields", text(many).end(), "malformed_request"),
        (
            "a path of no UTF-8",
            text(not_utf8).end(),
            "malformed_request",
        ),
        (
            "an unknown field",
            text(Form::new().field("owner_id", "x")).end(),
            "validation_failed",
        ),
        (
            "a bad bucket",
            text(Form::new().field("bucket", "others")).end(),
            "validation_failed",
        ),
        (
            "a bad id",
            text(Form::new().field("bucket_id", "7")).end(),
            "validation_failed",
        ),
        (
            "a bad path",
            text(Form::new().field("path", "../a")).end(),
            "validation_failed",
        ),
        (
            "tags that are a list",
            text(Form::new().field("tags", "[1]")).end(),
            "validation_failed",
        ),
        (
            "nested tags",
            text(Form::new().field("tags", "{\"a\": {}}")).end(),
            "validation_failed",
        ),
        (
            "a key twice in the tags",
            text(Form::new().field("tags", "{\"a\": 1, \"a\": 2}")).end(),
            "validation_failed",
        ),
    ] {
        let refused = alice.upload_form(form).await;
        let found = refused.json()["code"].clone();
        assert_eq!(
            (refused.status.as_u16(), found),
            (400, json!(code)),
            "{what}"
        );
    }
    let usage = alice.usage().await;
    assert_eq!(usage["storage_used_bytes"], 0);
    assert_eq!(usage["storage_reserved_bytes"], 0);
    assert!(service.stored(&alice).await.is_empty());
}

#[tokio::test]
async fn other_content_types_are_rejected() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (kind, status, code) in [
        ("application/json", 415, "unsupported_media_type"),
        ("multipart/mixed; boundary=x", 415, "unsupported_media_type"),
        ("multipart/form-data", 400, "malformed_request"),
    ] {
        for path in ["/api/v1/files", "/api/v1/upload"] {
            let request = alice.request(Method::POST, path).header(CONTENT_TYPE, kind);
            let refused = alice.send(request.body("{}")).await;
            refused.expect_problem(status, code);
        }
    }
    let bare = alice
        .send(alice.request(Method::POST, "/api/v1/files"))
        .await;
    bare.expect_problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn the_older_path_is_an_alias() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let form = Form::new().file("a.txt", "text/plain", "hello").end();
    let request = alice.request(Method::POST, "/api/v1/upload");
    let request = request.header(CONTENT_TYPE, Form::CONTENT_TYPE).body(form);
    let uploaded = alice.send(request).await.expect(201);
    assert_eq!(uploaded.text("filename"), "a.txt");
}

#[tokio::test]
async fn empty_files_are_accepted() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let form = Form::new().file("empty.txt", "text/plain", "").end();
    let uploaded = alice.upload_form(form).await.expect(201);
    let id = uploaded.text("file_id");
    let file = alice.processed(&id).await;
    assert_eq!(
        (&file["status"], &file["size_bytes"]),
        (&json!("ready"), &json!(0))
    );
    let download = alice.download(&id).await.expect(200);
    assert_eq!(download.header("content-length"), Some("0"));
    assert!(download.body.is_empty());
}

#[tokio::test]
async fn a_form_is_not_read_without_the_permission() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let viewer = service.member(&alice, "viewer", Preset::Viewer).await;
    let refused = viewer.upload_form("not a form").await;
    refused.expect_problem(403, "access_denied");
    let refused = alice.upload_form("not a form").await;
    refused.expect_problem(400, "malformed_request");
}
