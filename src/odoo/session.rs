//! The session of a login: server version, protocol, user.

use crate::protocol::Protocol;
use std::time::SystemTime;

/// What is known about the server and the user once logged in.
#[derive(Debug, Clone)]
pub struct Session {
    /// The version as the server reports it: `19.0`, `14.0`, `saas~18.2`.
    pub server_version: String,
    /// The major version: 19, 14; 18 for `saas~18.2`.
    pub series: u32,
    /// The protocol of all calls.
    pub protocol: Protocol,
    /// The user's id in `res.users`.
    pub uid: i64,
    /// The user's language, such as `en_US`, in which translated fields are read.
    pub lang: Option<String>,
    /// Odoo's clock when the session began, in whole seconds: the `Date` of the first answer.
    pub started: SystemTime,
}

impl Session {
    /// Whether the columnar read is `formatted_read_group`; before, it is `read_group`.
    pub(crate) fn has_formatted_read_group(&self) -> bool {
        self.series >= 19
    }

    /// Whether `search_read` takes `load`, which reads a many2one without the other record's name.
    pub(crate) fn search_read_takes_load(&self) -> bool {
        self.series >= 15
    }

    /// Whether the ids of `account.root` are the first letters of account codes rather than integers.
    pub(crate) fn account_root_ids_are_text(&self) -> bool {
        self.series >= 18
    }
}

/// The user who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user's name.
    pub user_name: String,
    /// The user's login.
    pub login: String,
    /// The name of the user's current company.
    pub company: String,
    /// The id of that company in `res.company`.
    pub company_id: i64,
}
