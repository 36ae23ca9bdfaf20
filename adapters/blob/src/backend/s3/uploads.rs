//! Uploads in parts that are not finished. `object_store` can end them and
//! cannot list them.

use async_trait::async_trait;
use http::{HeaderMap, Method};
use object_store::multipart::MultipartStore;
use serde::Deserialize;
use tenantry_application::ports::{PortError, PortErrorKind};
use tenantry_domain::Timestamp;
use thiserror::Error;
use url::Url;

use super::{AT_ONCE, Bucket};
use crate::{
    backend::objects::{OpenUpload, Uploads},
    error::{from_http, from_store, is_missing_upload},
    name::ObjectName,
};

/// How many answers are taken at once, each of a thousand uploads: when some
/// of them are aborted the next sweep sees more.
const PAGES: usize = 10;

/// What is done, in the service's own word for it: whoever is refused it has
/// to allow just that.
const LIST: &str = "the unfinished uploads (s3:ListBucketMultipartUploads)";
const ABORT: &str = "in parts (s3:AbortMultipartUpload)";

#[async_trait]
impl Uploads for Bucket {
    /// All are asked for without a prefix: `MinIO` knows none but whole keys.
    async fn list(&self, of: Option<ObjectName>) -> Result<Vec<OpenUpload>, PortError> {
        let (mut uploads, mut after) = (Vec::new(), None);
        for _ in 0..PAGES {
            let page = self.page(of, after.as_ref()).await?;
            uploads.extend(page.uploads);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(uploads)
    }

    async fn abort(&self, upload: &OpenUpload) -> Result<(), PortError> {
        let path = upload.name.object_path();
        let aborted = self.s3.abort_multipart(&path, &upload.id).await;
        let what = format!("the upload of {} {ABORT}", upload.name);
        match aborted.map_err(from_store("abort", what)) {
            // Somebody was faster.
            Err(error) if is_missing_upload(&error) => Ok(()),
            aborted => aborted,
        }
    }
}

impl Bucket {
    async fn page(
        &self,
        of: Option<ObjectName>,
        after: Option<&Marker>,
    ) -> Result<Page, PortError> {
        let (url, none) = (question(&self.url, of, after), HeaderMap::new());
        let url = self.sign(&Method::GET, &url, &none, AT_ONCE).await?;
        let answer = self.client.send(Method::GET, url, none, "").await;
        let answer = answer.map_err(from_http("list", LIST))?;
        Page::read(&answer, of).map_err(|unread| {
            PortError::new(PortErrorKind::Internal, format!("cannot list {LIST}")).caused_by(unread)
        })
    }
}

/// The address that answers with a page.
fn question(bucket: &Url, of: Option<ObjectName>, after: Option<&Marker>) -> Url {
    let mut url = bucket.clone();
    let mut query = url.query_pairs_mut();
    query.append_pair("uploads", "");
    query.extend_pairs(of.map(|name| ("prefix", name.to_string())));
    if let Some(marker) = after {
        query.append_pair("key-marker", &marker.key);
        query.append_pair("upload-id-marker", &marker.upload_id);
    }
    drop(query);
    url
}

/// What one answer tells of.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    /// Those of our own names.
    uploads: Vec<OpenUpload>,
    /// Where the next answer goes on, if there is one.
    next: Option<Marker>,
}

#[derive(Debug, PartialEq, Eq)]
struct Marker {
    key: String,
    upload_id: String,
}

/// Of the error nothing more is told: it may quote the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the answer of the service is none of S3")]
struct Unread;

/// An answer as the protocol has it, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_upload_id_marker: Option<String>,
    #[serde(default, rename = "Upload")]
    uploads: Vec<Told>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    key: String,
    upload_id: String,
    initiated: String,
}

