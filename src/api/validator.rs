//! The validator of the foreign data wrapper: which options a connection's server and user mappings take.

use crate::api::guard::guarded_in_any_version;
use crate::connection::secret_source;
use crate::failure::Failure;
use crate::settings::Settings;
use odoo::Url;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::path::Path;

/// Checks the options of a foreign server, or of a user mapping on one; each is `name=value`.
#[pg_extern(name = "validate_options")]
pub fn validate_options(options: Vec<Option<String>>, catalog: pg_sys::Oid) -> Result<(), ErrorReport> {
    guarded_in_any_version(|| {
        let allowed: &[&str] = match catalog {
            pg_sys::ForeignServerRelationId => &["url", "database", "ca_file"],
            pg_sys::UserMappingRelationId => &["login", "secret"],
            _ => &[],
        };
        if catalog == pg_sys::ForeignServerRelationId {
            let has = |name: &str| {
                let given = options.iter().flatten();
                given.into_iter().any(|option| option.split('=').next() == Some(name))
            };
            if let Some(lacking) = ["url", "database"].into_iter().find(|name| !has(name)) {
                return Err(Failure::new(
                    PgSqlErrorCode::ERRCODE_FDW_OPTION_NAME_NOT_FOUND,
                    format!("a connection needs the option {lacking}"),
                )
                .hint("odoo_sync.connect(url, database, login, secret) creates a connection with all its options."));
            }
        }
        for option in options.iter().flatten() {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            if !allowed.contains(&name) {
                let failure =
                    Failure::new(PgSqlErrorCode::ERRCODE_FDW_INVALID_OPTION_NAME, format!("invalid option {name:?}"));
                return Err(if allowed.is_empty() {
                    failure.hint("There are no valid options in this context.")
                } else {
                    failure.hint(format!("Valid options: {}.", allowed.join(", ")))
                });
            }
            if value.is_empty() {
                let failure = Failure::argument(format!("option {name} must not be empty"));
                return Err(failure.hint("Give it a value, or leave the option unchanged."));
            }
            match name {
                "url" => {
                    Url::parse(value, Settings::current().allow_http).map_err(Failure::from)?;
                }
                "ca_file" => secret_source::check_file(Path::new(value))?,
                "secret" => secret_source::check(value)?,
                _ => {}
            }
        }
        Ok(())
    })
}
