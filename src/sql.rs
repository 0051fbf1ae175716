//! Queries whose rows come back as Rust structs.

use crate::failure::Failure;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use serde::de::DeserializeOwned;

/// The rows of a query, each made from its columns by name.
pub fn rows<T: DeserializeOwned>(query: &str, args: &[DatumWithOid]) -> Result<Vec<T>, Failure> {
    let query = format!(
        "SELECT coalesce(pg_catalog.json_agg(pg_catalog.to_json(q)), '[]')::text FROM ({query}) AS q"
    );
    let text = Spi::get_one_with_args::<String>(&query, args)?.unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
            format!("internal error: a row of the extension's state cannot be read: {error}"),
        )
    })
}
