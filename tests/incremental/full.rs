//! The day's full run.

use serde_json::json;

use crate::mirrored::{BOTH, Mirrored};

/// `HH:MM` so many minutes from now, by the clocks of a time zone.
fn time_of_day(mirrored: &mut Mirrored, zone: &str, minutes: i64) -> String {
    mirrored
        .session
        .value(&format!("SELECT to_char(now() AT TIME ZONE '{zone}' + interval '{minutes} min', 'HH24:MI')"))
}

#[test]
fn the_first_run_after_full_at_is_full_by_the_clocks_of_its_time_zone() {
    // none of them shares its hours with another, nor with the server, which keeps UTC
    for (name, zone) in
        [("utc", "UTC"), ("tokyo", "Asia/Tokyo"), ("kathmandu", "Asia/Kathmandu"), ("honolulu", "Pacific/Honolulu")]
    {
        let mut mirrored = Mirrored::of_sales(&format!("full_at_{name}"), BOTH[1]);
        let aged = "UPDATE odoo_sync.mirror_state SET full_at = now() - interval '10 min'";
        let [past, future] = [-5, 5].map(|minutes| time_of_day(&mut mirrored, zone, minutes));
        mirrored.session.run(aged);
        mirrored.session.run(&format!("SET odoo_sync.timezone = '{zone}'; SET odoo_sync.full_at = '{future}'"));
        assert_eq!(mirrored.run_type("sales").mode, "incremental", "{zone}: not yet");
        mirrored.session.run(&format!("SET odoo_sync.full_at = '{past}'"));
        assert_eq!(mirrored.run_type("sales").mode, "full", "{zone}: since five minutes");
        assert_eq!(mirrored.run_type("sales").mode, "incremental", "{zone}: once a day");
        // by another zone's clocks, that time is hours away
        mirrored.session.run(aged);
        let other = if zone == "UTC" { "Asia/Tokyo" } else { "UTC" };
        mirrored.session.run(&format!("SET odoo_sync.timezone = '{other}'"));
        assert_eq!(mirrored.run_type("sales").mode, "incremental", "{zone}: by the clocks of {other}");
        // a day and more ago is long enough by any
        mirrored.session.run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '25 hours'");
        assert_eq!(mirrored.run_type("sales").mode, "full", "{zone}");
    }
}

#[test]
fn full_at_is_by_the_clocks_of_the_server_where_no_time_zone_is_set() {
    let mut mirrored = Mirrored::of_sales("full_at_server", BOTH[1]);
    let past = time_of_day(&mut mirrored, "Asia/Tokyo", -5);
    mirrored.session.run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '10 min'");
    mirrored.session.run(&format!("SET odoo_sync.full_at = '{past}'"));
    assert_eq!(mirrored.run_type("sales").mode, "incremental", "the server keeps UTC");
    mirrored.session.run("ALTER DATABASE full_at_server_v19 SET timezone = 'Asia/Tokyo'");
    assert_eq!(mirrored.run_type("sales").mode, "full", "this database's time zone is Tokyo's");
}

#[test]
fn a_full_run_by_hand_is_the_days_full_run() {
    let mut mirrored = Mirrored::of_sales("full_by_hand", BOTH[1]);
    mirrored.session.run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '25 hours'");
    assert_eq!(mirrored.run("'{sales}', full => true")[0].mode, "full");
    assert_eq!(mirrored.run_type("sales").mode, "incremental");
}

#[test]
fn a_full_run_finds_what_no_window_can() {
    for series in BOTH {
        let mut mirrored = Mirrored::new("quiet", series);
        let [order, ..] = mirrored.ids("sale.order")[..] else { panic!("there are orders") };
        mirrored.sample.write_quietly("sale.order", &[order], json!({"client_order_ref": "quietly"}));
        mirrored.run_type("sales").assert_ok("incremental");
        assert_ne!(mirrored.cell("sales", "client_order_ref", order), "quietly", "{series:?}: nothing tells of it");
        mirrored.session.run("UPDATE odoo_sync.mirror_state SET full_at = now() - interval '25 hours'");
        let outcome = mirrored.run_type("sales");
        outcome.assert_ok("full");
        assert_eq!(outcome.counts(), [0, 1, 0, 0], "{series:?}");
        mirrored.assert_equal();
    }
}
