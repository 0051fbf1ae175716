//! Faults at random over many runs of an Odoo that changes between them: no mirror ever has a row that Odoo never had,
//! nothing that was stored is lost, and a last healthy run makes them equal.
//!
//! `ODOO_SYNC_SEED` is another seed.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::dice::Dice;
use support::gate::is_page;
use support::sample_odoo::RecordedRequest;
use support::session::all_of;

use crate::spoils::FAULTS;
use crate::spoilt::{BOTH, Spoilt, Way};

const SEED: u64 = 20_261_125;

/// Runs of each way.
const RUNS: usize = 36;

#[test]
fn whatever_happens_no_row_is_made_up_or_lost() {
    std::thread::scope(|scope| {
        for way in BOTH {
            scope.spawn(move || schedule(way));
        }
    });
}

fn schedule(way: Way) {
    let start = Instant::now();
    let (mut dice, seed) = Dice::seeded(SEED);
    let mut spoilt = Spoilt::empty("schedule", way);
    spoilt.session.run("SET odoo_sync.max_response = '1MB'");
    let mut ends = [0; 3];
    let mut faults = 0;
    for round in 0..RUNS {
        let place = format!("{way:?}, seed {seed}, run {round}");
        spoilt.session.run(&format!(
            "SET odoo_sync.batch_size = {}; SET odoo_sync.concurrency = {}; SET odoo_sync.max_retries = {}",
            dice.pick(&[3, 10, 40, 5000]),
            dice.pick(&[1, 2, 4]),
            dice.pick(&[0, 1, 2]),
        ));
        business(&mut spoilt, &mut dice);
        disturb(&spoilt, &mut dice);
        let full = dice.below(5) == 0;
        let run = format!("SELECT status FROM odoo_sync.run(full => {full})");
        let outcome = spoilt.session.try_rows(&run);
        faults += spoilt.faulty.spoiled();
        let end = match &outcome {
            Ok(rows) => usize::from(rows.iter().any(|row| row[0].as_deref() != Some("ok"))),
            Err(error) => {
                let error = support::session::of_server(error);
                let all = all_of(&error);
                assert!(error.message().contains("failed: "), "{place}: {all}");
                assert!(!all.contains("internal error"), "{place}: {all}");
                2
            }
        };
        ends[end] += 1;
        spoilt.assert_whole();
        // now and then a run may go well in between
        if dice.below(8) == 0 {
            heal(&mut spoilt, &place);
        }
    }
    heal(&mut spoilt, "the end");
    let [ok, partial, failed] = ends;
    support::real_odoo::report(&format!(
        "{way:?}: {RUNS} runs with {faults} faults in {:?}: {ok} ok, {partial} partial, {failed} failed",
        start.elapsed()
    ));
    assert!(ok > 0 && failed > 0 && faults > RUNS / 2, "the faults were felt");
}

/// A run without a fault makes all mirrors equal.
fn heal(spoilt: &mut Spoilt, place: &str) {
    spoilt.faulty.heal();
    let rows = spoilt.session.rows("SELECT type, status, mode, message FROM odoo_sync.run()");
    let is_ok = |row: &Vec<Option<String>>| row[1].as_deref() == Some("ok");
    assert!(rows.iter().all(is_ok), "{place}: {rows:?}");
    spoilt.assert_equal();
}

/// Has answers spoiled at random; how many differs from run to run.
fn disturb(spoilt: &Spoilt, dice: &mut Dice) {
    // a silent server costs the run a second each time
    let slow = ["stall", "drip"];
    let is_slow = |name: &str| slow.iter().any(|part| name.contains(part));
    let (late, quick): (Vec<_>, Vec<_>) = FAULTS.iter().partition(|fault| is_slow(fault.name));
    let odds = *dice.pick(&[10, 30, 100]);
    let dice = Mutex::new(Dice::new(dice.below(i64::MAX) as u64));
    spoilt.faulty.forget();
    spoilt.faulty.spoil(move |request, answer| {
        let mut dice = dice.lock().expect("nobody panicked");
        if dice.below(odds) > 0 {
            return None;
        }
        let fault = if dice.below(30) == 0 { dice.pick(&late) } else { dice.pick(&quick) };
        can_be_seen(request, fault.name).then(|| (fault.spoil)(answer))
    });
}

/// A lie that nobody can see through is none that a run must survive: that Odoo has no records at all, or others. Where
/// records were asked for by their ids it can be told.
fn can_be_seen(request: &RecordedRequest, fault: &str) -> bool {
    let is_lie = ["no record of", "records that nobody"].iter().any(|part| fault.starts_with(part));
    let by_ids = [r#"["id","in","#, r#"["id",">=","#];
    let is_by_ids = by_ids.iter().any(|leaf| request.body.contains(leaf));
    !is_lie || is_page(request) && is_by_ids
}

/// Something happens in Odoo.
fn business(spoilt: &mut Spoilt, dice: &mut Dice) {
    spoilt.sample.advance(Duration::from_secs(1));
    for _ in 0..=dice.below(4) {
        let model = *dice.pick(&["sale.order", "res.partner", "stock.quant", "account.move"]);
        let ids: Vec<i64> = spoilt.sample.records(model).iter().filter_map(|record| record["id"].as_i64()).collect();
        let id = *dice.pick(&ids);
        let text = format!("at random {}", dice.below(1000));
        match (model, dice.below(4)) {
            ("sale.order", 0) => drop(
                spoilt
                    .sample
                    .create("sale.order", json!({"name": text, "state": "draft", "amount_total": dice.below(10_000)})),
            ),
            ("sale.order", 1) if ids.len() > 4 => spoilt.sample.unlink("sale.order", &[id]),
            ("sale.order", _) => spoilt.sample.write(model, &[id], json!({"client_order_ref": text})),
            ("res.partner", 0) => drop(partner(spoilt, &text)),
            ("res.partner", _) => spoilt.sample.write(model, &[id], json!({"city": text})),
            ("stock.quant", _) => {
                let quantity = dice.below(500);
                spoilt.sample.write(model, &[id], json!({"quantity": quantity}));
            }
            (_, 0) => spoilt.sample.write(model, &[id], json!({"state": "draft"})),
            (_, 1) => spoilt.sample.write(model, &[id], json!({"state": "posted"})),
            _ => spoilt.sample.write(model, &[id], json!({"ref": text})),
        }
    }
    spoilt.past.note(&mut spoilt.session, &spoilt.sample);
}

fn partner(spoilt: &Spoilt, name: &str) -> i64 {
    let mut values = json!({"name": name});
    let has = |field: &str| {
        let records = spoilt.sample.records("res.partner");
        records.first().is_some_and(|record| record.contains_key(field))
    };
    if has("complete_name") {
        values["complete_name"] = Value::from(name);
    }
    spoilt.sample.create("res.partner", values)
}
