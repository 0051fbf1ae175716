//! Where a secret is: in the user mapping itself, or in a place that this names, from which it is read for each login.
//!
//! Such a reference is as much as the secret to whoever can have it sent somewhere, so that it takes the right to read
//! the place both to keep a reference to it (in [`check`]) and to use one (in [`read`]).

use crate::failure::Failure;
use crate::pg::caught::caught;
use crate::pg::sql;
use odoo::Secret;
use pgrx::prelude::*;
use serde::Deserialize;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The longest secret that a file may hold, in bytes.
const LONGEST: u64 = 65_536;

/// Where the secret of a user mapping is.
enum Source<'a> {
    Itself,
    /// The name of a secret in Supabase Vault.
    Vault(&'a str),
    /// A file of the server's.
    File(&'a Path),
}

impl Source<'_> {
    fn of(stored: &str) -> Source<'_> {
        match stored.split_once(':') {
            Some(("vault", name)) => Source::Vault(name),
            Some(("file", path)) => Source::File(Path::new(path)),
            _ => Source::Itself,
        }
    }
}

/// The secret that `stored` is or names, read with the rights of the current user.
pub fn read(stored: Secret) -> Result<Secret, Failure> {
    let text = match Source::of(stored.expose()) {
        Source::Itself => return Ok(stored),
        Source::Vault(name) => {
            check_vault(name)?;
            of_vault(name)?
        }
        Source::File(path) => {
            check_file(path)?;
            of_file(path)?
        }
    };
    Ok(Secret::new(text))
}

/// Fails where the current user may not store such a reference: whoever cannot read the place may not name it either. A
/// superuser's references are accepted unseen, since a dump may be restored before the Vault that it names.
pub fn check(stored: &str) -> Result<(), Failure> {
    let source = Source::of(stored);
    if matches!(source, Source::Itself) || rights()?.is_superuser {
        return Ok(());
    }
    match source {
        Source::Itself => Ok(()),
        Source::Vault(name) => check_vault(name),
        Source::File(path) => check_file(path),
    }
}

/// Fails where the current user may not name `path`, a file that the server is to read.
pub fn check_file(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    if !path.is_absolute() {
        return Err(Failure::argument(format!("the path {shown:?} does not begin with a slash"))
            .hint("Name the whole path of a file on the database server."));
    }
    let rights = rights()?;
    if !rights.reads_files {
        let (role, message) = (rights.role, format!("permission denied to have the server read file {shown}"));
        return Err(denied(message).hint(format!(
            "That is for superusers and members of pg_read_server_files: GRANT pg_read_server_files TO {role};"
        )));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Rights {
    /// The current user, quoted for SQL.
    role: String,
    is_superuser: bool,
    reads_files: bool,
}

fn rights() -> Result<Rights, Failure> {
    let query = "SELECT pg_catalog.quote_ident(r.rolname) AS role, r.rolsuper AS is_superuser,
                        pg_catalog.pg_has_role(r.oid, 'pg_read_server_files', 'USAGE') AS reads_files
                 FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";
    sql::rows(query, &[])?.pop().ok_or_else(|| denied("the current role does not exist".to_string()))
}

fn of_file(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        let (message, hint) = match error.kind() {
            ErrorKind::NotFound => (
                format!("there is no file {shown} on the database server"),
                "The secret is looked for there at each login: put it back, or connect() with another.",
            ),
            ErrorKind::PermissionDenied => (
                format!("the database server is not allowed to read file {shown}"),
                "Let the operating system's user that PostgreSQL runs as read it, and nobody else.",
            ),
            _ => (format!("file {shown} cannot be read: {error}"), "The secret is looked for there at each login."),
        };
        Failure::new(PgSqlErrorCode::ERRCODE_UNDEFINED_FILE, message).hint(hint)
    };
    // a pipe that nobody writes to would be waited for
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(unreadable)?;
    let is_file = file.metadata().map_err(unreadable)?.is_file();
    let mut bytes = Vec::new();
    if is_file {
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let is_secret = !text.is_empty() && text.len() as u64 <= LONGEST && !text.contains(['\n', '\r', '\0']);
    if !is_secret {
        return Err(Failure::new(
            PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
            format!("file {shown} holds no secret"),
        )
        .hint("It must be a file of one line: the password or the API key."));
    }
    Ok(text.to_string())
}

/// Whether there is a Vault, and whether the current user may read it.
fn check_vault(name: &str) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct View {
        role: String,
        is_readable: bool,
        is_trusted: bool,
    }
    // by the catalogue, since who may not use the schema cannot even ask by name
    let query = "SELECT pg_catalog.quote_ident(current_user) AS role,
                        pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                        AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS is_readable,
                        (SELECT o.rolsuper FROM pg_catalog.pg_roles o WHERE o.oid = c.relowner)
                        OR EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                                   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                                     AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                                     AND d.deptype = 'e' AND e.extname = 'supabase_vault') AS is_trusted
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE n.nspname = 'vault' AND c.relname = 'decrypted_secrets'";
    let view: Option<View> = sql::rows(query, &[])?.pop();
    match view {
        // what a view does when it is read it does with the reader's rights, who may be a superuser
        Some(view) if !view.is_trusted => Err(denied(format!(
            "the secret vault:{name} is not read: vault.decrypted_secrets is not Supabase Vault's, but a role's that is no superuser"
        ))
        .hint("Have an administrator drop it, and CREATE EXTENSION supabase_vault CASCADE.")),
        Some(view) if view.is_readable => Ok(()),
        Some(View { role, .. }) => Err(denied(format!(
            "permission denied for vault.decrypted_secrets, which the secret vault:{name} is read from"
        ))
        .hint(format!(
            "An administrator can GRANT USAGE ON SCHEMA vault TO {role}; GRANT SELECT ON vault.decrypted_secrets TO {role};"
        ))),
        None => Err(Failure::new(
            PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE,
            format!("the secret vault:{name} cannot be read: this database has no vault.decrypted_secrets"),
        )
        .hint("That is Supabase Vault's: CREATE EXTENSION supabase_vault CASCADE; elsewhere, give file:PATH or the secret itself.")),
    }
}

fn of_vault(name: &str) -> Result<String, Failure> {
    let query = "SELECT decrypted_secret FROM vault.decrypted_secrets WHERE name = $1";
    let place = format!("the secret vault:{name} cannot be read");
    let found: Option<Option<String>> = caught(|| {
        Spi::connect(|client| {
            let mut rows = client.select(query, Some(1), &[name.into()])?;
            Ok(match rows.next() {
                Some(row) => Some(row.get::<String>(1)?),
                None => None,
            })
        })
    })
    .map_err(|failure| failure.at(&place))?;
    match found {
        Some(Some(text)) if !text.is_empty() => Ok(text),
        Some(_) => Err(Failure::new(
            PgSqlErrorCode::ERRCODE_INVALID_TEXT_REPRESENTATION,
            format!("the secret named {name:?} in Vault is empty"),
        )
        .hint("vault.update_secret() gives it another text.")),
        None => Err(Failure::new(
            PgSqlErrorCode::ERRCODE_UNDEFINED_OBJECT,
            format!("there is no secret named {name:?} in Vault"),
        )
        .hint("SELECT vault.create_secret('the API key', 'its name'); the names are in vault.secrets.")),
    }
}

fn denied(message: String) -> Failure {
    Failure::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
}
