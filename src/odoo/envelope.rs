//! The envelope of a JSON-RPC answer: its `result` or its `error`.

use crate::fault::Fault;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// Deserializes an envelope, and its `result` by another seed.
#[derive(Clone, Copy)]
pub(crate) struct Envelope<S>(pub S);

/// The content of an envelope.
pub(crate) enum Content<T> {
    Result(T),
    Fault(Fault),
    /// Not a JSON-RPC envelope.
    Foreign,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Envelope<S> {
    type Value = Content<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Envelope<S> {
    type Value = Content<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seed = Some(self.0);
        let mut content = Content::Foreign;
        let mut jsonrpc = false;
        while let Some(key) = map.next_key::<String>()? {
            match (key.as_str(), &mut seed) {
                ("result", Some(_)) => {
                    if let Some(seed) = seed.take() {
                        content = Content::Result(map.next_value_seed(seed)?);
                    }
                }
                ("error", _) => content = Content::Fault(map.next_value::<RpcError>()?.into()),
                (other, _) => {
                    jsonrpc |= other == "jsonrpc";
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match (content, seed) {
            (_, _) if !jsonrpc => Ok(Content::Foreign),
            (Content::Foreign, Some(seed)) => {
                seed.deserialize(Value::Null).map(Content::Result).map_err(serde::de::Error::custom)
            }
            (content, _) => Ok(content),
        }
    }
}

/// The `error` of an envelope; Odoo's `data` in it is the exception.
#[derive(Deserialize)]
struct RpcError {
    #[serde(default)]
    message: String,
    data: Option<Fault>,
}

impl From<RpcError> for Fault {
    fn from(error: RpcError) -> Fault {
        error.data.unwrap_or_else(|| Fault::unnamed(error.message))
    }
}
