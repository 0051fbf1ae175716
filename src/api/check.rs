//! `check()`: whether all mirrors can be read, and what this server lacks.

use crate::api::arguments;
use crate::api::guard::guarded;
use crate::api::log_in::with_login;
use crate::failure::Failure;
use crate::mirror::column::MirrorColumn;
use crate::mirror::table::Table;
use crate::pg::identity;
use crate::reader::plan::{self, FieldPlan};
use crate::reader::source::Source;
use crate::reader::span::Span;
use crate::reader::spec::MirrorSpec;
use crate::reader::unreadable::UnreadableFields;
use crate::settings::{self, Settings};
use crate::state::catalogue::{self, WithDomain};
use crate::state::counts::counted;
use crate::state::extension::as_owner;
use crate::state::mirror_state;
use odoo::{Client, Domain, Error, ErrorKind};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::sync::Arc;

/// One row of the report: subject, ok, detail.
type Line = (String, bool, String);

/// How many records tell whether fields that Odoo computes can be read.
const SAMPLE: u64 = 50;

/// What Odoo says of a mirror.
struct Looked {
    line: Line,
    spec: MirrorSpec,
    /// The columns that it would have.
    columns: Vec<MirrorColumn>,
    /// The fields that a few records tell cannot be read.
    unreadable: UnreadableFields,
}

#[allow(clippy::type_complexity)]
#[pg_extern]
fn check(
    connection: default!(Option<&str>, "'odoo'"),
) -> Result<TableIterator<'static, (name!(subject, String), name!(ok, bool), name!(detail, String))>, ErrorReport> {
    guarded(|| {
        let connection = arguments::connection(connection)?;
        let settings = Settings::current();
        let access = connection.access(identity::current_user(), &settings)?;
        let listed = settings::types()?;
        let mirrors = as_owner(|| {
            let enabled = catalogue::enabled_types(&connection.name, listed.as_deref())?;
            catalogue::mirrors_with_domains(&connection.name, &enabled)
        })?;
        let url = access.endpoint.url.to_string();
        let login = access.endpoint.login.clone();
        let (mut lines, looked) = with_login(access.interactive(), move |opened| match opened {
            Ok(client) => report(client, &url, &login, mirrors),
            Err(error) => (vec![not_open(error)], Vec::new()),
        })?;
        for mirror in looked {
            lines.push(with_table(&connection.name, mirror)?);
        }
        Ok(TableIterator::new(lines))
    })
}

/// Asks Odoo; runs in a thread of its own.
fn report(client: Client, url: &str, login: &str, mirrors: Vec<WithDomain>) -> (Vec<Line>, Vec<Looked>) {
    let client = Arc::new(client);
    let is_encrypted = url.starts_with("https:");
    let session = client.session();
    let tls = match is_encrypted {
        true => "the certificate is valid for this host",
        false => "not used: the connection is not encrypted",
    };
    let server = format!("Odoo {} at {url}, by {}", session.server_version, session.protocol);
    let lines = vec![
        ("server".to_string(), true, server),
        ("TLS".to_string(), true, tls.to_string()),
        ("login".to_string(), true, format!("{login}, user {}", session.uid)),
    ];
    let of_series = |(spec, _): &WithDomain| spec.is_for(session.series);
    let mirrors = mirrors.into_iter().filter(of_series);
    (lines, mirrors.map(|(spec, domain)| mirror_line(&client, spec, domain)).collect())
}

fn not_open(error: Error) -> Line {
    let subject = match error.kind {
        ErrorKind::Authentication | ErrorKind::UnknownDatabase | ErrorKind::AccessDenied => "login",
        ErrorKind::Tls => "TLS",
        _ => "server",
    };
    (subject.to_string(), false, told(error))
}

