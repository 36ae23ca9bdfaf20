//! Clients that upload and delete without end, and remember what they were told.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use reqwest::{Method, RequestBuilder, multipart};
use tenantry_tests::harness::{Actor, Answer, Content, Dice};

use crate::ledger::{Crowded, Doubt, Known};

/// Sizes are below this power of two: up to 4 MiB, most of them small.
const LARGEST: u64 = 22;
/// The seed of content that many clients have in common.
const COMMON: u64 = 7;

/// One client. It alone writes to its paths, all but the crowded one.
pub(crate) struct Writer {
    actor: Actor,
    name: String,
    dice: Dice,
    /// What it knows of its files.
    pub(crate) files: Vec<Known>,
    /// What it knows of everybody's.
    pub(crate) crowded: Crowded,
}

/// The service went away before it answered.
struct Cut;

impl Writer {
    /// A client with choices of its own.
    pub(crate) fn new(actor: &Actor, seed: u64) -> Self {
        Self {
            actor: actor.clone(),
            name: format!("w{seed}"),
            dice: Dice::new(seed),
            files: Vec::new(),
            crowded: Crowded::default(),
        }
    }

    /// Writes until the service is gone.
    pub(crate) async fn write_until_cut(self) -> Self {
        self.write_until(Arc::default()).await
    }

    /// Writes until the service is gone, or somebody says that it is enough.
    pub(crate) async fn write_until(mut self, enough: Arc<AtomicBool>) -> Self {
        while !enough.load(Relaxed) && self.step().await.is_ok() {}
        self
    }

    async fn step(&mut self) -> Result<(), Cut> {
        match self.dice.below(10) {
            0..=2 => self.put_new().await,
            3..=5 => self.post_form().await,
            6 | 7 => self.put_version().await,
            8 => self.delete().await,
            _ => self.put_crowded().await,
        }
    }

    fn content(&mut self) -> Content {
        if self.dice.below(4) == 0 {
            let sizes = [1, 1000, 300_000, 1_500_000];
            let choice = usize::try_from(self.dice.below(4)).unwrap_or(0);
            return Content::new(COMMON, sizes[choice]);
        }
        let power = self.dice.below(LARGEST + 1);
        let size = 1 + self.dice.below(1 << power);
        Content::new(self.dice.number(), size)
    }

    fn put(&self, path: &str, content: Content) -> RequestBuilder {
        let request = self.actor.put_content(path, content.size());
        request.body(content.body())
    }

    async fn put_new(&mut self) -> Result<(), Cut> {
        let content = self.content();
        let path = format!("{}/raw-{}.bin", self.name, self.files.len());
        let request = self.put(&path, content);
        self.upload(Known::new(path), request, content).await
    }

    async fn post_form(&mut self) -> Result<(), Cut> {
        let content = self.content();
        let path = format!("{}/form-{}.bin", self.name, self.files.len());
        let form = multipart::Form::new().text("path", path.clone());
        let form = form.part("file", content.part("form.bin"));
        let request = self.actor.request(Method::POST, "/api/v1/files");
        self.upload(Known::new(path), request.multipart(form), content)
            .await
    }

    async fn put_version(&mut self) -> Result<(), Cut> {
        let Some(place) = self.any_live() else {
            return self.put_new().await;
        };
        let content = self.content();
        let file = self.files.remove(place);
        let request = self.put(&file.path, content);
        self.upload(file, request, content).await
    }

    /// Uploads a version of a file and writes down what became of it.
    async fn upload(
        &mut self,
        mut file: Known,
        request: RequestBuilder,
        content: Content,
    ) -> Result<(), Cut> {
        let outcome = self.send(request).await;
        match &outcome {
            Ok(answer) => {
                expect_acknowledged(answer, content);
                let id = answer.text("file_id");
                assert!(file.id.as_ref().is_none_or(|known| *known == id));
                file.id = Some(id);
                file.versions.push(content);
            }
            Err(Cut) => file.doubt = Some(Doubt::Upload(content)),
        }
        self.files.push(file);
        outcome.map(drop)
    }

    async fn delete(&mut self) -> Result<(), Cut> {
        let Some(place) = self.any_live() else {
            return self.put_new().await;
        };
        let mut file = self.files.remove(place);
        let id = file.id.clone().unwrap_or_default();
        let path = format!("/api/v1/files/{id}");
        let outcome = self.send(self.actor.request(Method::DELETE, &path)).await;
        match &outcome {
            Ok(answer) => {
                assert_eq!(answer.status, 204, "{answer:?}");
                file.is_deleted = true;
            }
            Err(Cut) => file.doubt = Some(Doubt::Delete),
        }
        self.files.push(file);
        outcome.map(drop)
    }

    async fn put_crowded(&mut self) -> Result<(), Cut> {
        let content = self.content();
        let outcome = self.send(self.put(Crowded::PATH, content)).await;
        match &outcome {
            Ok(answer) => {
                expect_acknowledged(answer, content);
                let number = answer.json()["version"].as_u64().expect("a number");
                self.crowded.versions.push((number, content));
            }
            Err(Cut) => self.crowded.doubts.push(content),
        }
        outcome.map(drop)
    }

    fn any_live(&mut self) -> Option<usize> {
        let live = |file: &Known| !file.is_deleted;
        let places = self.files.iter().enumerate();
        let places: Vec<_> = places
            .filter(|(_, file)| live(file))
            .map(|(n, _)| n)
            .collect();
        let count = u64::try_from(places.len())
            .ok()
            .filter(|count| *count > 0)?;
        let choice = usize::try_from(self.dice.below(count)).ok()?;
        places.get(choice).copied()
    }

    /// An answer that has arrived whole, or none.
    async fn send(&self, request: RequestBuilder) -> Result<Answer, Cut> {
        self.actor.try_send(request).await.map_err(|_| Cut)
    }
}

#[track_caller]
fn expect_acknowledged(answer: &Answer, content: Content) {
    let body = String::from_utf8_lossy(&answer.body);
    assert!(matches!(answer.status.as_u16(), 200 | 201), "{body}");
    assert_eq!(answer.text("digest"), content.digest());
}
