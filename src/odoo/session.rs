//! What is known once logged in, and what it cost.

use std::fmt;
use std::time::SystemTime;

/// How the client talks to this server.
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

/// A login that succeeded.
#[derive(Debug, Clone)]
pub struct Session {
    /// As the server tells it: `19.0`, `14.0`, `saas~18.2`.
    pub server_version: String,
    /// The major version: 19, 14; 18 for `saas~18.2`.
    pub series: u32,
    /// How the client talks to it.
    pub protocol: Protocol,
    /// The user's id in `res.users`.
    pub uid: i64,
    /// The user's language, such as `en_US`; records are read in it.
    pub lang: Option<String>,
    /// Odoo's clock when the session began, in whole seconds: the `Date` of the first answer.
    pub started: SystemTime,
}

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's name, as Odoo shows it.
    pub user_name: String,
    /// The user's login.
    pub login: String,
    /// The name of the user's current company.
    pub company: String,
    /// The id of that company in `res.company`.
    pub company_id: i64,
}
