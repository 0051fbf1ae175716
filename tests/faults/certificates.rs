//! TLS: who is believed to be Odoo, and who is not.

use std::sync::Arc;

use rustls::ServerConfig;
use support::certificates::{Authority, self_signed_authority, self_signed_server};
use support::cluster::Cluster;
use support::faulty::FaultyOdoo;
use support::sample_odoo::{SampleOdoo, Series};
use support::session::{all_of, of_server};

use crate::spoilt::{Spoilt, Way, trust};

/// A certificate that is not to be believed, and what is told of it.
struct Impostor {
    name: &'static str,
    tls: fn(&Authority) -> Arc<ServerConfig>,
    told: &'static str,
}

const HOST: &str = "127.0.0.1";

const IMPOSTORS: [Impostor; 6] = [
    Impostor { name: "expired", tls: |authority| authority.expired_server(HOST), told: "its certificate has expired" },
    Impostor {
        name: "self-signed",
        tls: |_| self_signed_server(HOST),
        told: "its certificate is signed by an unknown authority",
    },
    Impostor {
        name: "not yet valid",
        tls: |authority| authority.early_server(HOST),
        told: "its certificate is not valid yet",
    },
    Impostor {
        name: "self-signed as an authority's",
        tls: |_| self_signed_authority(HOST),
        told: "its certificate is a CA certificate, not a server's",
    },
    Impostor {
        name: "another authority's",
        tls: |_| Authority::new().server(HOST),
        told: "its certificate is signed by an unknown authority",
    },
    Impostor {
        name: "another host's",
        tls: |authority| authority.server("erp.example.com"),
        told: "certificate not valid for name \"127.0.0.1\"",
    },
];

const HINT: &str = "Check that the certificate is valid, issued for this host name, and signed by an authority";

#[test]
fn who_cannot_prove_to_be_odoo_is_not_connected_to() {
    let sample = SampleOdoo::start(Series::V19);
    let authority = Authority::new();
    for (at, impostor) in IMPOSTORS.iter().enumerate() {
        let faulty = FaultyOdoo::over_tls(&sample, (impostor.tls)(&authority));
        for trusts in [false, true] {
            let database = Cluster::shared().database(&format!("impostor_{at}_{trusts}"));
            let mut session = database.session();
            if trusts {
                trust(&mut session, &database, &faulty, &authority);
            }
            let error = session
                .try_connect(&faulty.access(), "odoo")
                .map_err(|error| of_server(&error))
                .expect_err(impostor.name);
            let all = all_of(&error);
            assert_eq!(error.code().code(), "08001", "{}: {all}", impostor.name);
            // without the authority there is one more reason
            if trusts {
                assert!(error.message().contains(impostor.told), "{all}");
            }
            assert!(error.hint().unwrap_or_default().contains(HINT), "{all}");
            assert!(error.message().contains("The TLS handshake with"), "{all}");
            assert_eq!(faulty.arrivals().len(), 0, "nothing was said to it");
        }
    }
}

#[test]
fn a_certificate_that_turns_bad_is_told_and_does_no_harm() {
    let mut spoilt = Spoilt::new("turns_bad", Way::Tls19);
    let good = spoilt.authority.server(HOST);
    for impostor in &IMPOSTORS {
        spoilt.change();
        spoilt.faulty.set_tls((impostor.tls)(&spoilt.authority));
        spoilt.faulty.forget();
        let error = spoilt.fail();
        let all = all_of(&error);
        assert_eq!(error.code().code(), "08001", "{all}");
        let told = spoilt.told("sales");
        assert_eq!((told.status.as_str(), told.retries), ("failed", 0));
        for part in ["connection odoo: ", impostor.told, HINT] {
            assert!(told.message.contains(part), "{part:?} in {told:?}");
        }
        assert_eq!(spoilt.faulty.arrivals().len(), 0, "nothing was said to it");
        spoilt.assert_whole();
        spoilt.faulty.set_tls(good.clone());
        spoilt.assert_heals();
    }
}

/// Without the `ca_file` the system's authorities count, and ours is none of them.
#[test]
fn an_authority_that_is_no_longer_named_is_no_longer_trusted() {
    let mut spoilt = Spoilt::new("untrusted", Way::Tls19);
    let drop = "ALTER SERVER odoo OPTIONS (DROP ca_file)";
    spoilt.session.run(drop);
    let error = spoilt.fail();
    assert!(error.detail().unwrap_or_default().contains("signed by an unknown authority"), "{}", all_of(&error));
    for (path, told) in [("/no/such/file.pem", "No such file"), ("/dev/null", "it contains no certificate")] {
        let set = drop.replace("DROP ca_file", &format!("ADD ca_file '{path}'"));
        spoilt.session.run(&set);
        let error = spoilt.fail();
        let (all, detail) = (all_of(&error), error.detail().unwrap_or_default());
        assert_eq!(error.code().code(), "22023", "{all}");
        assert!(detail.contains(path) && detail.contains(told), "{all}");
        assert!(detail.contains("Name a PEM file"), "{all}");
        spoilt.session.run(drop);
    }
    let path = spoilt.ca_file();
    spoilt.session.run(&drop.replace("DROP ca_file", &format!("ADD ca_file '{path}'")));
    spoilt.assert_heals();
}
