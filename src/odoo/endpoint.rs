//! Which database of which server, and as whom.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use crate::secret::Secret;
use crate::url::Url;

/// Which database of which server, and as whom.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The server.
    pub url: Url,
    /// The database's name.
    pub database: String,
    /// The user's login.
    pub login: String,
    /// A password or an API key.
    pub secret: Secret,
}

impl Endpoint {
    /// Odoo has no such database, or none of its own making.
    pub(crate) fn unknown_database(&self) -> Error {
        let Endpoint { url, database, .. } = self;
        Error::new(
            ErrorKind::UnknownDatabase,
            format!("Odoo at {url} has no database \"{}\".", quote(database)),
        )
        .with_hint(
            "Check the database's name, upper and lower case too; the address may serve another one (dbfilter in \
             Odoo's configuration).",
        )
    }
}
