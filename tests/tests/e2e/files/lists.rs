//! Lists of files: filters, sorting, pages.

use serde_json::{Value, json};
use tenantry_tests::harness::{Actor, Form, TestService, expect_null};

async fn list(actor: &Actor, query: &str) -> Value {
    let path = format!("/api/v1/files?{query}");
    actor.get(&path).await.expect(200).json()
}

fn paths(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    let path = |file: &Value| file["path"].as_str().expect("a path").to_owned();
    items.iter().map(path).collect()
}

async fn upload_all(actor: &Actor, files: &[(&str, usize)]) {
    for (path, size) in files {
        let uploaded = actor.upload(path, "text/plain", vec![b'x'; *size]).await;
        actor.processed(&uploaded.expect(201).text("file_id")).await;
    }
}

#[tokio::test]
async fn filters_narrow_a_list() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    upload_all(
        &alice,
        &[
            ("reports/q1.txt", 1),
            ("reports/Q2.txt", 2),
            ("reports-old/q1.txt", 3),
            ("100%_sure.txt", 4),
            ("Ünïcode.txt", 5),
        ],
    )
    .await;
    let wrong = alice.upload("wrong.png", "image/png", "%PDF-1.4").await;
    alice.processed(&wrong.text("file_id")).await;

    for (query, found) in [
        ("prefix=reports/", vec!["reports/q1.txt", "reports/Q2.txt"]),
        (
            "prefix=reports",
            vec!["reports/q1.txt", "reports-old/q1.txt", "reports/Q2.txt"],
        ),
        ("prefix=reports/q", vec!["reports/q1.txt"]),
        ("prefix=nothing", vec![]),
        ("path=reports/q1.txt", vec!["reports/q1.txt"]),
        ("path=reports/Q1.txt", vec![]),
        ("status=failed", vec!["wrong.png"]),
        ("status=pending", vec![]),
        ("search=Q1", vec!["reports-old/q1.txt", "reports/q1.txt"]),
        ("search=reports", vec![]),
        ("search=%25", vec!["100%_sure.txt"]),
        ("search=_", vec!["100%_sure.txt"]),
        ("search=%C3%BCN%C3%AFc", vec!["Ünïcode.txt"]),
        ("search='%20OR%201%3D1%20--", vec![]),
        ("review=draft&search=sure", vec!["100%_sure.txt"]),
        ("review=validated", vec![]),
        ("bucket=users", vec![]),
        ("bucket=companies&search=sure", vec!["100%_sure.txt"]),
    ] {
        let mut found: Vec<_> = found.into_iter().map(str::to_owned).collect();
        let mut listed = paths(&list(&alice, query).await);
        found.sort();
        listed.sort();
        assert_eq!(listed, found, "{query}");
    }
    let owned = format!("owner_id={}", alice.user_id);
    assert_eq!(paths(&list(&alice, &owned).await).len(), 6);
    let named = format!("bucket=companies&bucket_id={}", alice.tenant_id);
    assert_eq!(paths(&list(&alice, &named).await).len(), 6);
}

#[tokio::test]
async fn lists_sort_in_both_directions() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    upload_all(
        &alice,
        &[("b/Alpha.txt", 3), ("a/gamma.txt", 1), ("c/beta.txt", 2)],
    )
    .await;
    let moved = list(&alice, "path=b/Alpha.txt").await;
    let id = moved["items"][0]["id"].as_str().expect("an id");
    let tags = json!({ "tags": { "last": true } });
    alice
        .patch(&format!("/api/v1/files/{id}"), &tags)
        .await
        .expect(200);

    for (sort, expected) in [
        ("name", ["b/Alpha.txt", "c/beta.txt", "a/gamma.txt"]),
        ("path", ["a/gamma.txt", "b/Alpha.txt", "c/beta.txt"]),
        ("size_bytes", ["a/gamma.txt", "c/beta.txt", "b/Alpha.txt"]),
        ("uploaded_at", ["b/Alpha.txt", "a/gamma.txt", "c/beta.txt"]),
        ("updated_at", ["a/gamma.txt", "c/beta.txt", "b/Alpha.txt"]),
    ] {
        let mut expected = expected.map(str::to_owned).to_vec();
        assert_eq!(
            paths(&list(&alice, &format!("sort={sort}")).await),
            expected
        );
        // Pages of one have the same order.
        assert_eq!(
            paged(&alice, &format!("sort={sort}&limit=1")).await,
            expected
        );
        expected.reverse();
        assert_eq!(
            paths(&list(&alice, &format!("sort=-{sort}")).await),
            expected
        );
        assert_eq!(
            paged(&alice, &format!("sort=-{sort}&limit=2")).await,
            expected
        );
    }
    let unsorted = paths(&list(&alice, "").await);
    assert_eq!(unsorted, paths(&list(&alice, "sort=name").await));
    let refused = alice.get("/api/v1/files?sort=digest").await;
    refused.expect_problem(400, "validation_failed");
}

