//! A real Odoo's truth: its own tables, and its API for what it computes.

use std::collections::HashMap;

use super::api;
use super::cell::Cell;
use super::odoo_table::{OdooTables, Query};
use super::truth::{Expected, Mirror, MirrorColumn, Truth};
use crate::access::Access;
use crate::real_odoo::RealOdoo;
use odoo::{Client, FieldKind};

/// The truth of a real Odoo, as its user sees it.
pub struct RealTruth {
    client: Client,
    tables: OdooTables,
}

impl RealTruth {
    /// Logs in as `access` does, and opens a session in Odoo's own database.
    pub fn new(odoo: &RealOdoo, access: &Access) -> RealTruth {
        let client = access.client();
        let company = client.account().expect("the user may read their own name").company_id;
        RealTruth { client, tables: OdooTables::new(odoo.ground_truth(), company) }
    }

    fn query(&mut self, sql: &str) -> Vec<Vec<Option<String>>> {
        let messages =
            self.tables.sql.simple_query(sql).unwrap_or_else(|error| panic!("{sql}\n{}", crate::session::told(&error)));
        let text = |row: &postgres::SimpleQueryRow| (0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect();
        messages
            .iter()
            .filter_map(|message| match message {
                postgres::SimpleQueryMessage::Row(row) => Some(text(row)),
                _ => None,
            })
            .collect()
    }
}

impl Truth for RealTruth {
    fn series(&self) -> u32 {
        self.client.session().series
    }

    fn client(&self) -> &Client {
        &self.client
    }

    fn ids(&mut self, mirror: &Mirror) -> Option<Vec<i64>> {
        if !self.tables.has(&mirror.model) {
            return None;
        }
        let sql = self.tables.select(&mirror.model, &["r.id::text".to_owned()], Query::new(), &mirror.domain);
        Some(
            self.query(&sql)
                .iter()
                .map(|row| row[0].as_deref().expect("an id is there").parse().expect("and a number"))
                .collect(),
        )
    }

    fn values(&mut self, mirror: &Mirror, ids: &[i64], columns: &[MirrorColumn]) -> Vec<Option<Expected>> {
        let mut query = Query::new();
        let mut expressions = Vec::new();
        let (mut in_sql, mut computed): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut how = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            match self.tables.field(&mut query, &mirror.model, &column.name) {
                Some(expression) => {
                    in_sql.push(at);
                    expressions.push(expression.sql);
                    how.push(expression.how);
                }
                None => computed.push(at),
            }
        }
        let mut expected: Vec<Option<Expected>> = columns.iter().map(|_| None).collect();
        let sql = self.tables.select(&mirror.model, &expressions, query, &mirror.domain);
        let rows = if expressions.is_empty() { Vec::new() } else { self.query(&sql) };
        for (place, (at, how)) in in_sql.iter().zip(how).enumerate() {
            let cells = rows.iter().map(|row| Cell::from_sql(columns[*at].kind, row[place].as_deref())).collect();
            expected[*at] = Some(Expected { how: how.to_owned(), cells });
        }
        for (at, cells) in computed.iter().zip(self.by_api(mirror, ids, &computed, columns)) {
            expected[*at] = Some(Expected { how: "the API's".to_owned(), cells });
        }
        expected
    }
}

impl RealTruth {
    fn by_api(&self, mirror: &Mirror, ids: &[i64], places: &[usize], columns: &[MirrorColumn]) -> Vec<Vec<Cell>> {
        if places.is_empty() {
            return Vec::new();
        }
        let fields = self.client.fields(&mirror.model).unwrap_or_else(|error| panic!("{}: {error}", mirror.model));
        let kinds: HashMap<String, FieldKind> = fields.into_iter().map(|field| (field.name, field.kind)).collect();
        let wanted: Vec<MirrorColumn> = places.iter().map(|at| columns[*at].clone()).collect();
        api::read(&self.client, &mirror.model, ids, &wanted, &kinds)
    }
}
