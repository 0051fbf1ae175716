//! Which Odoos there are to test against.

use std::env;
use std::io::Write as _;
use std::sync::Once;
use std::time::Duration;

use odoo::{Cancel, Client, Endpoint, Error, Options, Secret, Url};
use sample_odoo::{SampleOdoo, Series};

/// One Odoo, with a user's credentials.
pub struct Server {
    /// For messages.
    pub name: &'static str,
    pub url: String,
    pub database: String,
    pub login: String,
    pub secret: String,
    /// The major version that it must report.
    pub series: u32,
    /// The sample behind it, where it is one; a real one is only read.
    pub sample: Option<SampleOdoo>,
}

impl Server {
    /// The sample Odoo of a version.
    pub fn sample(series: Series) -> Server {
        let sample = SampleOdoo::start(series);
        let (name, number) = match series {
            Series::V14 => ("the sample Odoo 14", 14),
            Series::V19 => ("the sample Odoo 19", 19),
        };
        Server {
            name,
            url: sample.url.clone(),
            database: sample.database.clone(),
            login: sample.login.clone(),
            secret: sample.secret.clone(),
            series: number,
            sample: Some(sample),
        }
    }

    /// Where it is and as whom, all right.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            url: Url::parse(&self.url, false).expect("the server's URL is one"),
            database: self.database.clone(),
            login: self.login.clone(),
            secret: Secret::new(self.secret.clone()),
        }
    }

    /// A client, logged in.
    pub fn client(&self) -> Client {
        self.open(self.endpoint()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Logs in by an endpoint that may be wrong.
    pub fn open(&self, endpoint: Endpoint) -> Result<Client, Error> {
        Client::open(endpoint, options(), Cancel::new())
    }
}

/// Options for tests: nothing takes long here.
pub fn options() -> Options {
    Options {
        timeout: Duration::from_secs(60),
        max_retries: 0,
        delay: Duration::ZERO,
        max_response: 64 << 20,
        ca_file: None,
    }
}

/// All the servers there are. What is not there is named on stderr, once.
pub fn servers() -> Vec<Server> {
    let mut servers = vec![Server::sample(Series::V14), Server::sample(Series::V19)];
    // By its password, so that Odoo 19 is asked in JSON-RPC too.
    let mut by_password = Server::sample(Series::V19);
    by_password.name = "the sample Odoo 19 by password";
    by_password.secret = "admin".to_owned();
    servers.push(by_password);
    let real = [
        real("a real Odoo 19", "ODOO19", "SECRET", 19),
        real("a real Odoo 19 by password", "ODOO19", "PASSWORD", 19),
        real("a real Odoo 14", "ODOO14", "SECRET", 14),
    ];
    servers.extend(real.into_iter().flatten());
    servers
}

/// A real server, if the environment names all of it.
fn real(name: &'static str, prefix: &str, secret: &str, series: u32) -> Option<Server> {
    static SKIPPED: [Once; 3] = [const { Once::new() }; 3];
    let names = ["URL", "DB", "LOGIN", secret].map(|part| format!("{prefix}_{part}"));
    let values: Vec<String> = names.iter().filter_map(|name| env::var(name).ok()).collect();
    let Ok([url, database, login, secret]) = <[String; 4]>::try_from(values) else {
        let once = match (series, secret) {
            (14, _) => &SKIPPED[0],
            (_, "SECRET") => &SKIPPED[1],
            _ => &SKIPPED[2],
        };
        // Not by eprintln, which the test harness keeps to itself where a test passes.
        once.call_once(|| {
            let line = format!("SKIPPED: {name}, since not all of {} are set\n", names.join(", "));
            std::io::stderr().write_all(line.as_bytes()).expect("stderr can be written to");
        });
        return None;
    };
    Some(Server { name, url, database, login, secret, series, sample: None })
}
