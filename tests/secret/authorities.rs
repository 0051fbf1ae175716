//! `ca_file`: the certificates of the authorities that vouch for Odoo's server. What TLS makes of them is tested
//! elsewhere.

use std::fs;

use support::cluster::Cluster;

use crate::places::{assert_refused, connect, owner_of_a_connection, unconnected};

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUSoFMSppX2coGm5c+Ff0ILlHNyNkwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEQWNtZTAgFw0yNjExMjUxNDQ4MjBaGA8yMTI2MTEwMTE0NDgy
MFowDzENMAsGA1UEAwwEQWNtZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF2T
SEumcarhg7Bs/aOT4f/3Mc5H5FsAz5znLiSd+mt5oM02JVD9dYwhsUrkhVg900DK
0+dzVUP5I4AYXEBWCl2jUzBRMB0GA1UdDgQWBBQI7UHT+6Nd48noy398MQl7KYTc
rTAfBgNVHSMEGDAWgBQI7UHT+6Nd48noy398MQl7KYTcrTAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIG+86jl+OobdX/7d0bDumwzFj4qal97s7P/Z
RXvId154AiEAiGBBsYBmIqnvgS5P5RcbR3zIq4SHstvd2Odu4i/usYw=
-----END CERTIFICATE-----
";

const OPTIONS: &str = "SELECT array_to_string(srvoptions, ' ') FROM pg_foreign_server WHERE srvname = 'odoo'";

#[test]
fn it_is_kept_until_another_is_named() {
    let (sample, _, mut session) = unconnected("authorities");
    let path = Cluster::shared().socket().join("it's.pem");
    fs::write(&path, CERTIFICATE).expect("it can be written");
    let named = format!(", ca_file => '{}'", path.display().to_string().replace('\'', "''"));
    let option = format!("ca_file={}", path.display());
    let kept = |more: &str, session: &mut support::session::Session| {
        session.run(&connect(&sample, &sample.secret, more));
        session.value(OPTIONS)
    };
    assert!(!kept("", &mut session).contains("ca_file"));
    assert!(kept(&named, &mut session).contains(&option));
    assert!(kept("", &mut session).contains(&option), "it is left as it is");
    session.run("SELECT odoo_sync.run()");
    assert!(!kept(", ca_file => ''", &mut session).contains("ca_file"));

    fs::remove_file(&path).expect("it is ours");
    let call = connect(&sample, &sample.secret, &named);
    assert_refused(&mut session, &call, "22023", "The CA file", "PEM");
    let relative = connect(&sample, &sample.secret, ", ca_file => 'ca.pem'");
    assert_refused(&mut session, &relative, "22023", "ca_file: the path \"ca.pem\"", "whole path");
}

#[test]
fn it_takes_the_right_to_read_files() {
    let (sample, database, mut session) = unconnected("guarded_authorities");
    let mut role = owner_of_a_connection(&mut session, &database, "authority");
    let (says, hints) = ("permission denied to have the server read file /etc/passwd", "pg_read_server_files");
    let call = connect(&sample, &sample.secret, ", ca_file => '/etc/passwd'");
    assert_refused(&mut role, &call, "42501", says, hints);
    role.run(&connect(&sample, &sample.secret, ""));
    let alter = "ALTER SERVER odoo OPTIONS (ADD ca_file '/etc/passwd')";
    assert_refused(&mut role, alter, "42501", says, hints);
}
