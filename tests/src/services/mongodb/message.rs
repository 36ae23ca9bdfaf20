//! Messages of the `MongoDB` protocol.

use std::io;

use mongodb::bson::{Document, deserialize_from_slice, serialize_to_vec};
use tokio::io::{AsyncRead, AsyncReadExt};

const HEADER: usize = 16;
const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2004;
const OP_MSG: i32 = 2013;

/// A message with one command or its answer.
#[derive(Debug, Clone)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// The next one of a connection.
    pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut bytes = vec![0; 4];
        from.read_exact(&mut bytes).await?;
        let length = number(&bytes, 0).ok_or(io::ErrorKind::InvalidData)?;
        let length = usize::try_from(length).map_err(io::Error::other)?;
        bytes.resize(length.max(HEADER), 0);
        from.read_exact(&mut bytes[4..]).await?;
        Ok(Self { bytes })
    }

    /// One that asks for a command.
    pub fn request(command: &Document) -> Self {
        let mut bytes = vec![0; 12];
        bytes.extend(OP_MSG.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.push(0);
        bytes.extend(serialize_to_vec(command).expect("a document"));
        Self::of(bytes)
    }

    /// With its length before it.
    fn of(mut bytes: Vec<u8>) -> Self {
        let length = i32::try_from(bytes.len()).expect("a short message");
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        Self { bytes }
    }

    /// As it goes over the wire.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether an answer is expected.
    pub fn wants_answer(&self) -> bool {
        !(self.code() == OP_MSG && number(&self.bytes, HEADER).is_some_and(|flags| flags & 2 != 0))
    }

    /// The command, or the answer.
    pub fn document(&self) -> Option<Document> {
        let body = match self.code() {
            // Flags, and the kind of the section: commands come whole.
            OP_MSG => &self.bytes[HEADER + 5..],
            OP_QUERY => {
                let name = &self.bytes[HEADER + 4..];
                let end = name.iter().position(|byte| *byte == 0)?;
                &name[end + 1 + 8..]
            }
            _ => return None,
        };
        let length = usize::try_from(number(body, 0)?).ok()?;
        deserialize_from_slice(body.get(..length)?).ok()
    }

    /// The first word of the command, and what it is about.
    pub fn command(&self) -> Option<(String, String)> {
        let document = self.document()?;
        let (name, value) = document.iter().next()?;
        Some((name.clone(), value.as_str().unwrap_or_default().to_owned()))
    }

    /// The answer to it.
    pub fn answer(&self, document: &Document) -> Self {
        let mut bytes = vec![0; 4];
        bytes.extend(0_i32.to_le_bytes());
        bytes.extend(&self.bytes[4..8]);
        if self.code() == OP_QUERY {
            bytes.extend(OP_REPLY.to_le_bytes());
            // Flags, no cursor, from the first of one.
            bytes.extend(0_i32.to_le_bytes());
            bytes.extend(0_i64.to_le_bytes());
            bytes.extend(0_i32.to_le_bytes());
            bytes.extend(1_i32.to_le_bytes());
        } else {
            bytes.extend(OP_MSG.to_le_bytes());
            bytes.extend(0_u32.to_le_bytes());
            bytes.push(0);
        }
        bytes.extend(serialize_to_vec(document).expect("a document"));
        Self::of(bytes)
    }

    fn code(&self) -> i32 {
        number(&self.bytes, 12).unwrap_or_default()
    }
}

fn number(bytes: &[u8], at: usize) -> Option<i32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(i32::from_le_bytes(bytes.try_into().ok()?))
}
