//! After any amount of business in Odoo, an incremental run makes the mirrors equal again.
//!
//! `ODOO_SYNC_SEED` is another seed, `ODOO_SYNC_BATCHES` another number of batches.

#[path = "business/company.rs"]
mod company;
#[path = "business/deck.rs"]
mod deck;
#[path = "business/mirrored.rs"]
mod mirrored;
#[path = "business/old_order.rs"]
mod old_order;
#[path = "business/untraced.rs"]
mod untraced;

use std::env;
use std::time::{Duration, Instant};

use company::Company;
use deck::Tally;
use mirrored::Mirrored;
use support::odoo_copy::OdooCopy;
use support::real_odoo::report;

const SEED: u64 = 20_251_125;
const BATCHES: u64 = 32;
const BATCH: u64 = 20;

#[test]
fn random_business_in_odoo_19() {
    random_business(19);
}

#[test]
fn random_business_in_odoo_14() {
    random_business(14);
}

fn random_business(series: u32) {
    let (seed, batches) = (setting("ODOO_SYNC_SEED", SEED), setting("ODOO_SYNC_BATCHES", BATCHES));
    let Some(copy) = OdooCopy::of(series, "business") else {
        return;
    };
    let mut mirrored = Mirrored::of(&copy, "random");
    let mut company = Company::of(&copy, seed);
    let (mut tally, mut differences, mut cells) = (Tally::default(), Vec::new(), 0);
    let mut doing = Duration::ZERO;
    for batch in 0..batches {
        // in one transaction of Odoo's, or each operation in its own; read in small pages, or in one
        let (at_once, page) = (batch % 2 == 0, if batch % 4 < 2 { 17 } else { 5000 });
        let began = Instant::now();
        let outcomes = company.batch(BATCH, at_once);
        doing += began.elapsed();
        tally.add(&outcomes);
        match mirrored.follow(page) {
            Ok(compared) => cells += compared,
            Err(difference) => {
                let how = if at_once { "in one transaction" } else { "one by one" };
                let done: Vec<&str> =
                    outcomes.iter().filter(|outcome| outcome.is_done()).map(|outcome| outcome.kind.as_str()).collect();
                differences.push(format!("batch {batch}, {how}: {}\n{difference}", done.join(", ")));
                mirrored.heal();
            }
        }
    }
    report(&format!(
        "random business in Odoo {series}: seed {seed}, {batches} batches of {BATCH} in {:.0} s, followed in {:.0} s, {cells} cells compared in {:.0} s\n{tally}",
        doing.as_secs_f64(),
        mirrored.running.as_secs_f64(),
        mirrored.comparing.as_secs_f64()
    ));
    assert!(
        differences.is_empty(),
        "seed {seed}, Odoo {series}: {} batches were not followed\n{}",
        differences.len(),
        differences.join("\n")
    );
    if batches >= BATCHES {
        tally.assert_all_done();
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, and no number")),
        Err(_) => otherwise,
    }
}
