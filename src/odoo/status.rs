//! HTTP statuses, and answers that are not Odoo's: a proxy's, a web page, another program's.

use crate::error::{Error, ErrorKind};
use crate::http::Answer;
use crate::quote::quote;
use crate::url::Url;

/// Checks that an answer can be Odoo's: status 200, and not HTML.
///
/// # Errors
/// That of [`error`].
pub(crate) fn check(answer: &Answer, url: &Url, asked: &str) -> Result<(), Error> {
    if answer.status == 200 && !answer.is_html() { Ok(()) } else { Err(error(answer, url, asked)) }
}

/// The error for an answer without an exception of Odoo's in it, by its status.
///
/// `asked` names the request: `search on account.move`.
pub(crate) fn error(answer: &Answer, url: &Url, asked: &str) -> Error {
    let status = answer.status;
    match status {
        408 | 409 | 423 | 425 | 429 | 502..=504 => {
            Error::new(ErrorKind::Busy, format!("{url} was too busy for {asked} (HTTP {status}).")).with_hint(
                match status {
                    429 => {
                        "Odoo limits the rate of requests: set a delay between requests, or read more \
                 records at a time."
                    }
                    _ => {
                        "Odoo is overloaded or its proxy cannot reach it: try again later, or read fewer \
                 records at a time."
                    }
                },
            )
        }
        300..=399 => {
            let message = match &answer.location {
                Some(target) => format!("{url} redirects to {}.", quote(target)),
                None => format!("{url} redirects without a Location header (HTTP {status})."),
            };
            Error::new(ErrorKind::NotOdoo, message)
                .with_hint("Give the address of Odoo itself; redirects are not followed.")
        }
        413 => Error::new(ErrorKind::Refused, format!("{url} rejected the request as too large (HTTP 413)."))
            .with_hint("Read fewer records at a time, or raise the proxy's limit."),
        500..=599 => {
            Error::new(ErrorKind::Server, format!("{url} failed at {asked} (HTTP {status}) and does not say why."))
                .with_hint("The log of Odoo, or of the proxy in front of it, has the details.")
        }
        _ => {
            let what = if answer.is_html() {
                "a web page"
            } else if answer.body.is_empty() {
                "an empty body"
            } else {
                "something else"
            };
            Error::new(ErrorKind::NotOdoo, format!("{url} answers with {what} instead of Odoo's API (HTTP {status})."))
                .with_hint(
                    "Check the address: the server's root, without /web or /odoo. A proxy or a login \
                 page may be in front of it.",
                )
        }
    }
}

/// The error for an answer that is JSON and not Odoo's.
pub(crate) fn other_program(url: &Url) -> Error {
    Error::new(ErrorKind::NotOdoo, format!("The server at {url} is another program, not Odoo."))
        .with_hint("Check the host and the port.")
}
