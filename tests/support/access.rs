//! How to get into an Odoo.

use crate::sample_odoo::SampleOdoo;
use odoo::{Cancel, Client, Endpoint, Options, Secret, Url};
use std::time::Duration;

/// Which database of which server, as whom, by which secret: what `odoo_sync.connect()` is called with.
#[derive(Clone)]
pub struct Access {
    pub url: String,
    pub database: String,
    pub login: String,
    pub secret: String,
}

impl From<&SampleOdoo> for Access {
    fn from(sample: &SampleOdoo) -> Access {
        Access {
            url: sample.url.clone(),
            database: sample.database.clone(),
            login: sample.login.clone(),
            secret: sample.secret.clone(),
        }
    }
}

impl Access {
    /// What ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_SECRET say; fails with the name of one that is not set.
    pub fn from_environment() -> Result<Access, String> {
        let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
        Ok(Access {
            url: variable("ODOO_URL")?,
            database: variable("ODOO_DB")?,
            login: variable("ODOO_LOGIN")?,
            secret: variable("ODOO_SECRET")?,
        })
    }

    /// The same by another secret.
    pub fn by(&self, secret: &str) -> Access {
        Access { secret: secret.to_owned(), ..self.clone() }
    }

    /// A client of the test's own, logged in.
    pub fn client(&self) -> Client {
        let endpoint = Endpoint {
            url: Url::parse(&self.url, true).expect("it is a URL"),
            database: self.database.clone(),
            login: self.login.clone(),
            secret: Secret::new(self.secret.clone()),
        };
        let options = Options {
            timeout: Duration::from_secs(120),
            max_retries: 2,
            delay: Duration::ZERO,
            max_response: 256 << 20,
            ca_file: None,
        };
        Client::open(endpoint, options, Cancel::new()).unwrap_or_else(|error| panic!("{}: {error}", self.url))
    }
}
