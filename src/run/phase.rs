//! How far a mirror's run is, and what it wants next.

use crate::mirror::table::Table;
use crate::reader::request::Request;
use crate::reader::tracked::TrackedModels;
use crate::state::mirror_state::TotalsDifference;
use std::collections::HashSet;

/// What the run's loop is to do for a mirror.
pub enum Step {
    /// Ask Odoo; each answer comes back to the mirror.
    Ask(Vec<Request>),
    /// Wait for the answers that are under way.
    Wait,
    /// Wait until the type's other mirrors are settled too, and then finish it.
    Settled,
    /// Nothing: the mirror is up to date, or Odoo has no such model.
    Ended,
}

/// How far a mirror is, each phase with its own data.
pub enum Phase {
    /// Its fields, and which records to read, are asked for, or will be.
    Planning(Course),
    /// Records come in pages and are stored.
    Reading(Reading),
    /// The count and sums of Odoo's records are asked for.
    Comparing(Filling),
    /// Which records changed is asked for once more, since the totals differed.
    LookingAgain(Filling),
    /// The ids of all records are asked for, since their number differed.
    Listing(Filling),
    /// All is stored; what is gone is removed when the type's other mirrors are as far.
    Settled(Filling),
    /// Odoo has no such model.
    Missing,
    /// Over.
    Ended,
}

/// How the run goes about the mirror, and what it found on the way; it lasts over all phases.
#[derive(Debug, Default)]
pub struct Course {
    /// From when on changes are read, as Odoo writes times; None: everything is read.
    pub since: Option<String>,
    /// What the models that are tracked were like: before this run, then when it began.
    pub tracked: TrackedModels,
    /// By how much Odoo's totals are known to differ even when everything was read.
    pub known_difference: Option<TotalsDifference>,
    /// By how much Odoo's totals differed when they were last compared in this run.
    pub difference: Option<TotalsDifference>,
    /// How many times it was looked again since they differed.
    pub looks: u32,
    /// Everything is read since they differed and nothing tells where.
    pub is_reread: bool,
    /// The table was made ready before.
    pub is_prepared: bool,
}

/// A table that is being filled.
pub struct Filling {
    pub course: Course,
    pub table: Table,
    /// The greatest id that the table had before this run: what is beyond it can be inserted without a look.
    pub known_max: Option<i64>,
    pub extent: Extent,
    /// Rows that Odoo does not have.
    pub gone: HashSet<i64>,
    /// The ids that were read, where they are what tells which rows are gone.
    pub read_ids: Option<Vec<i64>>,
    /// How many records the mirror has, where that was just counted.
    pub rows: Option<u64>,
}

/// Which records the pages are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All that there are; what the pages do not have is gone.
    Whole,
    /// Those that changed; then the totals are compared.
    Changed,
    /// Those that the mirror lacked when the ids were compared.
    Lacking,
}

/// Pages are under way.
pub struct Reading {
    pub filling: Filling,
    /// The requests for pages whose answers are not complete.
    pub pages_left: usize,
    /// Pairs of records that seem to share a unique name, which are to be asked for together.
    pub doubtful: Vec<Vec<i64>>,
}
