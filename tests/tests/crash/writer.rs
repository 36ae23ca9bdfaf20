//! Clients that upload and delete continually and record the acknowledgements.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use reqwest::{Method, RequestBuilder, multipart};
use tenantry_tests::harness::{Actor, ApiResponse, Content, Dice};

use crate::ledger::{KnownFile, SharedPath, Unacknowledged};

/// The exponent of the size limit: 4 MiB.
const LARGEST: u64 = 22;
/// The seed of content that clients share.
const COMMON: u64 = 7;

/// A client. No other client writes to its paths, except the shared one.
pub(crate) struct Writer {
    actor: Actor,
    name: String,
    dice: Dice,
    /// The files of this client.
    pub(crate) files: Vec<KnownFile>,
    /// The versions of the shared path.
    pub(crate) shared: SharedPath,
}

/// The connection broke before the response.
struct Disconnect;

impl Writer {
    /// Creates a client with reproducible choices.
    pub(crate) fn new(actor: &Actor, seed: u64) -> Self {
        Self {
            actor: actor.clone(),
            name: format!("w{seed}"),
            dice: Dice::new(seed),
            files: Vec::new(),
            shared: SharedPath::default(),
        }
    }

    /// Writes until the service is gone.
    pub(crate) async fn write_until_disconnected(self) -> Self {
        self.write_until(Arc::default()).await
    }

    /// Writes until the service is gone or `enough` is set.
    pub(crate) async fn write_until(mut self, enough: Arc<AtomicBool>) -> Self {
        while !enough.load(Relaxed) && self.step().await.is_ok() {}
        self
    }

    async fn step(&mut self) -> Result<(), Disconnect> {
        match self.dice.below(10) {
            0..=2 => self.put_new().await,
            3..=5 => self.post_form().await,
            6 | 7 => self.put_version().await,
            8 => self.delete().await,
            _ => self.put_shared().await,
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

    async fn put_new(&mut self) -> Result<(), Disconnect> {
        let content = self.content();
        let path = format!("{}/raw-{}.bin", self.name, self.files.len());
        let request = self.put(&path, content);
        self.upload(KnownFile::new(path), request, content).await
    }

    async fn post_form(&mut self) -> Result<(), Disconnect> {
        let content = self.content();
        let path = format!("{}/form-{}.bin", self.name, self.files.len());
        let form = multipart::Form::new().text("path", path.clone());
        let form = form.part("file", content.part("form.bin"));
        let request = self.actor.request(Method::POST, "/api/v1/files");
        self.upload(KnownFile::new(path), request.multipart(form), content)
            .await
    }

    async fn put_version(&mut self) -> Result<(), Disconnect> {
        let Some(place) = self.any_live() else {
            return self.put_new().await;
        };
        let content = self.content();
        let file = self.files.remove(place);
        let request = self.put(&file.path, content);
        self.upload(file, request, content).await
    }

    /// Uploads a version of a file and records the outcome.
    async fn upload(
        &mut self,
        mut file: KnownFile,
        request: RequestBuilder,
        content: Content,
    ) -> Result<(), Disconnect> {
        let outcome = self.send(request).await;
        match &outcome {
            Ok(response) => {
                expect_acknowledged(response, content);
                let id = response.text("file_id");
                assert!(file.id.as_ref().is_none_or(|known| *known == id));
                file.id = Some(id);
                file.versions.push(content);
            }
            Err(Disconnect) => file.unacknowledged = Some(Unacknowledged::Upload(content)),
        }
        self.files.push(file);
        outcome.map(drop)
    }

    async fn delete(&mut self) -> Result<(), Disconnect> {
        let Some(place) = self.any_live() else {
            return self.put_new().await;
        };
        let mut file = self.files.remove(place);
        let id = file.id.clone().unwrap_or_default();
        let path = format!("/api/v1/files/{id}");
        let outcome = self.send(self.actor.request(Method::DELETE, &path)).await;
        match &outcome {
            Ok(response) => {
                assert_eq!(response.status, 204, "{response:?}");
                file.is_deleted = true;
            }
            Err(Disconnect) => file.unacknowledged = Some(Unacknowledged::Delete),
        }
        self.files.push(file);
        outcome.map(drop)
    }

    async fn put_shared(&mut self) -> Result<(), Disconnect> {
        let content = self.content();
        let outcome = self.send(self.put(SharedPath::PATH, content)).await;
        match &outcome {
            Ok(response) => {
                expect_acknowledged(response, content);
                let number = response.json()["version"].as_u64().expect("a number");
                self.shared.versions.push((number, content));
            }
            Err(Disconnect) => self.shared.unacknowledged.push(content),
        }
        outcome.map(drop)
    }

    fn any_live(&mut self) -> Option<usize> {
        let live = |file: &KnownFile| !file.is_deleted;
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

    /// Sends a request and reads the whole response.
    async fn send(&self, request: RequestBuilder) -> Result<ApiResponse, Disconnect> {
        self.actor.try_send(request).await.map_err(|_| Disconnect)
    }
}

#[track_caller]
fn expect_acknowledged(response: &ApiResponse, content: Content) {
    let body = String::from_utf8_lossy(&response.body);
    assert!(matches!(response.status.as_u16(), 200 | 201), "{body}");
    assert_eq!(response.text("digest"), content.digest());
}