fn mirror_line(client: &Arc<Client>, spec: MirrorSpec, domain: Result<Domain, Failure>) -> Looked {
    let subject = spec.name();
    let domain = match domain {
        Ok(domain) => domain,
        Err(failure) => {
            let line = (subject, false, failure.summary());
            return Looked { line, spec, columns: Vec::new(), unreadable: UnreadableFields::new() };
        }
    };
    let source = Source::new(client.clone(), spec, domain);
    let looked = source
        .client
        .fields(&source.spec.model)
        .and_then(|server| Ok((plan::fields(&source.spec, &server), source.count()?)))
        .and_then(|(plan, count)| Ok((try_fields(&source, &plan)?, plan, count)));
    let spec = &source.spec;
    let (mut columns, mut unreadable) = (Vec::new(), UnreadableFields::new());
    let line = match looked {
        Ok((found, plan, count)) => {
            unreadable = found;
            columns = plan.all().filter_map(MirrorColumn::of).collect();
            let fields = columns.len();
            let mut detail = format!("{}: {}, {fields} fields", spec.model, counted(count, "record"));
            if !plan.lacking.is_empty() {
                let lacking = plan.lacking.join(", ");
                detail
                    .push_str(&format!("; not on this server, not for this user, or with too long a name: {lacking}"));
            }
            (subject, true, detail)
        }
        Err(error) if error.kind == ErrorKind::UnknownModel => {
            let missing = format!("Odoo has no model {}: its module is not installed", spec.model);
            (subject, false, missing)
        }
        Err(error) => (subject, false, told(error)),
    };
    Looked { line, spec: source.spec, columns, unreadable }
}

/// Which fields that need a row read cannot be read of a few records.
fn try_fields(source: &Source, plan: &FieldPlan) -> Result<UnreadableFields, Error> {
    if plan.rows.is_empty() {
        return Ok(UnreadableFields::new());
    }
    let ids = source.search(&Domain::all(), Some(SAMPLE))?;
    source.set_plan(Arc::new(plan.clone()));
    // the first records stand for all of them
    source.unreadable.begin(&UnreadableFields::new(), true);
    match source.read(&Span::Only(ids)) {
        // errors of single records are isolated by runs
        Err(error) if !error.kind.may_be_one_record() => Err(error),
        _ => Ok(source.unreadable.found()),
    }
}

/// Appends to a mirror's row what the next run would do to its table.
fn with_table(connection: &str, mirror: Looked) -> Result<Line, Failure> {
    let Looked { line, spec, columns, unreadable } = mirror;
    let (subject, ok, mut detail) = line;
    if !ok {
        return Ok((subject, ok, detail));
    }
    let fields: Vec<String> = columns.iter().map(|column| column.field.clone()).collect();
    let known = as_owner(|| mirror_state::columns(connection, &spec.table_name))?;
    let gained = match Table::find(connection, &spec.table_name, columns, known.as_ref()) {
        Ok(found) => found.map(|(_, gained)| gained),
        Err(failure) => return Ok((subject, false, failure.summary())),
    };
    let is_known = |field: &str| known.as_ref().is_some_and(|known| known.contains_key(field));
    for column in gained.unwrap_or_default() {
        detail.push_str(&match column.name == column.field {
            true => format!("; the next run adds {}", column.name),
            false if is_known(&column.field) => {
                format!("; the type of {} changed: the next run adds {}", column.field, column.name)
            }
            false => format!("; {} is a user's column: the next run adds {}", column.field, column.name),
        });
    }
    let mut all_unreadable = as_owner(|| mirror_state::unreadable(connection, &spec.table_name))?;
    all_unreadable.retain(|field, _| fields.contains(field));
    for (field, found) in unreadable {
        all_unreadable.entry(field).or_insert(found);
    }
    for (field, unreadable) in all_unreadable {
        detail.push_str(&format!("; {field} {}", unreadable.told()));
    }
    let known = known.unwrap_or_default();
    for (_, column) in known.iter().filter(|(field, _)| !fields.contains(field)) {
        detail.push_str(&format!("; no longer in Odoo: the next run empties {column}"));
    }
    Ok((subject, true, detail))
}

fn told(error: Error) -> String {
    Failure::from(error).summary()
}
