//! A sample Odoo that fails on purpose, end to end: over real sockets and TLS, through `odoo_sync.run()`.
//!
//! Whatever becomes of an answer, the reader is told, no mirror ever has a row that Odoo never had, nothing that was
//! stored is lost, and the next healthy run makes the mirrors equal.

#[path = "faults/answers.rs"]
mod answers;
#[path = "faults/busy.rs"]
mod busy;
#[path = "faults/certificates.rs"]
mod certificates;
#[path = "faults/changing.rs"]
mod changing;
#[path = "faults/fields.rs"]
mod fields;
#[path = "faults/isolation.rs"]
mod isolation;
#[path = "faults/outage.rs"]
mod outage;
#[path = "faults/redirects.rs"]
mod redirects;
#[path = "faults/schedule.rs"]
mod schedule;
#[path = "faults/spoils.rs"]
mod spoils;
#[path = "faults/spoilt.rs"]
mod spoilt;
#[path = "faults/waits.rs"]
mod waits;