/// Returns every path, page by page.
async fn paged(actor: &Actor, query: &str) -> Vec<String> {
    let mut page = list(actor, query).await;
    let mut found = paths(&page);
    while let Some(cursor) = page["next_cursor"].as_str() {
        page = list(actor, &format!("{query}&cursor={cursor}")).await;
        found.extend(paths(&page));
    }
    found
}

#[tokio::test]
async fn cursors_are_stable_under_inserts_and_deletes() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let names: Vec<_> = (0..9).map(|n| format!("m{n}.txt")).collect();
    for name in &names {
        alice
            .upload(name, "text/plain", name.clone())
            .await
            .expect(201);
    }
    let mut page = list(&alice, "limit=3").await;
    let mut found = paths(&page);
    let mut round = 0;
    while let Some(cursor) = page["next_cursor"].as_str().map(str::to_owned) {
        // Add a file before all seen ones, and delete the last seen one.
        let early = format!("a{round}.txt");
        alice
            .upload(&early, "text/plain", early.clone())
            .await
            .expect(201);
        let last = page["items"][2]["id"].as_str().expect("an id").to_owned();
        alice
            .delete(&format!("/api/v1/files/{last}"))
            .await
            .expect(204);
        page = list(&alice, &format!("limit=3&cursor={cursor}")).await;
        found.extend(paths(&page));
        round += 1;
    }
    assert_eq!(found, names);
}

#[tokio::test]
async fn numbered_pages_have_totals() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for number in 0..5 {
        let form = Form::new().file(&format!("{number}.txt"), "", format!("{number}"));
        alice.upload_form(form.end()).await.expect(201);
    }
    let second = list(&alice, "page=2&limit=2").await;
    assert_eq!(paths(&second), ["2.txt", "3.txt"]);
    assert_eq!((&second["page"], &second["total"]), (&json!(2), &json!(5)));
    assert_eq!(second["total_capped"], false);
    let third = list(&alice, "page=3&limit=2").await;
    assert_eq!(paths(&third), ["4.txt"]);
    expect_null(&third, "next_cursor");
    assert_eq!(paths(&list(&alice, "page=4&limit=2").await), [""; 0]);
    let counted = list(&alice, "include_total=true&limit=2&prefix=1").await;
    assert_eq!(counted["total"], 1);
    let uncounted = list(&alice, "limit=2").await;
    assert_eq!(uncounted.get("total"), None);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=99999999999", "limit"),
        ("page=0", "page"),
        ("page=10001", "page"),
        ("page=101&limit=100", "page"),
        ("include_total=perhaps", "include_total"),
        ("bucket=others", "bucket"),
        ("bucket_id=7", "bucket_id"),
        ("status=lost", "status"),
    ] {
        let refused = alice.get(&format!("/api/v1/files?{query}")).await;
        let refused = refused.expect_problem(400, "validation_failed");
        assert_eq!(refused.json()["errors"][0]["field"], field, "{query}");
    }
    list(&alice, "page=100&limit=100").await;
}

#[tokio::test]
async fn a_cursor_is_bound_to_its_list_and_tenant() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    upload_all(&alice, &[("a.txt", 1), ("b.txt", 2)]).await;
    upload_all(&bob, &[("a.txt", 1), ("b.txt", 2)]).await;
    let page = list(&alice, "limit=1").await;
    let cursor = page["next_cursor"].as_str().expect("a cursor").to_owned();
    let longer = format!("{cursor}A");
    let shorter = cursor.get(1..).expect("a cursor").to_owned();
    // Another character of the alphabet, not the last one: its low bits may be padding.
    let other = if cursor.as_bytes()[3] == b'A' {
        "B"
    } else {
        "A"
    };
    let mut changed = cursor.clone();
    changed.replace_range(3..4, other);

    for (actor, query) in [
        (&alice, format!("limit=1&cursor={longer}")),
        (&alice, format!("limit=1&cursor={shorter}")),
        (&alice, format!("limit=1&cursor={changed}")),
        (&alice, "limit=1&cursor=".to_owned()),
        (&alice, "limit=1&cursor=AAAA".to_owned()),
        (&alice, format!("limit=1&cursor={cursor}&prefix=a")),
        (&alice, format!("limit=1&cursor={cursor}&sort=-name")),
        (&alice, format!("limit=1&cursor={cursor}&bucket=users")),
        (&bob, format!("limit=1&cursor={cursor}")),
    ] {
        let refused = actor.get(&format!("/api/v1/files?{query}")).await;
        refused.expect_field("cursor", "invalid_format");
    }
    let both = alice
        .get(&format!("/api/v1/files?cursor={cursor}&page=1"))
        .await;
    both.expect_problem(400, "validation_failed");
    // The page size is not bound to the cursor.
    assert_eq!(
        paths(&list(&alice, &format!("limit=5&cursor={cursor}")).await),
        ["b.txt"]
    );
}
