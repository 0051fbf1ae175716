//! The Odoo client: logs in, asks what fields a model has, and reads records by columns.
//!
//! It knows no PostgreSQL: records go in as a [`Read`] and come out as a [`Page`] of typed [`Column`]s.
//! Both of Odoo's protocols are spoken, JSON-2 (19 and later) and JSON-RPC (14 and later); [`Client::open`] picks one.

mod cancel;
mod client;
mod column;
mod columnar;
mod date;
pub mod decode;
mod description;
mod domain;
mod error;
mod failure;
mod field;
mod json2;
mod jsonrpc;
mod login;
mod page;
mod protocol;
mod retry;
mod secret;
mod session;
mod sources;
mod totals;
mod traffic;
mod transport;
mod url;

pub use cancel::Cancel;
pub use client::{Client, Endpoint, Options};
pub use column::{Column, Texts};
pub use domain::Domain;
pub use error::{Error, ErrorKind};
pub use field::*;
pub use page::{Page, Read};
pub use secret::Secret;
pub use session::*;
pub use totals::{Aggregate, Totals};
pub use traffic::{Traffic, thread_traffic};
pub use url::Url;
