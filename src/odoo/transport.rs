//! HTTP transport: connections, timeouts, limits, retries.

use crate::authorities;
use crate::cancel::{Cancel, Interrupt};
use crate::date;
use crate::error::{Error, ErrorKind};
use crate::http::{Answer, Request};
use crate::network;
use crate::options::Options;
use crate::retry::{RETRY_AFTER_CAP, Retry, retry_after};
use crate::secret::Secret;
use crate::throttle::Throttle;
use crate::traffic::{self, Traffic};
use crate::url::Url;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use ureq::Agent;
use ureq::http::{HeaderMap, Response};
use ureq::tls::{RootCerts, TlsConfig};

/// The timeout of name resolution, and of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest answer, in bytes, that is taken for an error rather than for records.
const LARGEST_ERROR: usize = 1 << 20;

/// HTTP to one server: pooled connections, limits, retries; threads share it.
pub(crate) struct Transport {
    agent: Agent,
    url: Url,
    secret: Secret,
    timeout: Duration,
    max_response: u64,
    retry: Retry,
    throttle: Throttle,
    /// Until when a long `Retry-After` forbids requests, and the error meanwhile.
    closed: Mutex<Option<(Instant, Error)>>,
    cancel: Cancel,
}

impl Transport {
    /// A transport that has not connected yet; the secret is masked in errors.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidOption`] where the CA file cannot be used.
    pub fn new(url: Url, secret: Secret, options: &Options, cancel: Cancel) -> Result<Arc<Transport>, Error> {
        let roots = match &options.ca_file {
            Some(path) => authorities::read(path)?,
            None => RootCerts::PlatformVerifier,
        };
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect is an error: the secret is sent to the connection's own URL alone.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(options.timeout))
            .timeout_resolve(Some(CONNECT_TIMEOUT.min(options.timeout)))
            .timeout_connect(Some(CONNECT_TIMEOUT.min(options.timeout)))
            .user_agent(concat!("odoo_sync/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .tls_config(TlsConfig::builder().root_certs(roots).build());
        if url.is_loopback() {
            // A proxy cannot reach this machine's loopback addresses.
            config = config.proxy(None);
        }
        let transport = Arc::new(Transport {
            agent: config.build().into(),
            url,
            secret,
            timeout: options.timeout,
            max_response: options.max_response,
            retry: Retry::new(options.max_retries),
            throttle: Throttle::new(options.delay),
            closed: Mutex::default(),
            cancel: cancel.clone(),
        });
        let interrupt: Arc<dyn Interrupt> = transport.clone();
        cancel.register(Arc::downgrade(&interrupt));
        Ok(transport)
    }

    /// The server's address.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Sends a request and interprets its answer, with retries and backoff after transient errors of either.
    ///
    /// # Errors
    /// The last error, with the number of attempts in its message; [`ErrorKind::Cancelled`] as soon as cancelled.
    pub fn exchange<T>(&self, request: &Request, interpret: impl Fn(&Answer) -> Result<T, Error>) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            self.throttle.wait(&self.cancel);
            self.check_cancelled()?;
            self.check_closed()?;
            let mut asked = None;
            let outcome = self.send(request).and_then(|answer| {
                asked = answer.retry_after;
                interpret(&answer).map_err(|error| self.masked(error, answer, &interpret))
            });
            // An answer that the cancellation truncated is not interpreted.
            self.check_cancelled()?;
            let mut error = match outcome {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            failures += 1;
            let Some(wait) = self.retry.wait(error.kind, failures, asked) else {
                if failures > 1 {
                    error.message.push_str(&format!(" (after {failures} attempts)"));
                }
                if let Some(time) = asked.filter(|time| *time > RETRY_AFTER_CAP) {
                    self.close(time, &mut error);
                }
                return Err(error);
            };
            if asked.is_some() {
                self.throttle.hold(wait);
            } else {
                self.cancel.sleep(wait);
            }
            self.check_cancelled()?;
            traffic::count(Traffic { retries: 1, ..Traffic::default() });
        }
    }

    /// Masks the secret in an error by interpreting a masked copy of the answer: some servers repeat what they were
    /// sent.
    fn masked<T>(&self, error: Error, answer: Answer, interpret: impl Fn(&Answer) -> Result<T, Error>) -> Error {
        if answer.body.len() > LARGEST_ERROR {
            // records rather than an error: masking the message, which quotes little of them, is enough
            let message = self.secret.mask(error.message.as_bytes());
            return Error { message: String::from_utf8_lossy(&message).into_owned(), ..error };
        }
        let masked = Answer {
            body: self.secret.mask(&answer.body),
            location: answer
                .location
                .map(|text| String::from_utf8_lossy(&self.secret.mask(text.as_bytes())).into_owned()),
            ..answer
        };
        match interpret(&masked) {
            Err(told) => Error { kind: error.kind, ..told },
            Ok(_) => error,
        }
    }

    /// Sends a request once, and counts it.
    fn send(&self, request: &Request) -> Result<Answer, Error> {
        let start = Instant::now();
        let answer = self.send_untimed(request);
        traffic::count(Traffic { requests: 1, waiting: start.elapsed(), ..Traffic::default() });
        answer.map_err(|error| network::error(error, &self.url, self.timeout, self.max_response))
    }

    fn send_untimed(&self, request: &Request) -> Result<Answer, ureq::Error> {
        let url = format!("{}{}", self.url, request.path);
        let response = match &request.body {
            None => {
                let call = self.agent.get(url);
                request.headers.iter().fold(call, |call, (name, value)| call.header(*name, value)).call()
            }
            Some(body) => {
                let call = self.agent.post(url).header("Content-Type", "application/json");
                request.headers.iter().fold(call, |call, (name, value)| call.header(*name, value)).send(body)
            }
        }?;
        self.receive(response)
    }

    fn receive(&self, response: Response<ureq::Body>) -> Result<Answer, ureq::Error> {
        let status = response.status().as_u16();
        let date = header(response.headers(), "date").and_then(date::http_date);
        let retry_after = header(response.headers(), "retry-after")
            .and_then(|text| retry_after(text, date.unwrap_or_else(SystemTime::now)));
        let location = header(response.headers(), "location").map(str::to_owned);
        // `Content-Length` sizes the buffer, up to what does no harm if it lies.
        let expected = response.body().content_length().unwrap_or(0).min(self.max_response).min(16 << 20);
        let mut body = Vec::with_capacity(expected as usize);
        let read = response.into_body().into_with_config().limit(self.max_response).reader().read_to_end(&mut body);
        traffic::count(Traffic { bytes: body.len() as u64, ..Traffic::default() });
        read.map_err(ureq::Error::from)?;
        Ok(Answer { status, date, retry_after, location, body })
    }

    /// Lets no request start before this time has passed.
    fn close(&self, time: Duration, error: &mut Error) {
        if !error.kind.is_transient() {
            return;
        }
        error.message.push_str(&format!(" Its Retry-After is {} seconds.", time.as_secs()));
        error.hint = Some("Run again after that time.".to_owned());
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = Instant::now().checked_add(time).map(|until| (until, error.clone()));
    }

    /// Fails while a long `Retry-After` has not passed.
    fn check_closed(&self) -> Result<(), Error> {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        match &*closed {
            Some((until, error)) if Instant::now() < *until => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Fails once cancelled.
    fn check_cancelled(&self) -> Result<(), Error> {
        if self.cancel.is_cancelled() { Err(Error::new(ErrorKind::Cancelled, "Cancelled.")) } else { Ok(()) }
    }
}

impl Interrupt for Transport {
    fn interrupt(&self) {
        self.agent.clone().shutdown();
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
