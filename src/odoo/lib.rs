//! A client for Odoo's external API: logs in, lists the fields of a model, reads records by columns.
//!
//! It knows no PostgreSQL: a [`Read`] says which records and fields, and a [`Page`] holds them as typed [`Column`]s.
//! It speaks both of Odoo's protocols, JSON-2 (19 and later) and JSON-RPC (14 and later); [`Client::open`] picks one.

mod authorities;
mod body;
mod call;
mod cancel;
mod client;
mod column;
mod columnar;
mod date;
pub mod decode;
mod description;
mod domain;
mod endpoint;
mod envelope;
mod error;
mod fault;
mod field;
mod http;
mod json2;
mod jsonrpc;
mod login;
mod network;
mod options;
mod page;
mod protocol;
mod quote;
mod retry;
mod secret;
mod session;
mod sources;
mod status;
mod throttle;
mod totals;
mod traffic;
mod transport;
mod url;
mod version;
mod written;

pub use cancel::Cancel;
pub use client::Client;
pub use column::{Column, Texts};
pub use domain::Domain;
pub use endpoint::Endpoint;
pub use error::{Error, ErrorKind};
pub use field::{ColumnKind, Field, FieldKind};
pub use options::Options;
pub use page::{Page, Read};
pub use protocol::Protocol;
pub use secret::Secret;
pub use session::{Account, Session};
pub use totals::{Aggregate, Totals};
pub use traffic::{Traffic, thread_traffic};
pub use url::Url;
pub use written::WrittenRecord;
