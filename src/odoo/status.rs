//! Answers that are not Odoo's: a proxy's, a web page, another program's.

use crate::error::{Error, ErrorKind};
use crate::http::Answer;
use crate::quote::quote;
use crate::url::Url;

/// Fails unless the answer can be Odoo's: status 200, and no web page.
pub(crate) fn check(answer: &Answer, url: &Url, asked: &str) -> Result<(), Error> {
    if answer.status == 200 && !answer.is_html() {
        Ok(())
    } else {
        Err(error(answer, url, asked))
    }
}

/// What an answer that is not Odoo's means, by its status: the proxies', web pages, other programs'.
///
/// `asked` says what was asked for: `search on account.move`.
pub(crate) fn error(answer: &Answer, url: &Url, asked: &str) -> Error {
    let status = answer.status;
    match status {
        408 | 409 | 423 | 425 | 429 | 502..=504 => Error::new(
            ErrorKind::Busy,
            format!("{url} was too busy for {asked} (HTTP {status})."),
        )
        .with_hint(match status {
            429 => "Odoo limits how often it is asked: set a delay between requests, or ask for more records at a time.",
            _ => "Odoo is overloaded, or does not run behind its proxy: try again later, or read fewer records at a time.",
        }),
        300..=399 => {
            let target = answer.location.as_deref().map_or_else(|| "nowhere".to_owned(), quote);
            Error::new(ErrorKind::NotOdoo, format!("{url} redirects to {target}."))
                .with_hint("Give the address where Odoo itself answers; redirects are not followed.")
        }
        413 => Error::new(ErrorKind::Refused, format!("{url} finds the request too long (HTTP 413)."))
            .with_hint("Read fewer records at a time, or raise the limit of the proxy."),
        500..=599 => Error::new(
            ErrorKind::Server,
            format!("{url} failed at {asked} (HTTP {status}) and does not say why."),
        )
        .with_hint("Odoo's own log, or that of the proxy before it, has the details, at this time."),
        _ => {
            let what = if answer.is_html() {
                "a web page"
            } else if answer.body.is_empty() {
                "nothing"
            } else {
                "something"
            };
            Error::new(
                ErrorKind::NotOdoo,
                format!("{url} answers with {what} that is not Odoo's (HTTP {status})."),
            )
            .with_hint("Check the address: the server's root, without /web or /odoo. Perhaps a proxy or a login page is before it.")
        }
    }
}

/// It answers in JSON, and is not Odoo.
pub(crate) fn other_program(url: &Url) -> Error {
    Error::new(
        ErrorKind::NotOdoo,
        format!("What answers at {url} is another program, not Odoo."),
    )
    .with_hint("Check the host and the port.")
}
