//! `connect()` and `disconnect()`.

use crate::api::arguments;
use crate::connection::{self, Connection};
use crate::failure::{Failure, guarded};
use crate::odoo::{Account, Cancel, Client, Endpoint, Secret, Session, Url};
use crate::pg::credentials::{self, Credentials};
use crate::pg::identity::as_owner;
use crate::pg::thread;
use crate::settings::Settings;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::spi::{quote_identifier, quote_literal};

#[allow(clippy::type_complexity)]
#[pg_extern]
fn connect(
    url: Option<&str>,
    database: Option<&str>,
    login: Option<&str>,
    secret: Option<&str>,
    name: default!(Option<&str>, "'odoo'"),
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
    guarded(|| {
        arguments::writable_server("odoo_sync.connect()")?;
        let settings = Settings::current();
        let name = valid_name(arguments::text("name", name)?)?;
        let url =
            Url::parse(arguments::text("url", url)?, settings.allow_http).map_err(Failure::from)?;
        let endpoint = Endpoint {
            url,
            database: arguments::text("database", database)?.to_string(),
            login: arguments::text("login", login)?.to_string(),
            secret: Secret::new(arguments::text("secret", secret)?.to_string()),
        };
        let before = existing(name)?;
        let (session, account) = log_in(endpoint.clone(), &settings, before.as_ref())?;
        store(name, &endpoint, before.as_ref())?;
        Ok(TableIterator::once((
            name.to_string(),
            endpoint.url.to_string(),
            endpoint.database,
            session.server_version,
            session.protocol.to_string(),
            account.user_name,
            account.company,
        )))
    })
}

/// A name that can be both a foreign server's and a schema's.
fn valid_name(name: &str) -> Result<&str, Failure> {
    const LONGEST: usize = 63;
    if name.len() > LONGEST {
        let message = format!("name must not be longer than {LONGEST} bytes");
        return Err(
            Failure::argument(message).hint("It is the schema that the mirrors are put in.")
        );
    }
    if name.starts_with("pg_") || matches!(name, "odoo_sync" | "information_schema") {
        return Err(Failure::argument(format!("name must not be {name:?}"))
            .hint("It is the schema that the mirrors are put in, and that one is taken."));
    }
    Ok(name)
}

/// The connection that is to be replaced; another wrapper's server of that name is not ours to touch.
fn existing(name: &str) -> Result<Option<Connection>, Failure> {
    if let Some(connection) = connection::all()?
        .into_iter()
        .find(|connection| connection.name == name)
    {
        connection.ensure_idle()?;
        return Ok(Some(connection));
    }
    let taken = Spi::get_one_with_args::<bool>(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_foreign_server WHERE srvname = $1)",
        &[name.into()],
    )?;
    if taken == Some(true) {
        let message =
            format!("a foreign server named {name:?} exists already, and is no connection to Odoo");
        return Err(
            Failure::new(PgSqlErrorCode::ERRCODE_DUPLICATE_OBJECT, message)
                .hint("Choose another name: odoo_sync.connect(…, name => 'odoo_erp')."),
        );
    }
    Ok(None)
}

fn log_in(
    endpoint: Endpoint,
    settings: &Settings,
    before: Option<&Connection>,
) -> Result<(Session, Account), Failure> {
    let ca_file = before.and_then(|connection| connection.ca_file.as_deref());
    let options = connection::interactive(connection::client_options(settings, ca_file));
    Ok(thread::wait_for(move || {
        let client = Client::open(endpoint, options, Cancel::new())?;
        let account = client.account()?;
        Ok::<_, crate::odoo::Error>((client.session().clone(), account))
    })??)
}

/// Writes the foreign server, the caller's user mapping and the connection's types.
fn store(name: &str, endpoint: &Endpoint, before: Option<&Connection>) -> Result<(), Failure> {
    let (server, url) = (quote_identifier(name), endpoint.url.to_string());
    let (quoted_url, database) = (quote_literal(&url), quote_literal(&endpoint.database));
    let statement = match before {
        None => format!(
            "CREATE SERVER {server} FOREIGN DATA WRAPPER odoo_sync OPTIONS (url {quoted_url}, database {database})"
        ),
        Some(_) => {
            format!("ALTER SERVER {server} OPTIONS (SET url {quoted_url}, SET database {database})")
        }
    };
    Spi::run(&statement)?;
    credentials::write(
        name,
        &Credentials {
            login: endpoint.login.clone(),
            secret: endpoint.secret.clone(),
        },
    )?;
    let is_same =
        before.is_some_and(|before| before.url == url && before.database == endpoint.database);
    as_owner(|| {
        Spi::run_with_args(
            "INSERT INTO odoo_sync.types (connection, type) SELECT DISTINCT $1, type FROM odoo_sync.mirrors
             ON CONFLICT DO NOTHING",
            &[name.into()],
        )?;
        if !is_same {
            // another Odoo: what was known of the old one's state says nothing of this one's
            Spi::run_with_args(
                "DELETE FROM odoo_sync.mirror_state WHERE connection = $1",
                &[name.into()],
            )?;
        }
        Ok(())
    })
}

#[pg_extern]
fn disconnect(name: Option<&str>) -> Result<(), ErrorReport> {
    guarded(|| {
        arguments::writable_server("odoo_sync.disconnect()")?;
        let connection = connection::find(arguments::text("name", name)?)?;
        connection.ensure_idle()?;
        Spi::run(&format!(
            "DROP SERVER {} CASCADE",
            quote_identifier(&connection.name)
        ))
        .map_err(Failure::from)?;
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
