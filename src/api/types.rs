//! Resolves which types a call is for.

use crate::api::arguments;
use crate::failure::Failure;
use crate::settings;
use crate::state::catalogue;
use crate::state::extension::as_owner;

/// The types that the setting `odoo_sync.types` lists; fails when one of them does not exist.
pub fn listed() -> Result<Option<Vec<String>>, Failure> {
    let listed = settings::types()?;
    if let Some(listed) = &listed {
        as_owner(|| catalogue::check_types(listed)).map_err(|failure| failure.at("odoo_sync.types"))?;
    }
    Ok(listed)
}

/// The types that the caller names, without duplicates; None: those that are enabled.
pub fn named(types: Option<Vec<Option<String>>>) -> Result<Option<Vec<String>>, Failure> {
    let Some(types) = types else { return Ok(None) };
    let mut named = Vec::new();
    for name in types {
        let name = arguments::text("a type's name", name.as_deref())?.to_string();
        if !named.contains(&name) {
            named.push(name);
        }
    }
    if named.is_empty() {
        return Err(Failure::argument("types must not be an empty array")
            .hint("Leave it out, or pass NULL, for all enabled types."));
    }
    as_owner(|| catalogue::check_types(&named))?;
    Ok(Some(named))
}

/// The named types, or those that are enabled on a connection, with a notice where there are none.
pub fn of_connection(connection: &str, named: Option<&[String]>) -> Result<Vec<String>, Failure> {
    let listed = listed()?;
    if let Some(named) = named {
        return Ok(named.to_vec());
    }
    let enabled = as_owner(|| catalogue::enabled_types(connection, listed.as_deref()))?;
    if enabled.is_empty() {
        pgrx::notice!("connection {connection}: no type is enabled");
    }
    Ok(enabled)
}
