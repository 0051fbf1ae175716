//! Serves a sample Odoo until it is killed.
//!
//! `sample_odoo [--series 14|19] [--port N] [--documents N]` prints, once it listens, what a client needs as shell
//! assignments: `ODOO_URL`, `ODOO_DB`, `ODOO_LOGIN`, `ODOO_SECRET`.

use std::net::Ipv4Addr;
use std::process::ExitCode;

use sample_odoo::{SampleOdoo, Series, Size};

fn main() -> ExitCode {
    match serve(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("sample_odoo: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn serve(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let (mut series, mut port, mut size) = (Series::V19, 0, Size::default());
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} wants a value"))?;
        match (option.as_str(), value.as_str()) {
            ("--series", "14") => series = Series::V14,
            ("--series", "19") => series = Series::V19,
            ("--series", other) => return Err(format!("--series is 14 or 19, not {other}")),
            ("--port", number) => port = number.parse().map_err(|_| format!("--port wants a port, not {number}"))?,
            ("--documents", number) => {
                size.documents = number.parse().map_err(|_| format!("--documents wants a number, not {number}"))?
            }
            _ => {
                return Err(format!(
                    "no option {option}; usage: sample_odoo [--series 14|19] [--port N] [--documents N]"
                ));
            }
        }
    }
    let odoo = SampleOdoo::listen(series, size, (Ipv4Addr::LOCALHOST, port).into())
        .map_err(|error| format!("cannot listen on port {port}: {error}"))?;
    println!(
        "ODOO_URL={}\nODOO_DB={}\nODOO_LOGIN={}\nODOO_SECRET={}",
        odoo.url, odoo.database, odoo.login, odoo.secret
    );
    loop {
        std::thread::park();
    }
}
