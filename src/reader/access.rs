//! Where to log in, and how.

use odoo::{Cancel, Client, Endpoint, Error, Options};

/// All that it takes to open a client.
#[derive(Debug, Clone)]
pub struct Access {
    pub endpoint: Endpoint,
    pub options: Options,
}

impl Access {
    /// For somebody who waits at a prompt: a host that cannot be reached is told at once.
    pub fn interactive(mut self) -> Access {
        self.options.max_retries = 0;
        self
    }

    /// Logs in; three requests, or four.
    ///
    /// # Errors
    /// Those of [`Client::open`].
    pub fn open(self, cancel: Cancel) -> Result<Client, Error> {
        Client::open(self.endpoint, self.options, cancel)
    }
}
