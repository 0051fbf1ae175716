//! `check()`: can everything be read, and what does this server lack?

use crate::api::arguments;
use crate::connection;
use crate::failure::{Failure, guarded};
use crate::mirror::column::MirrorColumn;
use crate::mirror::table::Table;
use crate::pg::identity::{self, as_owner};
use crate::pg::thread;
use crate::settings::{self, Settings};
use crate::sync::catalogue::{self, MirrorSpec, WithDomain};
use crate::sync::progress::counted;
use crate::sync::{plan, state};
use odoo::{Cancel, Client, Domain, Endpoint, Error, ErrorKind, Options};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// One line of the report: what was looked at, whether it is well, and what was seen.
type Line = (String, bool, String);

/// A mirror's line, and the columns that it would have.
type MirrorLine = (Line, MirrorSpec, Vec<MirrorColumn>);

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
            let enabled = catalogue::enabled_types(&connection.name, listed.as_deref())?;
            catalogue::mirrors_with_domains(&connection.name, &enabled)
        })?;
        let (mut lines, looked) = thread::wait_for(move || report(endpoint, options, mirrors))?;
        for mirror in looked {
            lines.push(with_table(&connection.name, mirror)?);
        }
        Ok(TableIterator::new(lines))
    })
}

/// Asks Odoo; runs in a thread of its own.
fn report(
    endpoint: Endpoint,
    options: Options,
    mirrors: Vec<WithDomain>,
) -> (Vec<Line>, Vec<MirrorLine>) {
    let url = endpoint.url.to_string();
    let login = endpoint.login.clone();
    let is_encrypted = url.starts_with("https:");
    let client = match Client::open(endpoint, options, Cancel::new()) {
        Ok(client) => client,
        Err(error) => return (vec![not_open(error)], Vec::new()),
    };
    let session = client.session();
    let tls = match is_encrypted {
        true => "the certificate is valid for this host",
        false => "not used: the connection is not encrypted",
    };
    let server = format!(
        "Odoo {} at {url}, by {}",
        session.server_version, session.protocol
    );
    let lines = vec![
        ("server".to_string(), true, server),
        ("TLS".to_string(), true, tls.to_string()),
        (
            "login".to_string(),
            true,
            format!("{login}, user {}", session.uid),
        ),
    ];
    let of_series = |(spec, _): &WithDomain| (spec.since..=spec.until).contains(&session.series);
    let mirrors = mirrors.into_iter().filter(of_series);
    (
        lines,
        mirrors
            .map(|(spec, domain)| mirror_line(&client, spec, domain))
            .collect(),
    )
}

fn not_open(error: Error) -> Line {
    let subject = match error.kind {
        ErrorKind::Authentication | ErrorKind::UnknownDatabase | ErrorKind::AccessDenied => "login",
        ErrorKind::Tls => "TLS",
        _ => "server",
    };
    (subject.to_string(), false, told(error))
}

fn mirror_line(client: &Client, spec: MirrorSpec, domain: Result<Domain, Failure>) -> MirrorLine {
    let subject = format!("{}.{}", spec.r#type, spec.table_name);
    let domain = match domain {
        Ok(domain) => domain,
        Err(failure) => return ((subject, false, failure.summary()), spec, Vec::new()),
    };
    let looked = client.fields(&spec.model).and_then(|server| {
        Ok((
            plan::fields(&spec, &server),
            client.count(&spec.model, &domain)?,
        ))
    });
    let mut columns = Vec::new();
    let line = match looked {
        Ok((plan, count)) => {
            columns = plan.all().filter_map(MirrorColumn::of).collect();
            let fields = columns.len();
            let mut detail = format!(
                "{}: {}, {fields} fields",
                spec.model,
                counted(count, "record")
            );
            if !plan.lacking.is_empty() {
                let lacking = plan.lacking.join(", ");
                detail.push_str(&format!(
                    "; not on this server, not for this user, or with too long a name: {lacking}"
                ));
            }
            (subject, true, detail)
        }
        Err(error) if error.kind == ErrorKind::UnknownModel => {
            let missing = format!(
                "Odoo has no model {}: its module is not installed",
                spec.model
            );
            (subject, false, missing)
        }
        Err(error) => (subject, false, told(error)),
    };
    (line, spec, columns)
}

/// What the next run would do to the mirror's table, behind what Odoo says.
fn with_table(connection: &str, mirror: MirrorLine) -> Result<Line, Failure> {
    let ((subject, ok, mut detail), spec, columns) = mirror;
    if !ok {
        return Ok((subject, ok, detail));
    }
    let fields: Vec<String> = columns.iter().map(|column| column.field.clone()).collect();
    let known = as_owner(|| state::columns(connection, &spec.table_name))?;
    let gained = match Table::find(connection, &spec.table_name, columns, known.as_ref()) {
        Ok(found) => found.map(|(_, gained)| gained),
        Err(failure) => return Ok((subject, false, failure.summary())),
    };
    let is_known = |field: &str| {
        known
            .as_ref()
            .is_some_and(|known| known.contains_key(field))
    };
    for column in gained.unwrap_or_default() {
        detail.push_str(&match column.name == column.field {
            true => format!("; the next run adds {}", column.name),
            false if is_known(&column.field) => format!(
                "; the type of {} changed: the next run adds {}",
                column.field, column.name
            ),
            false => format!(
                "; the table has a {} of its own: the next run adds {}",
                column.field, column.name
            ),
        });
    }
    let known = known.unwrap_or_default();
    for (_, column) in known.iter().filter(|(field, _)| !fields.contains(field)) {
        detail.push_str(&format!(
            "; no longer in Odoo: the next run empties {column}"
        ));
    }
    Ok((subject, true, detail))
}

fn told(error: Error) -> String {
    Failure::from(error).summary()
}
