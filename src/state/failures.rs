//! The records that could not be read, stored or removed, and why.

use crate::failure::Failure;
use crate::reader::spec::MirrorSpec;
use crate::state::extension::as_owner;
use pgrx::prelude::*;

/// A record that could not be had.
pub struct Refused {
    pub id: i64,
    pub error: String,
    pub payload: Option<pgrx::JsonB>,
}

/// Keeps a record that could not be read or stored, with the reason.
pub fn keep(connection: &str, spec: &MirrorSpec, record: Refused) -> Result<(), Failure> {
    as_owner(|| {
        Ok(Spi::run_with_args(
            "INSERT INTO odoo_sync.failures AS f (connection, type, table_name, odoo_id, error, payload)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (connection, table_name, odoo_id) DO UPDATE
             SET last_seen = now(), attempts = f.attempts + 1, error = EXCLUDED.error, type = EXCLUDED.type,
                 payload = EXCLUDED.payload",
            &[
                connection.into(),
                spec.r#type.as_str().into(),
                spec.table_name.as_str().into(),
                record.id.into(),
                record.error.as_str().into(),
                record.payload.into(),
            ],
        )?)
    })
}

/// Forgets the failures of a mirror that this run, which read everything, did not meet again.
pub fn forget(connection: &str, table: &str, still: &[i64]) -> Result<(), Failure> {
    as_owner(|| {
        Ok(Spi::run_with_args(
            "DELETE FROM odoo_sync.failures WHERE connection = $1 AND table_name = $2 AND NOT odoo_id = ANY ($3)",
            &[connection.into(), table.into(), still.to_vec().into()],
        )?)
    })
}
