//! Where to log in, and as whom.

use crate::error::{Error, ErrorKind};
use crate::quote::quote;
use crate::secret::Secret;
use crate::url::Url;

/// A server, a database and the credentials to log in with.
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
    /// The error for a database that the server does not have, or that Odoo did not create.
    pub(crate) fn unknown_database(&self) -> Error {
        let Endpoint { url, database, .. } = self;
        Error::new(ErrorKind::UnknownDatabase, format!("Odoo at {url} has no database \"{}\".", quote(database)))
            .with_hint(
                "Check the database's name, upper and lower case too; the address may serve another one (dbfilter in \
             Odoo's configuration).",
            )
    }
}
