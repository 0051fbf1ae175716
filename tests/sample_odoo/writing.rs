//! Writing a record, and what that does to the others.

use std::collections::BTreeSet;

use super::Series;
use super::computed::Source;
use super::database::{Database, USER};
use super::datum::Datum;
use super::field::Field;
use super::table::{ID, rounded};

/// Places in a row, with what to write there.
type Places = Vec<(usize, Datum)>;

/// Values by field name, for the record that a record inherits from.
type Inherited = Vec<(String, Datum)>;

impl Database {
    /// Makes a record and gives its id. Stored related fields that are not given follow their source; `active` is true;
    /// the audit fields say `now` and [`USER`]; inherited fields go to the record that it inherits from, which is made
    /// where it is missing. Fields that this series lacks, or that are another record's, are passed over.
    pub fn create(&mut self, model: &str, now: i64, values: impl IntoIterator<Item = (impl AsRef<str>, Datum)>) -> i64 {
        let (own, inherited) = self.sort_out(model, values);
        let table = self.expect_mut(model);
        let wanted = own.iter().find(|(at, _)| *at == ID);
        let id = table.insert(wanted.and_then(|(_, value)| value.as_id()));
        let automatic = [
            ("active", Datum::Boolean(true)),
            ("create_date", Datum::Datetime(now)),
            ("write_date", Datum::Datetime(now)),
            ("create_uid", Datum::Integer(USER)),
            ("write_uid", Datum::Integer(USER)),
        ];
        let automatic: Places =
            automatic.into_iter().filter_map(|(name, value)| Some((table.position(name)?, value))).collect();
        let given: BTreeSet<usize> = own.iter().map(|(at, _)| *at).collect();
        if let Some(row) = table.rows.get_mut(&id) {
            for (at, value) in automatic.into_iter().chain(own) {
                row[at] = value;
            }
        }
        self.inherit(model, id, now, inherited);
        self.follow_sources(model, id, &given);
        self.round(model, id);
        id
    }

    /// Changes a record. Unless `quietly`, the audit fields say `now` and [`USER`], and stored related fields elsewhere
    /// follow.
    pub fn write(&mut self, model: &str, id: i64, now: i64, quietly: bool, values: &[(String, Datum)]) {
        let (own, inherited) = self.sort_out(model, values.iter().cloned());
        let given: BTreeSet<usize> = own.iter().map(|(at, _)| *at).collect();
        if !quietly {
            self.touch(model, id, now);
        }
        let table = self.expect_mut(model);
        let label = table.label.clone();
        let row = table.rows.get_mut(&id);
        let row = row.unwrap_or_else(|| panic!("{label}({id}) does not exist"));
        for (at, value) in own {
            row[at] = value;
        }
        if !inherited.is_empty() {
            self.inherit(model, id, now, inherited);
        }
        self.follow_sources(model, id, &given);
        self.round(model, id);
        if !quietly {
            for (name, _) in values {
                self.lead_followers(model, id, name, now);
            }
            if model == "product.template" && self.series >= Series::V19 && self.has("product.product") {
                // since 17 a product's write_date is at least its template's
                for product in self.referring("product.product", "product_tmpl_id", id) {
                    self.touch("product.product", product, now);
                }
            }
        }
    }

    /// Deletes a record, and the lines that go with it.
    pub fn unlink(&mut self, model: &str, id: i64) {
        let lines = match model {
            "account.move" => Some(("account.move.line", "move_id")),
            "purchase.order" => Some(("purchase.order.line", "order_id")),
            "sale.order" => Some(("sale.order.line", "order_id")),
            _ => None,
        };
        if let Some((lines, parent)) = lines.filter(|(lines, _)| self.has(lines)) {
            for line in self.referring(lines, parent, id) {
                self.unlink(lines, line);
            }
        }
        let table = self.expect_mut(model);
        assert!(table.rows.remove(&id).is_some(), "{}({id}) does not exist", table.label);
    }

    /// The field is the record's own, or that of the record that it inherits from.
    pub fn can_write(&self, model: &str, field: &Field) -> bool {
        let at = self.expect(model).position(&field.name);
        let own = at.is_some_and(|at| Source::new(self, model, field).is_own(at));
        own || field.inherited_from(model).is_some()
    }

