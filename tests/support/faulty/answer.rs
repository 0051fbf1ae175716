//! An answer of Odoo's, and what can become of it on its way.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// What Odoo answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Without `Content-Length` and `Connection`.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// One thing that a faulty way does in place of handing an answer over.
#[derive(Clone, Debug)]
pub enum Step {
    Send(Vec<u8>),
    /// So many bytes at a time, with a pause after each.
    Drip(Vec<u8>, Duration),
    /// Say nothing more, and keep the connection, until the client has had enough.
    Stall,
    /// End the connection as a program that crashes does: what is on its way may be lost.
    Reset,
    /// End the connection in order.
    Close,
    /// The same, and refuse all later ones until [`come_back`](super::FaultyOdoo::come_back).
    Vanish,
}

impl Answer {
    /// Another one than Odoo's.
    pub fn new(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Answer { status, headers: headers.iter().map(own).collect(), body: body.as_bytes().to_vec() }
    }

    /// The same with another body.
    pub fn with_body(&self, body: impl Into<Vec<u8>>) -> Answer {
        Answer { body: body.into(), ..self.clone() }
    }

    /// The same with one more header.
    pub fn with_header(&self, name: &str, value: &str) -> Answer {
        let mut answer = self.clone();
        answer.headers.push((name.to_owned(), value.to_owned()));
        answer
    }

    /// The same, compressed.
    pub fn compressed(&self) -> Answer {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.body).expect("memory takes it");
        let body = encoder.finish().expect("memory takes it");
        self.with_body(body).with_header("Content-Encoding", "gzip")
    }

    /// The head, which announces so many bytes.
    pub fn head(&self, length: usize) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Whatever\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "Content-Length: {length}\r\n\r\n");
        head.into_bytes()
    }

    /// Head and body.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(self.body.len());
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The answer as it is, as the one step that it takes.
    pub fn steps(&self) -> Vec<Step> {
        vec![Step::Send(self.bytes())]
    }

    /// The head, which announces all, and the first half of the body.
    pub fn first_half(&self) -> Vec<u8> {
        let mut bytes = self.head(self.body.len());
        bytes.extend_from_slice(&self.body[..self.body.len() / 2]);
        bytes
    }

    /// The result that it carries, in either protocol.
    pub fn result(&self) -> Option<Value> {
        let value: Value = serde_json::from_slice(&self.body).ok()?;
        match value {
            Value::Object(mut envelope) if envelope.contains_key("jsonrpc") => envelope.remove("result"),
            value => Some(value),
        }
    }

    /// The same with another result.
    pub fn with_result(&self, result: &Value) -> Answer {
        let mut value: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        match &mut value {
            Value::Object(envelope) if envelope.contains_key("jsonrpc") => {
                envelope.insert("result".to_owned(), result.clone());
            }
            bare => *bare = result.clone(),
        }
        self.with_body(value.to_string())
    }

    /// The ids of the records that it brings: of a columnar read or a row read.
    pub fn ids(&self) -> Vec<i64> {
        let result = self.result().unwrap_or_default();
        let groups = result.as_array().map(Vec::as_slice).unwrap_or_default();
        let ids = |group: &Value| match group.get("id:array_agg").or_else(|| group.get("id")) {
            Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_i64).collect(),
            Some(id) => id.as_i64().into_iter().collect(),
            None => Vec::new(),
        };
        groups.iter().flat_map(ids).collect()
    }
}
