//! Which records of a model a domain selects, and in which order.

use std::cmp::Ordering;

use serde_json::Value;

use super::comparison::compare;
use super::computed::Source;
use super::database::Database;
use super::datum::Datum;
use super::domain::{Domain, Operator};
use super::fault::Fault;
use super::matcher::Matcher;
use super::table::{ID, Row};

/// The part of a request that selects records.
pub struct Selection<'a> {
    pub domain: &'a Domain,
    pub order: Option<&'a str>,
    pub offset: usize,
    pub limit: Option<usize>,
    /// Archived records are hidden, unless the domain names `active`.
    pub active_test: bool,
}

impl Selection<'_> {
    /// The selected records, in order.
    pub fn records<'d>(&self, database: &'d Database, model: &str) -> Result<Vec<&'d Row>, Fault> {
        let table = database.expect(model);
        let matcher = self.matcher(database, model)?;
        let wanted = |row: &&Row| {
            matcher.matches(row) && !database.hidden.contains(&(model.to_owned(), row[ID].as_id().unwrap_or_default()))
        };
        let any_hidden = !database.hidden.is_empty();
        let wanted = |row: &&Row| {
            if any_hidden { wanted(row) } else { matcher.matches(row) }
        };
        let mut records: Vec<&Row> = match Candidates::of(self.domain) {
            Candidates::Listed(ids) => ids.iter().filter_map(|id| table.rows.get(id)).filter(wanted).collect(),
            Candidates::Between(low, high) if low <= high => {
                table.rows.range(low..=high).map(|(_, row)| row).filter(wanted).collect()
            }
            Candidates::Between(..) => Vec::new(),
        };
        sort(&mut records, database, model, self.order)?;
        let records = records.into_iter().skip(self.offset);
        // 0 means no limit, as it does in Odoo
        Ok(match self.limit.filter(|limit| *limit > 0) {
            Some(limit) => records.take(limit).collect(),
            None => records.collect(),
        })
    }

    fn matcher<'d>(&self, database: &'d Database, model: &str) -> Result<Matcher<'d>, Fault> {
        let matcher = Matcher::new(database, model, self.domain)?;
        match database.expect(model).position("active") {
            Some(at) if self.active_test && !self.domain.mentions("active") => {
                Ok(Matcher::All(vec![Matcher::active(at), matcher]))
            }
            _ => Ok(matcher),
        }
    }
}

/// The ids that can match at all: what the domain's required conditions on `id` leave.
enum Candidates {
    Listed(Vec<i64>),
    Between(i64, i64),
}

impl Candidates {
    fn of(domain: &Domain) -> Candidates {
        let (mut low, mut high) = (i64::MIN, i64::MAX);
        let mut listed: Option<Vec<i64>> = None;
        for condition in domain.required().into_iter().filter(|condition| condition.field == "id") {
            match (condition.operator, &condition.value, condition.value.as_i64()) {
                (Operator::Equal, _, Some(id)) => listed = Some(vec![id]),
                (Operator::In, Value::Array(ids), _) => {
                    listed = ids.iter().map(Value::as_i64).collect::<Option<Vec<_>>>().or(listed)
                }
                (Operator::Greater, _, Some(id)) => low = low.max(id.saturating_add(1)),
                (Operator::GreaterOrEqual, _, Some(id)) => low = low.max(id),
                (Operator::Less, _, Some(id)) => high = high.min(id.saturating_sub(1)),
                (Operator::LessOrEqual, _, Some(id)) => high = high.min(id),
                _ => {}
            }
        }
        match listed {
            Some(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                ids.retain(|id| (low..=high).contains(id));
                Candidates::Listed(ids)
            }
            None => Candidates::Between(low, high),
        }
    }
}

/// Sorts as `order` says. Without one, the order is Odoo's own for the model, which nobody may count on: here the
/// newest ids first.
fn sort(records: &mut [&Row], database: &Database, model: &str, order: Option<&str>) -> Result<(), Fault> {
    let order = order.unwrap_or("id desc");
    let mut keys = Vec::new();
    for part in order.split(',') {
        let words: Vec<&str> = part.split_whitespace().collect();
        let descending = words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("desc"));
        let direction = words.len() < 2 || descending || words[1].eq_ignore_ascii_case("asc");
        let name = words.first().copied().unwrap_or_default();
        if words.len() > 2
            || !direction
            || !name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        {
            return Err(Fault::user(format!(
                "Invalid \"order\" specified ({order}). A valid \"order\" specification is a comma-separated list of valid field names \
                 (optionally followed by asc/desc for the direction)"
            )));
        }
        let Some(field) = database.expect(model).field(name) else {
            return Err(Fault::value(format!("Invalid field '{name}' on model '{model}'")));
        };
        keys.push((Source::new(database, model, field), descending));
    }
    if matches!(keys.as_slice(), [(Source::Stored(ID), false)]) {
        // they are sorted by id already
        return Ok(());
    }
    records.sort_by(|left, right| {
        let order = keys.iter().map(|(source, descending)| {
            let order = with_nulls_last(&source.get(left), &source.get(right));
            if *descending { order.reverse() } else { order }
        });
        order.fold(Ordering::Equal, Ordering::then)
    });
    Ok(())
}

fn with_nulls_last(left: &Datum, right: &Datum) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => compare(left, right).unwrap_or(Ordering::Equal),
    }
}
