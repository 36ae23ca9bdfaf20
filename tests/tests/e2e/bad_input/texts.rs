//! Hidden characters and joiners in every text of the API.

use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use tenantry_tests::harness::{Actor, ApiResponse, Form, Operation, Parameter, TestService};

use crate::cases::{Call, Payload, Resources, served_operations, valid_call};

/// A direction mark, spaces without width, a soft hyphen, a tag and variation
/// selectors, each between digits.
const HIDDEN: [&str; 7] = [
    "1\u{202E}2",
    "1\u{200B}2",
    "1\u{FEFF}2",
    "1\u{AD}2",
    "1\u{E0041}2",
    "1\u{FE0F}2",
    "1\u{200D}2",
];
/// Text that needs a joiner, and an emoji of two with a joiner and a selector.
const JOINED: &str = "می\u{200C}خواهم ❤\u{FE0F}\u{200D}🔥";

/// The kinds of values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Text that people read.
    Text,
    /// Text of a smaller alphabet, without joiners.
    Word,
    /// A value that is not displayed: of a closed format, compared or hashed.
    Other,
}

/// Returns the kind of a value; a value without a kind fails the run.
fn kind(operation: &Operation, value: &Parameter) -> Kind {
    // Credentials are only compared.
    if value.is_id || ["login", "refresh"].contains(&operation.id.as_str()) {
        return Kind::Other;
    }
    match (value.place.as_str(), value.name.as_str()) {
        (
            "body",
            "description" | "display_name" | "file" | "name" | "organization_name" | "path"
            | "tags",
        )
        | ("query", "path" | "prefix" | "search") => Kind::Text,
        ("body", "email" | "username" | "subdomain") => Kind::Word,
        ("body", "bucket" | "content_types" | "current_password" | "password" | "new_password")
        | (
            "query",
            "action" | "actor" | "bucket" | "cursor" | "from" | "include_total" | "limit" | "page"
            | "review" | "sort" | "status" | "to" | "version",
        )
        | ("header", _) => Kind::Other,
        _ => panic!(
            "{} {}: no case for the text of {}",
            operation.id, value.place, value.name
        ),
    }
}

async fn send(alice: &Actor, call: &Call, value: &Parameter, text: &str) -> ApiResponse {
    let mut call = call.clone();
    match (&mut call.payload, value.name.as_str()) {
        (Payload::Form(_), "file") => {
            call.payload = Payload::Nothing;
            let form = Form::new().file(text, "text/plain", "x").end();
            let request = call.request(alice);
            let request = request.header(CONTENT_TYPE, Form::CONTENT_TYPE);
            return alice.send(request.body(form)).await;
        }
        (Payload::Json(body), "tags") => body["tags"] = json!({ "key": text, text: "value" }),
        (Payload::Form(fields), "tags") => {
            fields.insert("tags".to_owned(), json!({ "key": text }).to_string());
        }
        (_, "email") => call.set("body", "email", &format!("{text}@example.com")),
        (_, name) => call.set(&value.place, name, text),
    }
    alice.send(call.request(alice)).await
}

#[tokio::test]
async fn hidden_characters_are_refused_and_joiners_kept_in_every_text() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let own = Resources::create(&service, &alice, "a.txt").await;
    let mut tried = 0;
    for operation in served_operations(&alice).await {
        let call = valid_call(&operation, &own);
        for value in operation.parameters.iter().chain(&operation.body_fields) {
            let kind = kind(&operation, value);
            if kind == Kind::Other {
                continue;
            }
            tried += 1;
            for hidden in HIDDEN {
                let refused = send(&alice, &call, value, hidden).await;
                if operation.method == "HEAD" {
                    refused.expect(400);
                } else {
                    refused.expect_field(&value.name, "invalid_characters");
                }
            }
            if kind == Kind::Text {
                let response = send(&alice, &call, value, JOINED).await;
                let status = response.status.as_u16();
                // The path may not exist, or the name be taken by another operation.
                assert!(
                    [200, 201, 404, 409].contains(&status),
                    "{} {}: {status}",
                    operation.id,
                    value.name
                );
            }
        }
    }
    assert!(tried >= 20, "only {tried} texts");
}

#[tokio::test]
async fn names_that_differ_in_joiners_are_the_same() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let create = async |name: &str| {
        let body = json!({ "name": name });
        alice.post("/api/v1/projects", &body).await
    };
    let project = create("می\u{200C}خواهم").await.expect(201);
    assert_eq!(project.text("name"), "می\u{200C}خواهم");
    create("میخواهم")
        .await
        .expect_problem(409, "already_exists");
    let found = alice.get("/api/v1/projects?search=میخ").await.expect(200);
    assert_eq!(found.text("items/0/id"), project.text("id"));
}
