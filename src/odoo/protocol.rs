//! The two protocols of Odoo's external API.

use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::http::{Answer, Request};
use crate::json2;
use crate::jsonrpc;
use serde::de::DeserializeSeed;
use std::fmt;

/// A protocol of Odoo's external API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `POST /json/2/<model>/<method>`, Odoo 19 and later, with an API key.
    Json2,
    /// `POST /jsonrpc`, Odoo 8 to 21, with a password or an API key.
    JsonRpc,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Json2 => "JSON-2",
            Protocol::JsonRpc => "JSON-RPC",
        })
    }
}

impl Protocol {
    /// The request that makes a call.
    pub(crate) fn request(self, endpoint: &Endpoint, uid: i64, call: &Call) -> Request {
        match self {
            Protocol::Json2 => json2::request(endpoint, call),
            Protocol::JsonRpc => jsonrpc::request(endpoint, uid, call),
        }
    }

    /// The result of a call, deserialized by `seed`.
    ///
    /// # Errors
    /// That of Odoo's exception, or of an answer that is not Odoo's.
    pub(crate) fn result<'de, S: DeserializeSeed<'de>>(
        self,
        endpoint: &Endpoint,
        call: &Call,
        answer: &'de Answer,
        seed: S,
    ) -> Result<S::Value, Error> {
        match self {
            Protocol::Json2 => json2::result(endpoint, call, answer, seed),
            Protocol::JsonRpc => jsonrpc::result(endpoint, call, answer, seed),
        }
    }
}
