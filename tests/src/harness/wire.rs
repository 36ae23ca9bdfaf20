//! A connection for raw bytes, for requests that no proper client sends.

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::ApiResponse;

/// An open connection to the service.
pub struct Wire {
    stream: TcpStream,
    /// Bytes that were received and not read yet.
    received: Vec<u8>,
}

impl Wire {
    /// Connects to `http://host:port`.
    pub async fn connect(base: &str) -> Self {
        let address = base.trim_start_matches("http://");
        Self {
            stream: TcpStream::connect(address).await.expect("a connection"),
            received: Vec::new(),
        }
    }

    /// Sends raw bytes. The service may have closed the connection already.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // Tests check the response, or the end of the connection.
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
    }

    /// Reads the next response. Without a length it ends with the connection.
    pub async fn response(&mut self) -> ApiResponse {
        self.try_response().await.expect("a response")
    }

    /// Reads the next response; `None` if the service closed the connection
    /// without one.
    pub async fn try_response(&mut self) -> Option<ApiResponse> {
        let head = loop {
            let end = self.received.windows(4).position(|w| w == b"\r\n\r\n");
            if let Some(end) = end {
                break self.received.drain(..end + 4).collect::<Vec<u8>>();
            }
            if self.more().await == 0 {
                return None;
            }
        };
        let (status, headers) = read_head(&String::from_utf8_lossy(&head))?;
        let length = headers.get("content-length");
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        while length.is_none_or(|length| self.received.len() < length) {
            if self.more().await == 0 {
                break;
            }
        }
        let end = length.unwrap_or(usize::MAX).min(self.received.len());
        Some(ApiResponse {
            request: "bytes".to_owned(),
            status,
            headers,
            body: self.received.drain(..end).collect(),
        })
    }

    /// Reads the head of the next response and returns its status; `None` if the
    /// service closed the connection. Its body is not read.
    pub async fn head(&mut self) -> Option<StatusCode> {
        loop {
            let end = self.received.windows(4).position(|w| w == b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8_lossy(&self.received[..end]);
                return Some(read_head(&head)?.0);
            }
            if self.more().await == 0 {
                return None;
            }
        }
    }

    async fn more(&mut self) -> usize {
        self.stream.read_buf(&mut self.received).await.unwrap_or(0)
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