    /// The audit fields of a record say who wrote it, and when.
    fn touch(&mut self, model: &str, id: i64, now: i64) {
        let table = self.expect_mut(model);
        let audit = [("write_date", Datum::Datetime(now)), ("write_uid", Datum::Integer(USER))];
        let audit = audit.map(|(name, value)| (table.position(name), value));
        if let Some(row) = table.rows.get_mut(&id) {
            for (at, value) in audit {
                if let Some(at) = at {
                    row[at] = value;
                }
            }
        }
    }

    /// Parts the values into the record's own, and those of the record that it inherits from.
    fn sort_out(&self, model: &str, values: impl IntoIterator<Item = (impl AsRef<str>, Datum)>) -> (Places, Inherited) {
        let table = self.expect(model);
        let (mut own, mut inherited) = (Places::new(), Inherited::new());
        for (name, value) in values {
            let name = name.as_ref();
            let Some(at) = table.position(name) else {
                continue;
            };
            let field = &table.fields[at];
            if Source::new(self, model, field).is_own(at) {
                own.push((at, value));
            } else if field.inherited_from(model).is_some() {
                inherited.push((name.to_owned(), value));
            }
        }
        (own, inherited)
    }

    /// Writes what a record inherits to the record that it inherits from, and makes that where it is missing.
    fn inherit(&mut self, model: &str, id: i64, now: i64, mut values: Inherited) {
        let (parent, many2one) = match model {
            "product.product" => ("product.template", "product_tmpl_id"),
            "res.users" => ("res.partner", "partner_id"),
            _ => return,
        };
        if !self.has(parent) {
            return;
        }
        let named = self.expect(model).get(id, many2one).and_then(Datum::as_id);
        match named.filter(|named| self.expect(parent).rows.contains_key(named)) {
            Some(named) if values.is_empty() => debug_assert!(named > 0),
            Some(named) => self.write(parent, named, now, false, &values),
            None => {
                if let Some(named) = named {
                    values.push(("id".to_owned(), Datum::Integer(named)));
                }
                let made = self.create(parent, now, values);
                let table = self.expect_mut(model);
                if let (Some(at), Some(row)) = (table.position(many2one), table.rows.get_mut(&id)) {
                    row[at] = Datum::Integer(made);
                }
            }
        }
    }

    /// Writes the record's own stored related fields again, save the ones in `given`. True if one changed.
    fn follow_sources(&mut self, model: &str, id: i64, given: &BTreeSet<usize>) -> bool {
        let table = self.expect(model);
        let row = &table.rows[&id];
        let fresh: Places = table
            .live()
            .filter(|(at, field)| field.is_stored_related() && !given.contains(at))
            .filter_map(|(at, field)| {
                let source = Source::path(self, model, &field.related)?;
                Some((at, source.get(row).into_owned()))
            })
            .filter(|(at, value)| row[*at] != *value)
            .collect();
        let changed = !fresh.is_empty();
        if let Some(row) = self.expect_mut(model).rows.get_mut(&id) {
            for (at, value) in fresh {
                row[at] = value;
            }
        }
        changed
    }

    /// Lets the stored related fields of other records follow a changed field, and bumps those records, as Odoo does.
    fn lead_followers(&mut self, model: &str, id: i64, field: &str, now: i64) {
        let key = (model.to_owned(), field.to_owned());
        let Some(followers) = self.followers.get(&key).cloned() else {
            return;
        };
        for (follower, name) in followers.into_iter().filter(|(follower, _)| follower != model) {
            let table = self.expect(&follower);
            let first = table.field(&name).map(|field| field.related[0].clone()).unwrap_or_default();
            let direct = table.field(&first).and_then(|field| field.relation.as_deref()) == Some(model);
            // a longer path's first step does not lead here: look at all records
            let ids = if direct { self.referring(&follower, &first, id) } else { table.rows.keys().copied().collect() };
            for line in ids {
                if self.follow_sources(&follower, line, &BTreeSet::new()) {
                    self.write(&follower, line, now, false, &[]);
                }
            }
        }
    }

    /// Rounds the record's numbers as their columns do.
    fn round(&mut self, model: &str, id: i64) {
        let table = self.expect(model);
        let row = &table.rows[&id];
        let fresh: Places = table
            .live()
            .filter(|(at, _)| matches!(row[*at], Datum::Float(_)))
            .map(|(at, field)| {
                let decimals = self.currency_decimals(model, row, field);
                (at, rounded(field, row[at].clone(), decimals))
            })
            .collect();
        if let Some(row) = self.expect_mut(model).rows.get_mut(&id) {
            for (at, value) in fresh {
                row[at] = value;
            }
        }
    }
}
