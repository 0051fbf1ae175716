//! What a run did, in records, and how people read numbers.

use serde::{Deserialize, Serialize};

/// Hands the names of a run's counts to another macro, in the order in which they are shown: the one list of them, from
/// which notices, notifications, the history and the SQL functions take theirs.
macro_rules! with_counts {
    ($macro:ident) => {
        $macro! { fetched, inserted, updated, deleted, failed }
    };
}
pub(crate) use with_counts;

macro_rules! define_counts {
    ($($count:ident),*) => {
        /// How many records a run fetched, and what became of them.
        #[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
        pub struct Counts {
            $(pub $count: u64,)*
        }

        impl Counts {
            /// Their names: also those of the columns of `odoo_sync.runs`.
            pub const NAMES: &[&str] = &[$(stringify!($count)),*];

            /// Each by its name.
            pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($count), self.$count)),*].into_iter()
            }

            /// Adds those of another part of the run.
            pub fn add(&mut self, other: &Counts) {
                $(self.$count += other.$count;)*
            }
        }
    };
}
with_counts!(define_counts);

impl Counts {
    /// `48,032 fetched, 12 updated`: without what is zero, but for the records that were fetched.
    pub fn summary(&self) -> String {
        let shown = self
            .named()
            .filter(|(name, number)| *number > 0 || *name == "fetched")
            .map(|(name, number)| format!("{} {name}", grouped(number)));
        shown.collect::<Vec<_>>().join(", ")
    }
}

/// A number with its digits in groups: `48,032`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 record`, `48,032 records`.
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}
