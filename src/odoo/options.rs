//! Timeouts, retries and limits of requests.

use std::path::PathBuf;
use std::time::Duration;

/// Timeouts, retries and limits of requests.
#[derive(Debug, Clone)]
pub struct Options {
    /// The timeout of one request, from connecting to the last byte.
    pub timeout: Duration,
    /// The number of retries after a transient error; after a timeout, one at most.
    pub max_retries: u32,
    /// The minimum time between the starts of two requests, over all threads.
    pub delay: Duration,
    /// The size limit of an answer's body, in bytes after decompression.
    pub max_response: u64,
    /// A PEM file of certificate authorities to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
}
