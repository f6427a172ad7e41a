//! Text messages: JSON within a limit, and byte strings in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits::CONTROL_MESSAGE_BYTES;
use crate::refusal::{Refusal, Result, within};

/// Reads a message. What the reason quotes is serde's, which names the field and not the value of secrets: those read
/// themselves by [`fixed`], whose errors quote nothing.
pub fn read<M: DeserializeOwned>(text: &str) -> Result<M> {
    within("text message, in bytes", text.len(), CONTROL_MESSAGE_BYTES)?;
    serde_json::from_str(text).map_err(|error| Refusal::malformed(error.to_string()))
}

/// Writes a message. What is too long is refused here rather than by the peer.
pub fn write<M: Serialize>(message: &M) -> Result<String> {
    let text = serde_json::to_string(message).map_err(|error| Refusal::malformed(error.to_string()))?;
    within("text message, in bytes", text.len(), CONTROL_MESSAGE_BYTES)?;
    Ok(text)
}

/// `#[serde(with = "text::fixed")]`: byte arrays as standard base64.
pub mod fixed {
    use super::*;

    pub fn serialize<S: Serializer, const N: usize>(bytes: &[u8; N], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[u8; N], D::Error> {
        // A borrowed string would fail on one with escapes.
        let text = String::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| de::Error::custom(format_args!("{N} bytes in base64 are expected")))
    }

    pub(crate) fn parse<const N: usize>(text: &str) -> Option<[u8; N]> {
        // Before decoding, so that a long text costs nothing.
        if text.len() > N.div_ceil(3) * 4 {
            return None;
        }
        STANDARD.decode(text).ok()?.try_into().ok()
    }
}
