//! `connect()` and `disconnect()`: create, change and drop a connection.

use crate::api::guard::guarded;
use crate::api::log_in::with_login;
use crate::api::{arguments, schedule};
use crate::connection::secret_source;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::pg::credentials::{self, Credentials};
use crate::pg::guc;
use crate::reader::access::Access;
use crate::settings::Settings;
use crate::state::extension::as_owner;
use odoo::{Account, Error, Secret, Session, Url};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::spi::{quote_identifier, quote_literal};
use std::path::Path;

#[allow(clippy::type_complexity)]
#[pg_extern]
fn connect(
    url: Option<&str>,
    database: Option<&str>,
    login: Option<&str>,
    secret: Option<&str>,
    name: default!(Option<&str>, "'odoo'"),
    ca_file: default!(Option<&str>, "NULL"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(name, String),
            name!(url, String),
            name!(database, String),
            name!(server_version, String),
            name!(protocol, String),
            name!(user_name, String),
            name!(company, String),
        ),
    >,
    ErrorReport,
> {
    guc::without_statement(|| {
        guarded(|| {
            arguments::writable_server("odoo_sync.connect()")?;
            let settings = Settings::current();
            let name = valid_name(arguments::text("name", name)?)?;
            let url = Url::parse(arguments::text("url", url)?, settings.allow_http).map_err(Failure::from)?;
            let before = existing(name)?;
            let connection = Connection {
                name: name.to_string(),
                url: url.to_string(),
                database: arguments::text("database", database)?.to_string(),
                ca_file: authorities(ca_file, before.as_ref())?,
            };
            let credentials = Credentials {
                login: arguments::text("login", login)?.to_string(),
                secret: Secret::new(arguments::text("secret", secret)?.to_string()),
            };
            let access = connection.access_with(url, &credentials, &settings)?;
            let (session, account) = log_in(access.interactive())?;
            store(&connection, &credentials, before.as_ref())?;
            Ok(TableIterator::once((
                connection.name,
                connection.url,
                connection.database,
                session.server_version,
                session.protocol.to_string(),
                account.user_name,
                account.company,
            )))
        })
    })
}

/// A name that can be both a foreign server's and a schema's.
fn valid_name(name: &str) -> Result<&str, Failure> {
    const LONGEST: usize = 63;
    if name.len() > LONGEST {
        let message = format!("name must not be longer than {LONGEST} bytes");
        return Err(Failure::argument(message).hint("The mirrors are created in the schema of this name."));
    }
    if name.starts_with("pg_") || matches!(name, "odoo_sync" | "information_schema") {
        return Err(Failure::argument(format!("name must not be {name:?}"))
            .hint("The mirrors are created in the schema of this name, which is reserved."));
    }
    Ok(name)
}

/// The connection that `connect()` replaces, if there is one. Fails when another wrapper's foreign server or an
/// extension's schema has the name, or while a run of the connection is under way.
fn existing(name: &str) -> Result<Option<Connection>, Failure> {
    if let Some(connection) = connection::all()?.into_iter().find(|connection| connection.name == name) {
        connection.ensure_idle()?;
        return Ok(Some(connection));
    }
    let taken = Spi::get_one_with_args::<bool>(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_foreign_server WHERE srvname = $1)",
        &[name.into()],
    )?;
    if taken == Some(true) {
        let message = format!("foreign server {name:?} already exists and is not a connection to Odoo");
        return Err(Failure::new(PgSqlErrorCode::ERRCODE_DUPLICATE_OBJECT, message)
            .hint("Choose another name: odoo_sync.connect(..., name => 'odoo_erp')."));
    }
    let extension = Spi::get_one_with_args::<String>(
        "SELECT (SELECT e.extname FROM pg_catalog.pg_namespace n
                 JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = n.oid
                      AND d.deptype = 'e'
                 JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                 WHERE n.nspname = $1)::text",
        &[name.into()],
    )?;
    if let Some(extension) = extension {
        let message = format!("schema {name:?} belongs to extension {extension}");
        return Err(Failure::argument(message)
            .hint("The mirrors are created in the schema of the connection's name. Choose another name: odoo_sync.connect(..., name => 'odoo_erp')."));
    }
    Ok(None)
}

