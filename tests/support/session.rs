//! A SQL session, as somebody at a prompt has it.

use std::sync::{Arc, Mutex, PoisonError};

use postgres::error::DbError;
use postgres::{CancelToken, Client, NoTls, SimpleQueryMessage};

use crate::access::Access;

/// A row as text; NULL is None.
pub type TextRow = Vec<Option<String>>;

/// A connection to PostgreSQL, and the notices that came over it.
pub struct Session {
    pub client: Client,
    notices: Arc<Mutex<Vec<String>>>,
}

impl Session {
    pub fn open(config: &postgres::Config) -> Session {
        Session::try_open(config).unwrap_or_else(|error| panic!("no session: {}", told(&error)))
    }

    /// The same where the server may not be there.
    pub fn try_open(config: &postgres::Config) -> Result<Session, postgres::Error> {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&notices);
        let mut config = config.clone();
        config.notice_callback(move |notice| lock(&kept).push(notice.message().to_owned()));
        let client = config.connect(NoTls)?;
        Ok(Session { client, notices })
    }

    /// Runs statements whose results do not matter.
    pub fn run(&mut self, sql: &str) {
        self.rows(sql);
    }

    /// The rows of the statements' results, as psql shows them.
    pub fn rows(&mut self, sql: &str) -> Vec<TextRow> {
        self.try_rows(sql).unwrap_or_else(|error| panic!("{sql}\n{}", told(&error)))
    }

    /// The same where it may fail.
    pub fn try_rows(&mut self, sql: &str) -> Result<Vec<TextRow>, postgres::Error> {
        let messages = self.client.simple_query(sql)?;
        Ok(messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
                _ => None,
            })
            .collect())
    }

    /// The one value of a result, as text; "" for NULL.
    pub fn value(&mut self, sql: &str) -> String {
        let rows = self.rows(sql);
        match rows.as_slice() {
            [row] if row.len() == 1 => row[0].clone().unwrap_or_default(),
            _ => panic!("{sql}\ngave {rows:?} in place of one value"),
        }
    }

    /// The one value of a result, a whole number.
    pub fn number(&mut self, sql: &str) -> i64 {
        let value = self.value(sql);
        value.parse().unwrap_or_else(|_| panic!("{sql}\ngave {value:?} in place of a number"))
    }

    /// The first column of a result.
    pub fn column(&mut self, sql: &str) -> Vec<String> {
        self.rows(sql).into_iter().map(|mut row| row.swap_remove(0).unwrap_or_default()).collect()
    }

    /// The error that statements end in.
    pub fn error(&mut self, sql: &str) -> DbError {
        match self.try_rows(sql) {
            Ok(rows) => panic!("{sql}\nended well, with {rows:?}"),
            Err(error) => of_server(&error),
        }
    }

    /// Calls `odoo_sync.connect()`, its arguments passed apart from the statement, as a careful program does.
    pub fn connect(&mut self, access: &Access, name: &str) -> TextRow {
        self.try_connect(access, name).unwrap_or_else(|error| panic!("connect({name}): {}", told(&error)))
    }

    /// The same where it may fail.
    pub fn try_connect(&mut self, access: &Access, name: &str) -> Result<TextRow, postgres::Error> {
        let Access { url, database, login, secret } = access;
        let row = self
            .client
            .query_one("SELECT * FROM odoo_sync.connect($1, $2, $3, $4, $5)", &[url, database, login, secret, &name])?;
        Ok((0..row.len()).map(|at| row.get(at)).collect())
    }

    /// The process id of this session's backend.
    pub fn pid(&mut self) -> i64 {
        self.number("SELECT pg_backend_pid()")
    }

    /// What cancels this session's statement from another thread, as Ctrl-C in psql does.
    pub fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }

    /// The notices so far, which are then forgotten.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut lock(&self.notices))
    }
}

/// A name, quoted for SQL.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text, quoted for SQL.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The server's own part of an error.
pub fn of_server(error: &postgres::Error) -> DbError {
    error.as_db_error().unwrap_or_else(|| panic!("the server said nothing: {error:?}")).clone()
}

/// All that an error says.
pub fn told(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => all_of(error),
        None => error.to_string(),
    }
}

/// All that an error of the server's says, as psql shows it.
pub fn all_of(error: &DbError) -> String {
    let part = |name: &str, text: Option<&str>| text.map(|text| format!("\n{name}: {text}")).unwrap_or_default();
    format!(
        "{} {}{}{}{}",
        error.code().code(),
        error.message(),
        part("DETAIL", error.detail()),
        part("HINT", error.hint()),
        part("CONTEXT", error.where_())
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
