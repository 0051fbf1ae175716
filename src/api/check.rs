//! `check()`: can everything be read, and what does this server lack?

use crate::api::arguments;
use crate::connection;
use crate::failure::{Failure, guarded};
use crate::odoo::{Cancel, Client, Endpoint, Error, ErrorKind, Options};
use crate::pg::identity::{self, as_owner};
use crate::pg::thread;
use crate::settings::{self, Settings};
use crate::sync::catalogue::{self, MirrorSpec};
use crate::sync::plan;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// One line of the report: what was looked at, whether it is well, and what was seen.
type Line = (String, bool, String);

#[allow(clippy::type_complexity)]
#[pg_extern]
fn check(
    connection: default!(Option<&str>, "'odoo'"),
) -> Result<
    TableIterator<
        'static,
        (
            name!(subject, String),
            name!(ok, bool),
            name!(detail, String),
        ),
    >,
    ErrorReport,
> {
    guarded(|| {
        let connection = arguments::connection(connection)?;
        let settings = Settings::current();
        let endpoint = connection.endpoint(identity::current_user(), &settings)?;
        let options = connection::interactive(connection.options(&settings));
        let listed = settings::types()?;
        let mirrors = as_owner(|| {
            let types = catalogue::enabled_types(&connection.name, listed.as_deref())?;
            catalogue::mirrors(&types)
        })?;
        Ok(TableIterator::new(thread::wait_for(move || {
            report(endpoint, options, &mirrors)
        })?))
    })
}

/// Asks Odoo; runs in a thread of its own.
fn report(endpoint: Endpoint, options: Options, mirrors: &[MirrorSpec]) -> Vec<Line> {
    let url = endpoint.url.to_string();
    let login = endpoint.login.clone();
    let is_encrypted = url.starts_with("https:");
    let client = match Client::open(endpoint, options, Cancel::new()) {
        Ok(client) => client,
        Err(error) => {
            let subject = match error.kind {
                ErrorKind::Authentication
                | ErrorKind::UnknownDatabase
                | ErrorKind::AccessDenied => "login",
                ErrorKind::Tls => "TLS",
                _ => "server",
            };
            return vec![(subject.to_string(), false, told(error))];
        }
    };
    let session = client.session();
    let tls = if is_encrypted {
        "the certificate is valid for this host"
    } else {
        "not used: the connection is not encrypted"
    };
    let mut lines = vec![
        (
            "server".to_string(),
            true,
            format!(
                "Odoo {} at {url}, by {}",
                session.server_version, session.protocol
            ),
        ),
        ("TLS".to_string(), true, tls.to_string()),
        (
            "login".to_string(),
            true,
            format!("{login}, user {}", session.uid),
        ),
    ];
    let of_series = |spec: &&MirrorSpec| (spec.since..=spec.until).contains(&session.series);
    lines.extend(
        mirrors
            .iter()
            .filter(of_series)
            .map(|spec| mirror_line(&client, spec)),
    );
    lines
}

fn mirror_line(client: &Client, spec: &MirrorSpec) -> Line {
    let subject = format!("{}.{}", spec.r#type, spec.table_name);
    let looked = client.fields(&spec.model).and_then(|server| {
        let plan = plan::fields(spec, &server);
        let domain = crate::odoo::Domain::parse(&spec.domain)?;
        Ok((plan, client.count(&spec.model, &domain)?))
    });
    match looked {
        Ok((plan, count)) => {
            let fields = plan.all().count();
            let mut detail = format!("{}: {count} records, {fields} fields", spec.model);
            if !plan.lacking.is_empty() {
                detail.push_str(&format!(
                    "; not on this server, or not for this user: {}",
                    plan.lacking.join(", ")
                ));
            }
            (subject, true, detail)
        }
        Err(error) if error.kind == ErrorKind::UnknownModel => (
            subject,
            false,
            format!(
                "Odoo has no model {}: its module is not installed",
                spec.model
            ),
        ),
        Err(error) => (subject, false, told(error)),
    }
}

fn told(error: Error) -> String {
    Failure::from(error).summary()
}
