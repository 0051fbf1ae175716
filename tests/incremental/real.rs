//! What the tests over real Odoos begin with.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use support::cluster::Cluster;
use support::compare::{RealTruth, compare};
use support::odoo_copy::OdooCopy;
use support::session::Session;

use crate::mirrored::{Outcome, run};

/// A copy of a real Odoo, which the tests of this process share and take in turns; and a database whose mirrors equal
/// it.
pub struct RealMirrored {
    pub copy: MutexGuard<'static, OdooCopy>,
    pub session: Session,
}

impl RealMirrored {
    /// One whose mirrors of these types have been filled. None, told on standard error, where there is no real Odoo to
    /// be had.
    pub fn new(name: &str, series: u32, types: &[&str]) -> Option<RealMirrored> {
        static COPIES: [OnceLock<Option<Mutex<OdooCopy>>>; 2] = [OnceLock::new(), OnceLock::new()];
        let copy =
            COPIES[usize::from(series == 19)].get_or_init(|| OdooCopy::of(series, "incremental").map(Mutex::new));
        let copy = copy.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let database = Cluster::shared().database(&format!("{name}_real{series}"));
        let mut session = database.session();
        session.connect(&copy.odoo.access, "odoo");
        session.run(&format!("SET odoo_sync.types = '{}'", types.join(", ")));
        run(&mut session, "").iter().for_each(|outcome| outcome.assert_ok("full"));
        Some(RealMirrored { copy, session })
    }

    pub fn run(&mut self) -> Vec<Outcome> {
        run(&mut self.session, "")
    }

    /// Compares all mirrors with Odoo's own database; those of the types that were not asked for are filled first.
    pub fn assert_equal(&mut self) {
        let types = self.session.value("SHOW odoo_sync.types");
        let others = format!(
            "array(SELECT DISTINCT type FROM odoo_sync.mirrors WHERE type <> ALL (string_to_array('{types}', ', ')))"
        );
        if self.session.number(&format!("SELECT cardinality({others})")) > 0 {
            run(&mut self.session, &others);
        }
        let access = self.copy.odoo.access.clone();
        compare(&mut self.session, "odoo", &mut RealTruth::new(&self.copy.odoo, &access)).assert_equal();
    }
}
