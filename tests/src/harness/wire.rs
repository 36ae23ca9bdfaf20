//! A connection on which a test writes every byte itself, for what a proper
//! client never sends.

use bytes::Bytes;
use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Answer;

/// An open connection to the service.
pub struct Wire(TcpStream);

impl Wire {
    /// Connects to `http://host:port`.
    pub async fn connect(base: &str) -> Self {
        let address = base.trim_start_matches("http://");
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    /// Sends bytes as they are. The service may have hung up already.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
        let _ = self.0.flush().await;
    }

    /// Reads one answer. Without a length it ends with the connection.
    pub async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("an answer")
    }

    /// The same, where the service may hang up without a word.
    pub async fn try_answer(&mut self) -> Option<Answer> {
        let mut received = Vec::new();
        let head = loop {
            if let Some(at) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break received.drain(..at + 4).collect::<Vec<u8>>();
            }
            if self.more(&mut received).await == 0 {
                return None;
            }
        };
        let (status, headers) = read_head(&String::from_utf8_lossy(&head))?;
        let length = headers.get("content-length");
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        while length.is_none_or(|length| received.len() < length) {
            if self.more(&mut received).await == 0 {
                break;
            }
        }
        Some(Answer {
            asked: "bytes".to_owned(),
            status,
            headers,
            body: Bytes::from(received),
        })
    }

    async fn more(&mut self, received: &mut Vec<u8>) -> usize {
        self.0.read_buf(received).await.unwrap_or(0)
    }
}

fn read_head(head: &str) -> Option<(StatusCode, HeaderMap)> {
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).ok()?,
            HeaderValue::from_str(value.trim()).ok()?,
        );
    }
    Some((status, headers))
}