impl Page {
    /// Nothing but `of` where that was asked for, whatever the service makes of
    /// a prefix: what is listed is going to be aborted.
    fn read(answer: &[u8], of: Option<ObjectName>) -> Result<Self, Unread> {
        let answer: Answer = quick_xml::de::from_reader(answer).map_err(|_| Unread)?;
        let mut uploads = Vec::new();
        for told in answer.uploads {
            let name = ObjectName::parse(&told.key);
            if let Some(name) = name.filter(|name| of.is_none_or(|of| *name == of)) {
                uploads.push(OpenUpload {
                    name,
                    id: told.upload_id,
                    begun_at: Timestamp::parse(&told.initiated).map_err(|_| Unread)?,
                });
            }
        }
        let next = answer.next_key_marker.map(|key| Marker {
            key,
            upload_id: answer.next_upload_id_marker.unwrap_or_default(),
        });
        Ok(Self {
            uploads,
            next: next.filter(|_| answer.is_truncated),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const TENANT: &str = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
    const BLOB: &str = "018f4e6a-1c2d-7e3f-8a4b-5c6d7e8f9a0c";

    /// An answer of the form that the protocol documents.
    fn answer(is_truncated: bool, uploads: &[(&str, &str)]) -> String {
        let uploads: Vec<_> = uploads
            .iter()
            .map(|(key, begun_at)| {
                format!(
                    "<Upload><Key>{key}</Key><UploadId>id of {key}</UploadId>\
                     <Initiator><ID>1</ID><DisplayName>one</DisplayName></Initiator>\
                     <Owner><ID>2</ID><DisplayName>two</DisplayName></Owner>\
                     <StorageClass>STANDARD</StorageClass>\
                     <Initiated>{begun_at}</Initiated></Upload>"
                )
            })
            .collect();
        let uploads = uploads.concat();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Bucket>files</Bucket><KeyMarker></KeyMarker><UploadIdMarker/>\
             <NextKeyMarker>a&amp;b</NextKeyMarker><NextUploadIdMarker>7</NextUploadIdMarker>\
             <MaxUploads>1000</MaxUploads><IsTruncated>{is_truncated}</IsTruncated>{uploads}\
             <CommonPrefixes><Prefix>videos/</Prefix></CommonPrefixes>\
             </ListMultipartUploadsResult>"
        )
    }

    #[test]
    fn an_answer_tells_of_our_own_uploads() {
        let (blob, probe) = (format!("t/{TENANT}/{BLOB}"), format!("probe/{BLOB}"));
        let begun = "2010-11-10T20:48:33.000Z";
        let foreign = [
            "a.txt",
            "t/x/y",
            "probe",
            "probe/",
            &format!("probe/{blob}"),
        ];
        let mut uploads: Vec<_> = foreign.iter().map(|key| (*key, "soon")).collect();
        uploads.push((&blob, begun));
        uploads.push((&probe, begun));
        let page = Page::read(answer(false, &uploads).as_bytes(), None).unwrap();
        assert_eq!(page.next, None);
        let told: Vec<_> = page.uploads.iter().map(|it| it.name.to_string()).collect();
        assert_eq!(told, [blob.as_str(), &probe]);
        for upload in &page.uploads {
            assert_eq!(upload.id, format!("id of {}", upload.name));
            assert_eq!(upload.begun_at, Timestamp::parse(begun).unwrap());
        }
        let of = page.uploads[1].name;
        let asked = Page::read(answer(false, &uploads).as_bytes(), Some(of)).unwrap();
        assert_eq!(asked.uploads, page.uploads[1..]);
    }

    #[test]
    fn a_page_that_is_not_the_last_says_where_to_go_on() {
        let page = Page::read(answer(true, &[]).as_bytes(), None).unwrap();
        let bucket = "https://s3/files/".parse().unwrap();
        let url = |of, after| question(&bucket, of, after).to_string();
        assert_eq!(
            url(None, page.next.as_ref()),
            "https://s3/files/?uploads=&key-marker=a%26b&upload-id-marker=7"
        );
        let name = ObjectName::parse(&format!("probe/{BLOB}"));
        let prefix = format!("https://s3/files/?uploads=&prefix=probe%2F{BLOB}");
        assert_eq!(url(name, None), prefix);
    }

    #[test]
    fn less_than_an_answer_is_refused() {
        let whole = answer(false, &[]);
        let end = whole.find("</ListMultipartUploadsResult>").unwrap();
        for length in 0..end {
            assert_eq!(Page::read(&whole.as_bytes()[..length], None), Err(Unread));
        }
        for other in ["<html><body>welcome</body></html>", "welcome", ""] {
            assert_eq!(Page::read(other.as_bytes(), None), Err(Unread));
        }
        let undated = answer(false, &[(&format!("probe/{BLOB}"), "soon")]);
        assert_eq!(Page::read(undated.as_bytes(), None), Err(Unread));
    }
}
