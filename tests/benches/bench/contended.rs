//! Contended rows: many clients write the same content, row or name, compared
//! with the same requests for distinct ones on the same service.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use reqwest::Method;
use serde_json::json;
use tenantry_tests::{
    harness::{Actor, ApiResponse, Form},
    services::Postgres,
};
use tokio::{runtime::Runtime, task::JoinSet, time::Instant};

use crate::{
    commits::{ROUND, ROUNDS},
    table::{Rate, Table},
    world::World,
};

const CLIENTS: usize = 32;
const UNIT: &str = "requests/s";
const AIM: f64 = 0.5;

/// Measures both databases that have a writer of groups.
pub(crate) fn contended(table: &mut Table) {
    compare_all(table, "SQLite", &World::with(&[]));
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(Postgres::durable());
    let url = runtime.block_on(server.fresh());
    let settings = [
        ("TENANTRY_DATABASE__KIND", "postgres"),
        ("TENANTRY_DATABASE__URL", url.as_str()),
    ];
    compare_all(table, "PostgreSQL", &World::with(&settings));
}

fn compare_all(table: &mut Table, database: &str, world: &World) {
    let uploads = [
        (Request::Content, "uploads of one content"),
        (Request::Row, "updates of one file"),
        (Request::Version, "uploads to one path"),
        (Request::Name, "forms with one file name"),
    ];
    for (request, subject) in uploads {
        let (mut contended, mut distinct) = (Rate::of(UNIT), Rate::of(UNIT));
        for _ in 0..ROUNDS {
            distinct.add(requests_per_second(world, request, false));
            contended.add(requests_per_second(world, request, true));
        }
        let subject = format!("{database}: {subject}, {CLIENTS} clients");
        table.compare(&subject, (contended, distinct), "distinct ones", Some(AIM));
    }
}

/// A kind of request.
#[derive(Clone, Copy)]
enum Request {
    Content,
    Row,
    Version,
    Name,
}

/// The requests of a run.
struct Run {
    owner: Actor,
    request: Request,
    is_contended: bool,
    /// A file a client; all clients share the first if they contend.
    files: Vec<String>,
    next: AtomicUsize,
    /// A text that no other run uses.
    mark: String,
}

fn requests_per_second(world: &World, request: Request, is_contended: bool) -> f64 {
    world.runtime.block_on(async {
        let mark = format!("{:?}", Instant::now());
        let mark: String = mark.chars().filter(char::is_ascii_digit).collect();
        let mut run = Run {
            owner: world.owner.clone(),
            request,
            is_contended,
            files: Vec::new(),
            next: AtomicUsize::new(0),
            mark,
        };
        for client in 0..CLIENTS {
            let path = format!("{}/start-{client}.txt", run.mark);
            let body = format!("{path} start");
            let file = run.owner.upload_ready(&path, "text/plain", body).await;
            let id = file["id"].as_str().expect("an id");
            run.files.push(id.to_owned());
        }
        let (run, over) = (Arc::new(run), Arc::new(AtomicBool::new(false)));
        let mut clients = JoinSet::new();
        let started = Instant::now();
        for client in 0..CLIENTS {
            let (run, over) = (Arc::clone(&run), Arc::clone(&over));
            clients.spawn(async move {
                let mut done = 0_u32;
                while !over.load(Relaxed) {
                    let response = run.send(client).await;
                    assert!(response.status.is_success(), "{response:?}");
                    done += 1;
                }
                done
            });
        }
        tokio::time::sleep(ROUND).await;
        over.store(true, Relaxed);
        let done: u32 = clients.join_all().await.into_iter().sum();
        f64::from(done) / started.elapsed().as_secs_f64()
    })
}

impl Run {
    async fn send(&self, client: usize) -> ApiResponse {
        let Self { owner, mark, .. } = self;
        let number = self.next.fetch_add(1, Relaxed);
        let target = if self.is_contended { 0 } else { client };
        match self.request {
            Request::Content => {
                let body = if self.is_contended { 0 } else { number };
                let body = format!("{mark} content {body:08}");
                let path = format!("{mark}/{number}.txt");
                owner.upload(&path, "text/plain", body).await
            }
            Request::Row => {
                let path = format!("/api/v1/files/{}", self.files[target]);
                let body = json!({ "tags": { "number": number } });
                let request = owner.request(Method::PATCH, &path).json(&body);
                owner.send(request).await
            }
            Request::Version => {
                let path = format!("{mark}/start-{target}.txt");
                let body = format!("{mark} version {number:08}");
                owner.upload(&path, "text/plain", body).await
            }
            Request::Name => {
                let name = if self.is_contended { 0 } else { number + 1 };
                let content = format!("{mark} form {number:08}");
                let name = format!("{mark}-{name}.txt");
                let form = Form::new().file(&name, "text/plain", content);
                owner.upload_form(form.end()).await
            }
        }
    }
}
