//! A statement in another database of this cluster, as the same role: where pg_cron lives.

use crate::failure::Failure;
use crate::pg::channel::{Caller, Poll, Worker};
use crate::pg::transaction::transaction;
use crate::pg::{identity, interrupts, process};
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde::{Deserialize, Serialize};

const ENTRY: &str = "odoo_sync_statement_worker";

#[derive(Serialize, Deserialize)]
struct Statement {
    database: u32,
    session_user: u32,
    user: u32,
    query: String,
    arguments: Vec<Option<String>>,
}

/// Runs a query whose arguments are texts and whose one result is a bigint in `database`, in a transaction of its own.
pub fn query(database: pg_sys::Oid, query: &str, arguments: &[&str]) -> Result<Option<i64>, Failure> {
    let statement = Statement {
        database: database.to_u32(),
        session_user: identity::session_user().to_u32(),
        user: identity::current_user().to_u32(),
        query: query.to_string(),
        arguments: arguments.iter().map(|argument| Some(argument.to_string())).collect(),
    };
    let caller = Caller::start("odoo_sync statement", ENTRY, &statement)?;
    loop {
        match caller.poll::<Result<Option<i64>, Failure>>()? {
            Poll::Event(result) => {
                caller.release();
                return result;
            }
            Poll::Nothing => Caller::wait(),
            Poll::Gone => {
                return Err(Failure::new(
                    PgSqlErrorCode::ERRCODE_CONNECTION_FAILURE,
                    "the database of pg_cron could not be reached as this role",
                )
                .hint("The role needs CONNECT on that database; the server's log says more."));
            }
        }
    }
}

/// What the worker's process does, from its start to its end.
pub fn main(argument: pg_sys::Datum) {
    interrupts::install_worker_handlers();
    let Some((worker, statement)) = Worker::attach::<Statement>(argument) else {
        pgrx::log!("odoo_sync: the caller of a statement was gone before it began");
        return;
    };
    process::connect(pg_sys::Oid::from(statement.database), pg_sys::Oid::from(statement.session_user));
    process::set_parameter(c"search_path", c"pg_catalog, pg_temp");
    let result = transaction(pg_sys::Oid::from(statement.user), || {
        let arguments: Vec<_> = statement.arguments.iter().map(|argument| argument.clone().into()).collect();
        Spi::connect_mut(|client| {
            let rows = client.update(statement.query.as_str(), Some(1), &arguments)?;
            if rows.is_empty() { Ok(None) } else { Ok(rows.first().get_one::<i64>()?) }
        })
    });
    worker.send(&result);
}
