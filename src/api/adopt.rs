//! `adopt()`: a table that is there already becomes the mirror.

use crate::api::arguments;
use crate::api::guard::guarded;
use crate::api::log_in::with_login;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::mirror::adopt::{self, Found};
use crate::mirror::column::MirrorColumn;
use crate::mirror::table::{Table, Wanted};
use crate::pg::identity;
use crate::reader::source::Source;
use crate::reader::spec::MirrorSpec;
use crate::settings::Settings;
use crate::state::catalogue::{self, Deletes, TypeSpec};
use crate::state::extension::as_owner;
use crate::state::{lock, mirror_state};
use odoo::{Error, ErrorKind};
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::sync::Arc;

/// A row of the answer: what was done, to what, and to how many rows.
type Row = (String, String, Option<i64>);

/// What Odoo has for the mirror.
struct Asked {
    spec: MirrorSpec,
    columns: Vec<MirrorColumn>,
    ids: Vec<i64>,
}

// by hand, since pgrx knows no regclass
#[allow(clippy::type_complexity)]
#[pg_extern(sql = r#"
CREATE FUNCTION "adopt"("table_name" regclass, "type" text, "connection" text DEFAULT 'odoo')
RETURNS TABLE ("action" text, "detail" text, "row_count" bigint)
LANGUAGE c AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
"#)]
fn adopt(
    table_name: Option<pg_sys::Oid>,
    r#type: Option<&str>,
    connection: Option<&str>,
) -> Result<
    TableIterator<'static, (name!(action, String), name!(detail, String), name!(row_count, Option<i64>))>,
    ErrorReport,
