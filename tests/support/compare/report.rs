//! What a comparison found.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::cell::Cell;

/// Differences told of one column, before the rest are only counted.
const TOLD: usize = 5;

/// How much was compared, by which ways, and what differs.
pub struct Report {
    subject: String,
    pub tables: usize,
    pub rows: usize,
    pub cells: usize,
    /// Numbers compared with the digits that Odoo's API shows.
    pub digits: usize,
    /// Each column, and by which way its values were told.
    pub columns: BTreeMap<String, String>,
    /// Models that Odoo does not have.
    lacking: Vec<String>,
    /// What differs, by what it is about.
    differences: BTreeMap<String, Vec<String>>,
}

impl Report {
    pub(super) fn new(subject: String) -> Report {
        Report {
            subject,
            tables: 0,
            rows: 0,
            cells: 0,
            digits: 0,
            columns: BTreeMap::new(),
            lacking: Vec::new(),
            differences: BTreeMap::new(),
        }
    }

    pub(super) fn table(&mut self, rows: usize) {
        self.tables += 1;
        self.rows += rows;
    }

    pub(super) fn column(&mut self, table: &str, column: &str, how: &str, cells: usize) {
        self.columns.insert(format!("{table}.{column}"), how.to_owned());
        self.cells += cells;
    }

    pub(super) fn lacks(&mut self, model: &str) {
        self.lacking.push(model.to_owned());
    }

    pub(super) fn difference(&mut self, about: &str, what: &str) {
        self.differences.entry(about.to_owned()).or_default().push(what.to_owned());
    }

    pub(super) fn differs(&mut self, table: &str, column: &str, id: i64, found: &Cell, expected: &Cell) {
        let what = format!("{id} has {found}, Odoo {expected}");
        self.difference(&format!("{table}.{column}"), &what);
    }

    /// How many differences there are.
    pub fn difference_count(&self) -> usize {
        self.differences.values().map(Vec::len).sum()
    }

    /// What was compared, on one line.
    pub fn summary(&self) -> String {
        let mut ways: BTreeMap<&str, usize> = BTreeMap::new();
        for how in self.columns.values() {
            *ways.entry(how).or_default() += 1;
        }
        let ways: Vec<String> = ways.iter().map(|(how, columns)| format!("{columns} {how}")).collect();
        let mut line = format!(
            "compared {}: {} tables, {} columns ({}), {} rows, {} cells; {} numbers with the API's digits",
            self.subject,
            self.tables,
            self.columns.len(),
            ways.join(", "),
            self.rows,
            self.cells,
            self.digits
        );
        if !self.lacking.is_empty() {
            let _ = write!(line, "; without {}", self.lacking.join(", "));
        }
        line
    }

    /// What differs, the first few of each column; nothing if nothing does.
    pub fn differences(&self) -> String {
        let mut text = String::new();
        for (about, differences) in &self.differences {
            for what in differences.iter().take(TOLD) {
                let _ = writeln!(text, "{about}: {what}");
            }
            if differences.len() > TOLD {
                let _ = writeln!(text, "{about}: and {} more", differences.len() - TOLD);
            }
        }
        text
    }

    /// Panics with what differs, if anything does; reports what was compared.
    pub fn assert_equal(&self) {
        crate::real_odoo::report(&self.summary());
        assert!(self.cells > 0, "nothing was compared");
        let text = self.differences();
        assert!(text.is_empty(), "{} differences\n{}\n{text}", self.difference_count(), self.summary());
    }
}
