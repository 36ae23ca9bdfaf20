//! Serialization of ids: the UUID subtype in BSON, bytes elsewhere.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// An id in its serialized form.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
struct SerializedId(
    #[cfg(feature = "bson")] bson::Uuid,
    #[cfg(not(feature = "bson"))] [u8; 16],
);

impl From<Uuid> for SerializedId {
    fn from(id: Uuid) -> Self {
        #[cfg(feature = "bson")]
        let id = bson::Uuid::from_bytes(id.into_bytes());
        #[cfg(not(feature = "bson"))]
        let id = id.into_bytes();
        Self(id)
    }
}

impl From<SerializedId> for Uuid {
    fn from(id: SerializedId) -> Self {
        #[cfg(feature = "bson")]
        let bytes = id.0.bytes();
        #[cfg(not(feature = "bson"))]
        let bytes = id.0;
        Self::from_bytes(bytes)
    }
}

pub(super) fn serialize<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    SerializedId::from(*id).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    SerializedId::deserialize(deserializer).map(Uuid::from)
}

/// Serialization of optional ids.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, Serialize, SerializedId, Serializer, Uuid};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(in crate::rows) fn serialize<S: Serializer>(
        id: &Option<Uuid>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        id.map(SerializedId::from).serialize(serializer)
    }

    pub(in crate::rows) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Uuid>, D::Error> {
        Ok(Option::<SerializedId>::deserialize(deserializer)?.map(Uuid::from))
    }
}

/// Serialization of lists of ids.
pub(super) mod list {
    use super::{Deserialize, Deserializer, SerializedId, Serializer, Uuid};

    pub(in crate::rows) fn serialize<S: Serializer>(
        ids: &[Uuid],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(ids.iter().copied().map(SerializedId::from))
    }

    pub(in crate::rows) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Uuid>, D::Error> {
        let ids = Vec::<SerializedId>::deserialize(deserializer)?;
        Ok(ids.into_iter().map(Uuid::from).collect())
    }
}
