//! The server's programs: those that the extension has been installed for, and copies of them that a test may change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::as_server_user;

/// The directory of the server's programs: that of `PG_CONFIG`.
pub fn bin() -> PathBuf {
    let program = std::env::var("PG_CONFIG").unwrap_or_else(|_| "/usr/lib/postgresql/15/bin/pg_config".to_owned());
    asked(Path::new(&program), "--bindir")
}

/// Copies the programs of `bin` and what they share, with more scripts of extensions, below `to`; the copy's directory
/// of programs.
///
/// PostgreSQL looks for all else from where its programs are, so that a copy below another root finds its own.
pub fn copy(bin: &Path, to: &Path, scripts: &[(&str, &str)]) -> PathBuf {
    let config = bin.join("pg_config");
    let below = |path: &Path| to.join(path.strip_prefix("/").expect("pg_config's paths are absolute"));
    let parent = |path: &Path| below(path.parent().expect("it is not the root"));
    let (shared, libraries) = (asked(&config, "--sharedir"), asked(&config, "--pkglibdir"));
    for directory in [bin, &shared, &libraries] {
        succeed(Command::new("mkdir").arg("-p").arg(parent(directory)));
    }
    for directory in [bin, &shared] {
        succeed(Command::new("cp").arg("-a").arg(directory).arg(parent(directory)));
    }
    // much larger, and of no interest
    succeed(Command::new("ln").arg("-s").arg(&libraries).arg(parent(&libraries)));
    for (name, text) in scripts {
        let file = below(&shared).join("extension").join(name);
        fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    below(bin)
}

/// Runs a command as the one who is to remove what it makes.
fn succeed(command: &mut Command) {
    let status = as_server_user(command).status().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    assert!(status.success(), "{command:?} failed");
}

/// What `pg_config` tells of a path.
fn asked(program: &Path, option: &str) -> PathBuf {
    let output = Command::new(program)
        .arg(option)
        .output()
        .unwrap_or_else(|error| panic!("{} does not start ({error}); PG_CONFIG names another", program.display()));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}
