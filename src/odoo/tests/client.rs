//! The Odoo client, against every Odoo there is.
//!
//! The same tests run against the sample Odoo in both its versions, and against real ones where the environment names
//! them: `ODOO19_URL`, `ODOO19_DB`, `ODOO19_LOGIN`, `ODOO19_SECRET` (an API key), `ODOO19_PASSWORD` (the same user's,
//! for JSON-RPC), and `ODOO14_URL` and so on. What goes wrong on purpose comes from the sample's reactions and from a
//! server that sends prepared bytes.

#[path = "client/decoding.rs"]
mod decoding;
#[path = "client/domain.rs"]
mod domain;
#[path = "client/faults.rs"]
mod faults;
#[path = "client/fields.rs"]
mod fields;
#[path = "client/malformed.rs"]
mod malformed;
#[path = "client/patience.rs"]
mod patience;
#[path = "client/reading.rs"]
mod reading;
#[path = "client/refusals.rs"]
mod refusals;
#[path = "client/servers.rs"]
mod servers;
#[path = "client/session.rs"]
mod session;
#[path = "client/url.rs"]
mod url;
#[path = "client/wire.rs"]
mod wire;
