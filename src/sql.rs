//! Queries whose rows come back as Rust structs.

use crate::failure::Failure;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use serde::de::DeserializeOwned;

/// The rows of a query that only reads, each made from its columns by name. It takes no transaction id, so that it
/// works on a standby too.
pub fn rows<T: DeserializeOwned>(query: &str, args: &[DatumWithOid]) -> Result<Vec<T>, Failure> {
    let query = format!(
        "SELECT coalesce(pg_catalog.json_agg(pg_catalog.to_json(q)), '[]')::text FROM ({query}) AS q"
    );
    let text = Spi::connect(|client| {
        client
            .select(query.as_str(), Some(1), args)?
            .first()
            .get_one::<String>()
    })?
    .unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            PgSqlErrorCode::ERRCODE_INTERNAL_ERROR,
            format!("internal error: a row of the extension's state cannot be read: {error}"),
        )
    })
}