/// The file with the CA certificates that the server's is verified against: the named one, else the one that was set
/// before; an empty name resets it to the system's.
fn authorities(named: Option<&str>, before: Option<&Connection>) -> Result<Option<String>, Failure> {
    match named {
        None => Ok(before.and_then(|before| before.ca_file.clone())),
        Some("") => Ok(None),
        Some(path) => {
            secret_source::check_file(Path::new(path)).map_err(|failure| failure.at("ca_file"))?;
            Ok(Some(path.to_string()))
        }
    }
}

fn log_in(access: Access) -> Result<(Session, Account), Failure> {
    Ok(with_login(access, |opened| {
        let client = opened?;
        let account = client.account()?;
        Ok::<_, Error>((client.session().clone(), account))
    })??)
}

/// Writes the foreign server, the caller's user mapping and the connection's types.
fn store(connection: &Connection, credentials: &Credentials, before: Option<&Connection>) -> Result<(), Failure> {
    let name = connection.name.as_str();
    let server = quote_identifier(name);
    let changes = changes(connection, before);
    if before.is_none() {
        Spi::run(&format!("CREATE SERVER {server} FOREIGN DATA WRAPPER odoo_sync OPTIONS ({changes})"))?;
    } else if !changes.is_empty() {
        // requires ownership of the server, which a role that only changes its own login may lack
        Spi::run(&format!("ALTER SERVER {server} OPTIONS ({changes})"))?;
    }
    credentials::write(name, credentials)?;
    let is_same = before.is_some_and(|before| before.url == connection.url && before.database == connection.database);
    as_owner(|| {
        Spi::run_with_args(
            "INSERT INTO odoo_sync.types (connection, type) SELECT DISTINCT $1, type FROM odoo_sync.mirrors
             ON CONFLICT DO NOTHING",
            &[name.into()],
        )?;
        if !is_same {
            // another Odoo database, to which the recorded state of the old one does not apply
            Spi::run_with_args("DELETE FROM odoo_sync.mirror_state WHERE connection = $1", &[name.into()])?;
        }
        Ok(())
    })
}

/// The OPTIONS clause for CREATE or ALTER SERVER: all options that differ from before.
fn changes(connection: &Connection, before: Option<&Connection>) -> String {
    type Value = fn(&Connection) -> Option<&str>;
    let options: [(&str, Value); 3] = [
        ("url", |connection| Some(&connection.url)),
        ("database", |connection| Some(&connection.database)),
        ("ca_file", |connection| connection.ca_file.as_deref()),
    ];
    let changes = options.iter().filter_map(|(name, of)| {
        let quoted = |value: &str| quote_literal(value);
        match (before.and_then(of), of(connection)) {
            (None, Some(value)) if before.is_none() => Some(format!("{name} {}", quoted(value))),
            (None, Some(value)) => Some(format!("ADD {name} {}", quoted(value))),
            (Some(old), Some(value)) if old != value => Some(format!("SET {name} {}", quoted(value))),
            (Some(_), None) => Some(format!("DROP {name}")),
            _ => None,
        }
    });
    changes.collect::<Vec<String>>().join(", ")
}

#[pg_extern]
fn disconnect(name: Option<&str>) -> Result<(), ErrorReport> {
    guarded(|| {
        arguments::writable_server("odoo_sync.disconnect()")?;
        let connection = connection::find(arguments::text("name", name)?)?;
        connection.ensure_idle()?;
        schedule::forget(&connection.name)?;
        Spi::run(&format!("DROP SERVER {} CASCADE", quote_identifier(&connection.name))).map_err(Failure::from)?;
        as_owner(|| {
            for table in ["types", "mirror_state", "runs", "failures"] {
                Spi::run_with_args(
                    &format!("DELETE FROM odoo_sync.{table} WHERE connection = $1"),
                    &[connection.name.as_str().into()],
                )?;
            }
            Ok(())
        })?;
        Ok(())
    })
}
