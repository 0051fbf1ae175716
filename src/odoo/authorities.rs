//! The certificate authorities to trust in place of the system's.

use crate::error::{Error, ErrorKind};
use std::path::Path;
use ureq::tls::{PemItem, RootCerts, parse_pem};

/// The certificates in a PEM file.
///
/// # Errors
/// [`ErrorKind::InvalidOption`] where the file cannot be read or contains none.
pub(crate) fn read(path: &Path) -> Result<RootCerts, Error> {
    let refuse = |why: &str| {
        Error::new(ErrorKind::InvalidOption, format!("The CA file \"{}\" cannot be used: {why}.", path.display()))
            .with_hint("Name a PEM file that this server process may read, with at least one certificate.")
    };
    let pem = std::fs::read(path).map_err(|error| refuse(&error.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(refuse("it is not valid PEM")),
        }
    }
    if certificates.is_empty() {
        return Err(refuse("it contains no certificate"));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
