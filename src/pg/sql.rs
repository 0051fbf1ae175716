//! Queries whose rows come back as Rust structs.

use crate::failure::Failure;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use serde::de::DeserializeOwned;

/// The single value of a read-only query: None where it has no row, or NULL. It assigns no transaction id, so that it
/// works on a standby too.
pub fn value<T: FromDatum + IntoDatum>(query: &str, args: &[DatumWithOid]) -> Result<Option<T>, Failure> {
    Spi::connect(|client| {
        let rows = client.select(query, Some(1), args)?;
        if rows.is_empty() {
            return Ok(None);
        }
        Ok(rows.first().get_one::<T>()?)
    })
}

/// The rows of a read-only query, each deserialized from its columns by name.
pub fn rows<T: DeserializeOwned>(query: &str, args: &[DatumWithOid]) -> Result<Vec<T>, Failure> {
    let query = format!("SELECT coalesce(pg_catalog.json_agg(pg_catalog.to_json(q)), '[]')::text FROM ({query}) AS q");
    let text = value::<String>(&query, args)?.unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
            format!("internal error: could not deserialize a row of the extension's state: {error}"),
        )
    })
}
