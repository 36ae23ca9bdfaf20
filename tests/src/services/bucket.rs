//! Removal of S3 buckets.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use object_store::{
    ObjectStore,
    aws::AmazonS3,
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use reqwest::{Client, Method, Response, StatusCode};

/// Removes the bucket of a client with its objects and unfinished multipart
/// uploads. Returns whether it existed.
pub(super) async fn remove(client: &AmazonS3) -> bool {
    let root = Path::default();
    let uploads = send(client, Method::GET, &root, &[("uploads", "")]).await;
    if uploads.status() == StatusCode::NOT_FOUND {
        return false;
    }
    let uploads = uploads.text().await.expect("read the list of uploads");
    for upload in uploads.split("<Upload>").skip(1) {
        let path = Path::parse(element(upload, "Key")).expect("parse a key");
        let query = [("uploadId", element(upload, "UploadId"))];
        send(client, Method::DELETE, &path, &query).await;
    }
    let objects = client.list(None).map_ok(|object| object.location).boxed();
    let deleted = client.delete_stream(objects).try_collect::<Vec<_>>().await;
    deleted.expect("delete the objects");
    let response = send(client, Method::DELETE, &root, &[]).await;
    response.error_for_status().expect("delete the bucket");
    true
}

async fn send(client: &AmazonS3, method: Method, path: &Path, query: &[(&str, &str)]) -> Response {
    let options = SignedUrlOptions::new().with_query(query.iter().copied());
    let lifetime = Duration::from_mins(1);
    let url = client.signed_url_opts(method.clone(), path, lifetime, &options);
    let url = url.await.expect("sign a URL");
    let response = Client::new().request(method, url).send().await;
    response.expect("a response of the object store")
}

fn element<'x>(xml: &'x str, name: &str) -> &'x str {
    let found = xml.split_once(&format!("<{name}>"));
    let found = found.and_then(|(_, rest)| rest.split_once('<'));
    found.expect("an element of the list").0
}
