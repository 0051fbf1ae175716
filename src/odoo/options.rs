//! How requests are made.

use std::path::PathBuf;
use std::time::Duration;

/// How requests are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// The longest that one request may take, from connecting to the last byte.
    pub timeout: Duration,
    /// How many times a request is sent again after a transient failure; after a timeout, once at most.
    pub max_retries: u32,
    /// The shortest time between the starts of two requests, over all threads.
    pub delay: Duration,
    /// The longest body that is read, in bytes after decompression.
    pub max_response: u64,
    /// A PEM file of the authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}
