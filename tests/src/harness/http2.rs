//! HTTP/2 requests of raw header fields, which no proper client sends.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
/// `END_STREAM`; `END_HEADERS` is 4.
const END_STREAM: u8 = 1;

/// The statuses with an index in HPACK's static table (RFC 7541, appendix A).
const STATUSES: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];

/// Sends a request with these fields, in their order, to `http://host:port`, and
/// returns the status and the body.
pub async fn send_http2(base: &str, fields: &[(&str, &str)]) -> (u16, Vec<u8>) {
    let address = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let block: Vec<u8> = fields.iter().flat_map(literal).collect();
    let mut bytes = PREFACE.to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes.extend(frame(HEADERS, END_STREAM | 4, 1, &block));
    stream.write_all(&bytes).await.expect("sent");
    let (mut status, mut body) = (0, Vec::new());
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.expect("a frame");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.expect("a payload");
        match head[3] {
            HEADERS => {
                let index = payload.first().map(|byte| usize::from(byte & 0x7f));
                let known = index.and_then(|index| STATUSES.get(index.checked_sub(8)?));
                status = *known.expect("an indexed status");
            }
            DATA => body.extend(payload),
            _ => continue,
        }
        if head[4] & END_STREAM != 0 {
            return (status, body);
        }
    }
}

/// Encodes a field without indexing (RFC 7541, section 6.2.2).
fn literal((name, value): &(&str, &str)) -> Vec<u8> {
    let mut bytes = vec![0];
    for text in [name, value] {
        bytes.push(u8::try_from(text.len()).expect("a short text"));
        bytes.extend(text.as_bytes());
    }
    bytes
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a small frame");
    let mut bytes = length.to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}
