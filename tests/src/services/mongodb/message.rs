//! Messages of the MongoDB protocol.

use std::io;

use mongodb::bson::{Document, deserialize_from_slice, serialize_to_vec};
use tokio::io::{AsyncRead, AsyncReadExt};

const HEADER: usize = 16;
const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2004;
const OP_MSG: i32 = 2013;

/// A message with a command or a reply.
#[derive(Debug, Clone)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// Reads the next message of a connection.
    pub async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut bytes = vec![0; 4];
        from.read_exact(&mut bytes).await?;
        let length = number(&bytes, 0).ok_or(io::ErrorKind::InvalidData)?;
        let length = usize::try_from(length).map_err(io::Error::other)?;
        bytes.resize(length.max(HEADER), 0);
        from.read_exact(&mut bytes[4..]).await?;
        Ok(Self { bytes })
    }

    /// Creates a message with a command.
    pub fn request(command: &Document) -> Self {
        let mut bytes = vec![0; 12];
        bytes.extend(OP_MSG.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.push(0);
        bytes.extend(serialize_to_vec(command).expect("a document"));
        Self::of(bytes)
    }

    /// Prepends the length.
    fn of(mut bytes: Vec<u8>) -> Self {
        let length = i32::try_from(bytes.len()).expect("a short message");
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        Self { bytes }
    }

    /// Returns the bytes of the message.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns whether a reply is expected.
    pub fn wants_reply(&self) -> bool {
        !(self.code() == OP_MSG && number(&self.bytes, HEADER).is_some_and(|flags| flags & 2 != 0))
    }

    /// Returns the command or the reply.
    pub fn document(&self) -> Option<Document> {
        let body = match self.code() {
            // The flags and the kind of the first section: commands have a
            // single section.
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

    /// Returns the name of the command and its subject.
    pub fn command(&self) -> Option<(String, String)> {
        let document = self.document()?;
        let (name, value) = document.iter().next()?;
        Some((name.clone(), value.as_str().unwrap_or_default().to_owned()))
    }

    /// Creates the reply to this message.
    pub fn reply(&self, document: &Document) -> Self {
        let mut bytes = vec![0; 4];
        bytes.extend(0_i32.to_le_bytes());
        bytes.extend(&self.bytes[4..8]);
        if self.code() == OP_QUERY {
            bytes.extend(OP_REPLY.to_le_bytes());
            // The flags, no cursor, and the number of the first document.
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
