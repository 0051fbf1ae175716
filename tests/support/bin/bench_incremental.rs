//! What an incremental run costs on the Odoo that ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_SECRET name: where nothing has
//! changed, and where 100 sales orders have. The orders' references are written, which is a change of their lines too.
//!
//!     bench_incremental [ROUNDS]

use std::error::Error;
use std::time::{Duration, Instant};

use odoo::Client;
use serde_json::{Value, json};
use support::access::Access;
use support::cluster::Cluster;
use support::session::Session;
use support::wait;

/// One run: how long it took, and what it asked and fetched.
struct Cost {
    seconds: f64,
    requests: i64,
    fetched: i64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let access = Access::from_environment()?;
    let client = access.client();
    let cluster = Cluster::start(&[("fsync", "on"), ("full_page_writes", "on")]);
    let mut session = cluster.database("bench").session();
    session.connect(&access, "odoo");
    session.run("SET client_min_messages = warning; SET odoo_sync.lookback = 0");
    session.run("SELECT odoo_sync.run()");
    session.run("VACUUM ANALYZE");
    let orders = session.column("SELECT id FROM odoo.sales ORDER BY id LIMIT 100");
    let orders: Vec<i64> = orders.iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
    let records = session.number("SELECT sum(row_count) FROM odoo_sync.mirror_state");
    let mirrors = session.number("SELECT count(*) FROM odoo_sync.mirror_state");

    // not counted: what was read just now is within the first second of the next window
    run(&mut session);
    let (mut idle, mut busy) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        idle.push(run(&mut session));
        change(&client, &orders, round)?;
        busy.push(run(&mut session));
        run(&mut session);
    }
    let (idle, busy) = (median(idle), median(busy));
    println!(
        "{records:8} records in {mirrors} mirrors   nothing changed {:5.2} s, {} requests   {} changed {:5.2} s, {} requests, {} records fetched",
        idle.seconds,
        idle.requests,
        orders.len(),
        busy.seconds,
        busy.requests,
        busy.fetched
    );
    Ok(())
}

/// An incremental run in a second of its own, so that its window has nothing of the last one's.
fn run(session: &mut Session) -> Cost {
    let is_over = "SELECT now() - max(window_end) > interval '1 s' FROM odoo_sync.mirror_state";
    wait::until("a later second", Duration::from_secs(5), || (session.value(is_over) == "t").then_some(()));
    let start = Instant::now();
    session.run("SELECT odoo_sync.run()");
    let seconds = start.elapsed().as_secs_f64();
    let mut of_last = |what: &str| {
        session.number(&format!(
            "SELECT sum({what}) FROM odoo_sync.history WHERE run_id = (SELECT max(run_id) FROM odoo_sync.runs)"
        ))
    };
    Cost { seconds, requests: of_last("requests"), fetched: of_last("fetched") }
}

fn change(client: &Client, orders: &[i64], round: usize) -> Result<(), Box<dyn Error>> {
    let values = json!({"client_order_ref": format!("bench {round}")});
    let arguments = json!({"ids": orders, "vals": values});
    let Value::Object(arguments) = arguments else {
        return Err("no object".into());
    };
    let _: Value = client.call("sale.order", "write", arguments)?;
    Ok(())
}

/// The run of the median time.
fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    costs.swap_remove(costs.len() / 2)
}
