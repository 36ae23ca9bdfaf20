//! Several HTTP/1.1 requests in one write.

use serde_json::json;
use tenantry_tests::harness::Form;

use super::Served;

/// A request in a pipeline with its expected status.
struct Step {
    status: u16,
    /// The head without request id and credentials, and the body.
    head: String,
    body: Vec<u8>,
    has_token: bool,
    /// Whether its end cannot be found, so that nothing after it is served.
    is_last: bool,
}

/// A request that must never be served: it is the body of others.
const SMUGGLED: &str = "POST /api/v1/projects HTTP/1.1\r\nHost: test\r\nX-Request-Id: smuggled\r\n\
                        Content-Type: application/json\r\nContent-Length: 19\r\n\r\n\
                        {\"name\":\"Smuggled\"}";

fn step(status: u16, request: &str, kind: &str, body: impl AsRef<[u8]>) -> Step {
    let body = body.as_ref().to_vec();
    let mut head = format!("{request} HTTP/1.1\r\n");
    if !kind.is_empty() {
        let length = body.len().to_string();
        head.extend([
            "Content-Type: ",
            kind,
            "\r\nContent-Length: ",
            &length,
            "\r\n",
        ]);
    }
    Step {
        status,
        head,
        body,
        has_token: true,
        is_last: false,
    }
}

fn chunked(status: u16, request: &str, body: &str) -> Step {
    let head =
        format!("{request} HTTP/1.1\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n");
    Step {
        status,
        head,
        body: body.as_bytes().to_vec(),
        has_token: true,
        is_last: false,
    }
}

/// Returns requests that fail, with a body where they have one.
fn failures() -> Vec<Step> {
    let json = "application/json";
    let put = "PUT /api/v1/files/content?path=failed.txt";
    let stranger = |mut step: Step| {
        step.has_token = false;
        step
    };
    let whole = format!("{:x}\r\n{SMUGGLED}\r\n0\r\n\r\n", SMUGGLED.len());
    vec![
        step(400, "POST /api/v1/projects", json, "{\"name\": "),
        step(400, "POST /api/v1/projects", json, SMUGGLED),
        step(415, "POST /api/v1/projects", "text/plain", SMUGGLED),
        step(404, "POST /nowhere", json, SMUGGLED),
        step(405, "POST /health/live", json, SMUGGLED),
        step(400, "POST /api/v1/files", "multipart/form-data", SMUGGLED),
        step(400, "POST /api/v1/files", Form::CONTENT_TYPE, SMUGGLED),
        stranger(step(401, "POST /api/v1/projects", json, SMUGGLED)),
        stranger(step(401, put, "text/plain", SMUGGLED)),
        stranger(chunked(401, put, &whole)),
        step(
            404,
            "GET /api/v1/files/018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
            "",
            "",
        ),
        step(
            404,
            "GET /api/v1/files/018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
            json,
            SMUGGLED,
        ),
        step(413, "POST /api/v1/projects", json, vec![b' '; 300 * 1024]),
        Step {
            is_last: true,
            ..chunked(400, put, "zz\r\nnot a size\r\n0\r\n\r\n")
        },
    ]
}

fn me() -> Step {
    step(200, "GET /api/v1/auth/me", "", "")
}

impl Step {
    fn bytes(&self, served: &Served, id: &str) -> Vec<u8> {
        let token = served.owner.token.as_deref().unwrap_or_default();
        let mut head = format!("{}Host: test\r\nX-Request-Id: {id}\r\n", self.head);
        if self.has_token {
            head.extend(["Authorization: Bearer ", token, "\r\n"]);
        }
        head += "\r\n";
        head.into_bytes()
            .into_iter()
            .chain(self.body.clone())
            .collect()
    }
}

/// Sends all steps in one write, and checks each response.
async fn pipeline(served: &Served, steps: &[Step]) {
    let ids: Vec<_> = (0..steps.len())
        .map(|number| format!("step-{number}"))
        .collect();
    let pairs = steps.iter().zip(&ids);
    let bytes: Vec<_> = pairs
        .clone()
        .flat_map(|(step, id)| step.bytes(served, id))
        .collect();
    let mut wire = served.owner.wire().await;
    wire.send(&bytes).await;
    for (step, id) in pairs {
        let response = wire.try_response().await;
        let response = response.unwrap_or_else(|| panic!("no response to {id} {}", step.head));
        let text = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, step.status, "{id} {}: {text}", step.head);
        assert_eq!(
            response.header("x-request-id"),
            Some(id.as_str()),
            "{}",
            step.head
        );
        if step.is_last {
            assert!(wire.try_response().await.is_none(), "a response after {id}");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_in_a_pipeline_answers_for_itself_alone() {
    let served = Served::start().await;
    let descriptors = served.descriptors();
    for failure in failures() {
        let change = json!({ "display_name": "Somebody" }).to_string();
        let change = step(200, "PUT /api/v1/auth/me", "application/json", change);
        pipeline(&served, &[me(), change, failure, me(), me()]).await;
    }
    served.expect_unchanged(descriptors).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_uploads_keep_their_bodies_apart() {
    let served = Served::start().await;
    let whole = format!("{:x}\r\n{SMUGGLED}\r\n0\r\n\r\n", SMUGGLED.len());
    let form = Form::new().file("form.txt", "text/plain", SMUGGLED);
    let put = |path: &str| format!("PUT /api/v1/files/content?path={path}");
    let steps = [
        me(),
        step(201, &put("one.txt"), "text/plain", SMUGGLED),
        chunked(201, &put("two.txt"), &whole),
        step(201, "POST /api/v1/files", Form::CONTENT_TYPE, form.end()),
        step(
            201,
            "POST /api/v1/projects",
            "application/json",
            r#"{"name": "Pipelined"}"#,
        ),
        me(),
    ];
    pipeline(&served, &steps).await;
    for path in ["one.txt", "two.txt", "form.txt"] {
        let found = served
            .owner
            .get(&format!("/api/v1/files?path={path}"))
            .await;
        let id = found.expect(200).text("items/0/id");
        served.owner.processed(&id).await;
        let content = served.owner.download(&id).await.expect(200);
        assert_eq!(content.body, SMUGGLED, "{path}");
    }
    let projects = served
        .owner
        .get("/api/v1/projects")
        .await
        .expect(200)
        .json();
    assert_eq!(projects["items"].as_array().map(Vec::len), Some(1));
}