> {
    guarded(|| {
        arguments::writable_server("odoo_sync.adopt()")?;
        let oid = arguments::required("table_name", table_name)?;
        let r#type = arguments::text("type", r#type)?.to_string();
        let connection = arguments::connection(connection)?;
        let types = [r#type.clone()];
        let (specs, type_spec) = as_owner(|| {
            catalogue::check_types(&types)?;
            let of_type = catalogue::types(&connection.name, &types)?.pop();
            Ok((catalogue::mirrors(&types)?, of_type.ok_or_else(|| no_longer(&r#type))?))
        })?;
        let found = look(oid)?;
        let specs = specs_for(&found, &connection, specs)?;
        if Table::is_mirror(&found.schema, &found.name)? {
            let told = format!("{} is a mirror already", found.qualified());
            return Ok(TableIterator::once(("nothing".to_string(), told, None)));
        }
        found.check()?;
        if !lock::try_lock_for_transaction(&connection.name, &r#type)? {
            return Err(busy(&connection, &r#type));
        }
        // no lock is held on the table while Odoo is asked
        let asked = ask(&connection, specs, type_spec.clone())?;
        let found = lock(found)?;
        Ok(TableIterator::new(make(&connection, found, asked, &type_spec)?))
    })
}

fn no_longer(name: &str) -> Failure {
    let message = format!("there is no type named {name:?} any more");
    Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT, message)
}

fn look(oid: pg_sys::Oid) -> Result<Found, Failure> {
    Found::look(oid)?.ok_or_else(|| {
        let message = format!("there is no table with the oid {}", oid.to_u32());
        Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE, message)
            .hint("Give the table's name, as in odoo_sync.adopt('odoo.invoices', 'invoices').")
    })
}

/// What the catalogue has for the mirror that the table stands in for, by its schema and name.
fn specs_for(found: &Found, connection: &Connection, specs: Vec<MirrorSpec>) -> Result<Vec<MirrorSpec>, Failure> {
    let table = found.qualified();
    let r#type = specs.first().map_or(String::new(), |spec| spec.r#type.clone());
    let mut names: Vec<String> = specs.iter().map(|spec| spec.table_name.clone()).collect();
    names.dedup();
    let specs: Vec<MirrorSpec> = specs.into_iter().filter(|spec| spec.table_name == found.name).collect();
    let quote = pgrx::spi::quote_identifier::<&str>;
    if matches!(found.schema.as_str(), "pg_catalog" | "information_schema" | "odoo_sync") {
        return Err(misplaced(format!("{table} is PostgreSQL's or odoo_sync's own"))
            .hint("Name the table that the mirror is to be made of."));
    }
    if found.schema != connection.name {
        let schema = quote(&connection.name);
        let message =
            format!("{table} is not in schema {schema}, where the mirrors of connection {} are", connection.name);
        return Err(misplaced(message).hint(format!("ALTER TABLE {table} SET SCHEMA {schema}; then adopt it.")));
    }
    if specs.is_empty() {
        let message = format!("type {type} has no mirror named {}", found.name);
        let name = names.first().map_or("...", String::as_str);
        return Err(misplaced(message).hint(format!(
            "Its mirrors are {}: ALTER TABLE {table} RENAME TO {}; then adopt it.",
            names.join(", "),
            quote(name)
        )));
    }
    Ok(specs)
}

fn misplaced(message: String) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_WRONG_OBJECT_TYPE, message)
}

fn busy(connection: &Connection, r#type: &str) -> Failure {
    let message = format!("a run of {type} on connection {} is under way", connection.name);
    Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, message).hint("Wait for it to end, or call odoo_sync.cancel().")
}

/// Asks Odoo which fields and which records it has for the mirror.
fn ask(connection: &Connection, specs: Vec<MirrorSpec>, of_type: TypeSpec) -> Result<Asked, Failure> {
    let settings = Settings::current();
    let access = connection.access(identity::current_user(), &settings)?;
    let place = format!("connection {}", connection.name);
    let asked = with_login(access.interactive(), move |opened| {
        let client = opened?;
        let series = client.session().series;
        let Some(spec) = specs.into_iter().find(|spec| spec.is_for(series)) else {
            let message = format!("The catalogue has no such mirror for Odoo {series}.");
            return Ok(Err(Failure::from(Error::new(ErrorKind::UnknownModel, message))));
        };
        let domain = match of_type.domain_of(&spec) {
            Ok(domain) => domain,
            Err(failure) => return Ok(Err(failure)),
        };
        let source = Source::new(Arc::new(client), spec, domain);
        let (plan, _) = source.ask_fields()?;
        let ids = source.ids()?;
        let columns = plan.all().filter_map(MirrorColumn::of).collect();
        Ok::<_, Error>(Ok(Asked { spec: source.spec, columns, ids }))
    })?;
    asked.map_err(Failure::from).and_then(|asked| asked).map_err(|failure| failure.at(place))
}

/// Takes an ACCESS EXCLUSIVE lock on the table, and reads its definition again.
fn lock(found: Found) -> Result<Found, Failure> {
    let table = found.qualified();
    Spi::run(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))?;
    let now = look(found.oid())?;
    if now.qualified() == table {
        return Ok(now);
    }
    let message = format!("{table} was renamed or moved meanwhile");
    Err(Failure::new(PgSqlErrorCode::ERRCODE_OBJECT_IN_USE, message).hint("Adopt it again."))
}

fn make(connection: &Connection, found: Found, asked: Asked, of_type: &TypeSpec) -> Result<Vec<Row>, Failure> {
    let Asked { spec, columns, ids } = asked;
    let table = found.qualified();
    let wanted = Wanted {
        schema: &connection.name,
        name: &spec.table_name,
        model: &spec.model,
        columns,
        unique_key: spec.unique_key.clone(),
        marks: of_type.deletes == Deletes::Mark,
        known: None,
    };
    let actions = adopt::adopt(found, wanted, &ids).map_err(|failure| match failure.is_cancelled() {
        true => failure,
        false => failure.at(format!("adopting {table}")),
    })?;
    mirror_state::forget(&connection.name, &spec.table_name)?;
    Ok(actions.into_iter().map(|action| (action.action.to_string(), action.detail, action.rows)).collect())
}
