//! What is known once logged in.

use crate::protocol::Protocol;
use std::time::SystemTime;

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

impl Session {
    /// Whether the columnar read is `formatted_read_group`; before, it is `read_group`.
    pub(crate) fn has_formatted_read_group(&self) -> bool {
        self.series >= 19
    }

    /// Whether `search_read` takes `load`, which leaves out the names of the records pointed to.
    pub(crate) fn search_read_takes_load(&self) -> bool {
        self.series >= 15
    }

    /// Whether the ids of `account.root` are the first letters of account codes, and no numbers.
    pub(crate) fn account_root_ids_are_text(&self) -> bool {
        self.series >= 18
    }
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
