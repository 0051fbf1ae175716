//! `file:PATH`: a secret that is in a file of the server's.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use support::cluster::Cluster;

use crate::places::{assert_refused, connect, owner_of_a_connection, unconnected};

/// A file that the server may read, in the directory of its cluster.
fn file(name: &str, text: &[u8]) -> PathBuf {
    let path = Cluster::shared().socket().join(name);
    fs::write(&path, text).expect("it can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    path
}

#[test]
fn it_is_read_for_each_run_and_never_kept() {
    let (sample, _, mut session) = unconnected("filed");
    let path = file("key", format!("{}\n", sample.secret).as_bytes());
    session.run(&connect(&sample, &format!("file:{}", path.display()), ""));
    let kept = session.value("SELECT umoptions::text FROM pg_user_mappings WHERE srvname = 'odoo'");
    assert!(kept.contains(&format!("secret=file:{}", path.display())), "{kept}");
    assert!(!kept.contains(&sample.secret), "{kept}");
    session.run("SELECT odoo_sync.run()");

    file("key", b"0123456789012345678901234567890123456789");
    assert_refused(&mut session, "SELECT odoo_sync.run()", "28P01", "API key", "history");
    // as Windows ends lines
    file("key", format!("{}\r\n", sample.secret).as_bytes());
    session.run("SELECT odoo_sync.run()");
    fs::remove_file(&path).expect("it is ours");
    assert_refused(&mut session, "SELECT odoo_sync.run()", "58P01", "there is no file", "at each login");
}

#[test]
fn what_is_no_secret_is_told() {
    let (sample, _, mut session) = unconnected("unfiled");
    let directory = Cluster::shared().socket();
    let long = "x".repeat(100_000);
    let pipe = directory.join("pipe");
    let name = CString::new(pipe.to_str().expect("its name is ASCII")).expect("without NUL");
    // SAFETY: the name is NUL-terminated.
    assert_eq!(unsafe { mkfifo(name.as_ptr(), 0o644) }, 0);
    let unreadable = file("closed", b"secret");
    fs::set_permissions(&unreadable, fs::Permissions::from_mode(0o000)).expect("it is ours");
    let holds_none = "holds no secret";
    for (path, sqlstate, says) in [
        ("key".into(), "22023", "the path \"key\" does not begin with a slash"),
        ("".into(), "22023", "does not begin with a slash"),
        (directory.join("nothing"), "58P01", "there is no file"),
        (directory.to_owned(), "22P02", holds_none),
        (file("empty", b""), "22P02", holds_none),
        (file("newline", b"\n"), "22P02", holds_none),
        (file("two", b"one\ntwo\n"), "22P02", holds_none),
        (file("bytes", b"\xff\xfe"), "22P02", holds_none),
        (file("nul", b"a\0b"), "22P02", holds_none),
        (file("long", long.as_bytes()), "22P02", holds_none),
        (pipe, "22P02", holds_none),
        (unreadable, "58P01", "is not allowed to read file"),
    ] {
        let call = connect(&sample, &format!("file:{}", path.display()), "");
        assert_refused(&mut session, &call, sqlstate, says, "HINT");
    }
}

unsafe extern "C" {
    fn mkfifo(path: *const std::ffi::c_char, mode: u32) -> i32;
}

#[test]
fn it_takes_the_right_to_read_files_both_to_name_one_and_to_use_it() {
    let (sample, database, mut session) = unconnected("guarded_file");
    let path = file("guarded", sample.secret.as_bytes());
    let mut role = owner_of_a_connection(&mut session, &database, "file_reader");
    let (says, hints) = ("permission denied to have the server read file", "GRANT pg_read_server_files TO file_reader");
    let call = connect(&sample, &format!("file:{}", path.display()), "");
    assert_refused(&mut role, &call, "42501", says, hints);
    // whether there is such a file is not told either
    let absent = connect(&sample, "file:/no/such/file", "");
    assert_refused(&mut role, &absent, "42501", says, hints);
    role.run(
        "CREATE SERVER odoo FOREIGN DATA WRAPPER odoo_sync OPTIONS (url 'https://mine.example.com', database 'mine')",
    );
    let mapping = "CREATE USER MAPPING FOR postgres SERVER odoo OPTIONS (login 'me', secret 'file:/etc/passwd')";
    assert_refused(&mut role, mapping, "42501", says, hints);
    role.run("DROP SERVER odoo");

    session.run("GRANT pg_read_server_files TO file_reader");
    role.run(&call);
    role.run("SELECT odoo_sync.run()");
    session.run("REVOKE pg_read_server_files FROM file_reader");
    assert_refused(&mut role, "SELECT odoo_sync.run()", "42501", says, hints);
}
