//! A minimal HTTP client, so that the client is not the bottleneck.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
};

/// The buffer size, in bytes.
const BUFFER: usize = 1024 * 1024;

/// Sends a file as the body of a request and returns status line and body of the
/// response.
pub(crate) fn put(address: &str, head: &str, file: &Path) -> (String, String) {
    let mut file = File::open(file).expect("a file");
    let length = file.metadata().expect("a size").len();
    let mut stream = connect(address);
    let head = format!("{head}Content-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer).expect("read") {
            0 => break,
            count => stream.write_all(&buffer[..count]).expect("sent"),
        }
    }
    let mut answer = BufReader::new(stream);
    let (status, length) = read_head(&mut answer);
    let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
    answer.read_exact(&mut body).expect("a body");
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// Sends a request, discards the body of its response and returns its size.
pub(crate) fn get(address: &str, head: &str) -> u64 {
    let mut stream = connect(address);
    stream
        .write_all(format!("{head}\r\n").as_bytes())
        .expect("sent");
    let mut answer = BufReader::with_capacity(BUFFER, stream);
    let (status, length) = read_head(&mut answer);
    assert!(status.contains(" 200 "), "{status}");
    let mut left = length;
    while left > 0 {
        let count = answer.fill_buf().expect("bytes").len();
        assert_ne!(count, 0, "the body was truncated");
        answer.consume(count);
        left -= count as u64;
    }
    length
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("an option");
    stream
}

fn read_head(answer: &mut impl BufRead) -> (String, u64) {
    let (mut status, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        answer.read_line(&mut line).expect("a line");
        let line = line.trim();
        if line.is_empty() {
            return (status, length);
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        } else if status.is_empty() {
            line.clone_into(&mut status);
        }
    }
}
