//! Uploads and downloads through the service on an object store, compared with
//! direct ones.

use std::time::Duration;

use object_store::{
    path::Path,
    signer::{Method, Signer},
};
use tenantry_tests::{harness::borrowed, services::Minio};
use tokio::runtime::Runtime;

use crate::{
    raw_http,
    table::{Rate, Table},
    transfers::{Source, UNIT, measure_bytes},
    world::World,
};

const SIZE: u64 = 256 * 1024 * 1024;
const ROUNDS: usize = 3;

/// Measures transfers on `MinIO`.
pub(crate) fn s3(table: &mut Table) {
    let runtime = Runtime::new().expect("a runtime");
    let minio = runtime.block_on(Minio::shared());
    let bucket = minio.fresh();
    let settings = minio.settings("STORAGE", &bucket);
    let world = World::with(&borrowed(&settings));
    let straight = minio.client(&bucket);
    let signed = |method: Method, name: &str| {
        let name = Path::from(name);
        let url = straight.signed_url(method.clone(), &name, Duration::from_mins(5));
        let url = runtime.block_on(url).expect("a signed URL");
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let host = minio.address();
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n")
    };

    let file = Source::of(SIZE);
    let mut ours = [Rate::of(UNIT), Rate::of(UNIT)];
    let mut direct = [Rate::of(UNIT), Rate::of(UNIT)];
    for round in 0..ROUNDS {
        let [up, down] = &mut direct;
        let name = format!("direct-{round}");
        let (status, _) = measure_bytes(SIZE, up, || {
            raw_http::put(minio.address(), &signed(Method::PUT, &name), &file.path)
        });
        assert!(status.contains(" 200 "), "{status}");
        let count = measure_bytes(SIZE, down, || {
            raw_http::get(minio.address(), &signed(Method::GET, &name))
        });
        assert_eq!(count, SIZE);

        let [up, down] = &mut ours;
        let id = measure_bytes(SIZE, up, || world.put(round, &file.path)).id();
        world.runtime.block_on(world.owner.processed(&id));
        let path = format!("/api/v1/files/{id}/content");
        let head = world.owner.head("GET", &path);
        let count = measure_bytes(SIZE, down, || raw_http::get(&world.address(), &head));
        assert_eq!(count, SIZE);
        world.delete(&id);
    }
    let ([up, down], [direct_up, direct_down]) = (ours, direct);
    let subject = "raw upload, 256 MiB, on MinIO";
    table.compare(subject, (up, direct_up), "one PUT to MinIO", None);
    let subject = "download, 256 MiB, from MinIO";
    table.compare(subject, (down, direct_down), "one GET from MinIO", None);
}
