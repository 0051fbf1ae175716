//! A connection: one Odoo database to read from, kept as a foreign server, whose name is also the schema of its
//! mirrors.

pub mod secret_source;

use crate::failure::Failure;
use crate::pg::credentials::{self, Credentials};
use crate::pg::{identity, sql};
use crate::reader::access::Access;
use crate::settings::Settings;
use crate::state::extension::as_owner;
use odoo::{Endpoint, Options, Url};
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// What the foreign server says of a connection. The secret is not part of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Connection {
    pub name: String,
    pub url: String,
    pub database: String,
    pub ca_file: Option<String>,
}

/// All connections of this database, by name.
pub fn all() -> Result<Vec<Connection>, Failure> {
    sql::rows(
        // a server that was made by hand may lack either
        "SELECT s.srvname AS name, coalesce(o.url, '') AS url, coalesce(o.database, '') AS database, o.ca_file
         FROM pg_catalog.pg_foreign_server s
         JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw AND w.fdwname = 'odoo_sync',
         LATERAL (SELECT max(option_value) FILTER (WHERE option_name = 'url') AS url,
                         max(option_value) FILTER (WHERE option_name = 'database') AS database,
                         max(option_value) FILTER (WHERE option_name = 'ca_file') AS ca_file
                  FROM pg_catalog.pg_options_to_table(s.srvoptions)) AS o
         ORDER BY s.srvname",
        &[],
    )
}

/// The connection of that name.
pub fn find(name: &str) -> Result<Connection, Failure> {
    let mut all = all()?;
    match all.iter().position(|connection| connection.name == name) {
        Some(at) => Ok(all.swap_remove(at)),
        None => Err(unknown(name, &all)),
    }
}

fn unknown(name: &str, all: &[Connection]) -> Failure {
    let hint = if all.is_empty() {
        "There is none yet; odoo_sync.connect(url, database, login, secret) makes one.".to_string()
    } else {
        let names: Vec<&str> = all.iter().map(|connection| connection.name.as_str()).collect();
        format!("There is: {}. odoo_sync.connect() makes another.", names.join(", "))
    };
    Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, format!("there is no connection named {name:?}")).hint(hint)
}

/// The one that is named, or all of them; an error when there is none at all.
pub fn named_or_all(name: Option<&str>) -> Result<Vec<Connection>, Failure> {
    match name {
        Some("") => {
            Err(Failure::argument("connection must not be empty")
                .hint("Leave it out, or pass NULL, for all connections."))
        }
        Some(name) => Ok(vec![find(name)?]),
        None => all(),
    }
}

/// The connections for a caller who wants to use them: the one that is named, or of all connections those that the
/// caller may use and has a login for. Where there is none such, the first will tell why.
///
/// # Errors
/// One that is named, or the first of several, which is not the caller's to use.
pub fn usable(name: Option<&str>) -> Result<Vec<Connection>, Failure> {
    let mut connections = named_or_all(name)?;
    if name.is_none() {
        let mine: Option<Vec<String>> = Spi::get_one(
            "SELECT pg_catalog.array_agg(s.srvname::text) FROM pg_catalog.pg_foreign_server s
             WHERE pg_catalog.has_server_privilege(s.oid, 'USAGE')
               AND EXISTS (SELECT FROM pg_catalog.pg_user_mappings m
                           WHERE m.srvid = s.oid AND m.usename IN (current_user, 'public'))",
        )?;
        let is_mine = |connection: &Connection| mine.iter().flatten().any(|name| *name == connection.name);
        if connections.iter().any(is_mine) {
            connections.retain(is_mine);
            return Ok(connections);
        }
    }
    if let Some(connection) = connections.first() {
        credentials::ensure_usable(&connection.name, identity::current_user())?;
    }
    Ok(connections)
}

impl Connection {
    /// Where to log in and how, with the login of `role`.
    pub fn access(&self, role: pg_sys::Oid, settings: &Settings) -> Result<Access, Failure> {
        let credentials = credentials::read(&self.name, role)?;
        let url = Url::parse(&self.url, settings.allow_http)?;
        self.access_with(url, &credentials, settings)
    }

    /// Where to log in and how, with a login that is not stored yet.
    pub fn access_with(&self, url: Url, credentials: &Credentials, settings: &Settings) -> Result<Access, Failure> {
        Ok(Access {
            endpoint: Endpoint {
                url,
                database: self.database.clone(),
                login: credentials.login.clone(),
                secret: secret_source::read(credentials.secret.clone())?,
            },
            options: Options {
                timeout: Duration::from_secs(settings.timeout_s),
                max_retries: settings.max_retries,
                delay: Duration::from_millis(settings.delay_ms),
                max_response: settings.max_response_mb * 1024 * 1024,
                ca_file: self.ca_file.as_ref().map(PathBuf::from),
            },
        })
    }

    /// Fails while a run of this connection is under way.
    pub fn ensure_idle(&self) -> Result<(), Failure> {
        let running = as_owner(|| {
            Ok(Spi::get_one_with_args::<bool>(
                "SELECT EXISTS (SELECT FROM odoo_sync.types t
                                WHERE t.connection = $1 AND odoo_sync.is_running(t.connection, t.type))",
                &[self.name.as_str().into()],
            )?)
        })?;
        if running == Some(true) {
            let message = format!("a run of connection {} is under way", self.name);
            return Err(Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, message)
                .hint("Wait for it to end, or call odoo_sync.cancel()."));
        }
        Ok(())
    }
}
