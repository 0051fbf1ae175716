//! From what the client decoded to cells in PostgreSQL's representation. Calls nothing of PostgreSQL,
//! so that the threads that fetch do this too.

use crate::mirror::numeric;
use crate::pg::rowset::{Cells, Varying};
use odoo::{Column, Error, ErrorKind, Page, Texts};

/// From Odoo's epoch, 1970-01-01, to PostgreSQL's, 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS as i64 * 86_400 * 1_000_000;
/// The longest piece of a number that a message quotes, in characters.
const LONGEST: usize = 60;
/// The type of a bigint array's elements, as its header names it.
const INT8_OID: i32 = 20;

/// A page that is ready to be written.
pub struct EncodedPage {
    pub ids: Vec<i64>,
    pub id_cells: Cells,
    pub columns: Vec<Cells>,
    pub nul_characters: u64,
}

/// Encodes a page; an amount that is no number fails it, by name.
pub fn encode(page: Page, model: &str, names: &[String]) -> Result<EncodedPage, Error> {
    let columns = page
        .columns
        .into_iter()
        .zip(names)
        .map(|(column, name)| {
            cells(column).map_err(|text| {
                // as long as somebody cared to make it
                let text: String = text.chars().take(LONGEST).collect();
                let message = format!("Odoo sent {text:?} for the number {model}.{name}");
                Error::new(ErrorKind::Malformed, message)
            })
        })
        .collect::<Result<Vec<Cells>, Error>>()?;
    Ok(EncodedPage {
        id_cells: Cells::Fixed(page.ids.iter().copied().map(Some).collect()),
        ids: page.ids,
        columns,
        nul_characters: page.nul_characters,
    })
}

fn cells(column: Column) -> Result<Cells, String> {
    Ok(match column {
        Column::Bigint(values) => Cells::Fixed(values),
        Column::Boolean(values) => Cells::Fixed(
            values
                .into_iter()
                .map(|value| value.map(i64::from))
                .collect(),
        ),
        Column::Date(values) => Cells::Fixed(
            values
                .into_iter()
                .map(|value| value.map(|days| i64::from(days - EPOCH_DAYS)))
                .collect(),
        ),
        Column::Timestamp(values) => Cells::Fixed(
            values
                .into_iter()
                .map(|value| value.map(|time| time - EPOCH_MICROSECONDS))
                .collect(),
        ),
        Column::Text(texts) | Column::Json(texts) => Cells::Varying(text_cells(&texts)),
        Column::Numeric(texts) => Cells::Varying(numeric_cells(&texts)?),
        Column::BigintArray(values) => Cells::Varying(array_cells(&values)),
    })
}

fn text_cells(texts: &Texts) -> Varying {
    let bytes = texts.iter().flatten().map(str::len).sum();
    let mut cells = Varying::with_capacity(texts.len(), bytes);
    for text in texts.iter() {
        match text {
            Some(text) => cells.push(text.as_bytes()),
            None => cells.push_null(),
        }
    }
    cells
}

fn numeric_cells(texts: &Texts) -> Result<Varying, String> {
    let mut cells = Varying::with_capacity(texts.len(), texts.len() * 8);
    let mut content = Vec::new();
    for text in texts.iter() {
        match text {
            Some(text) => {
                numeric::encode(text, &mut content).ok_or_else(|| text.to_string())?;
                cells.push(&content);
            }
            None => cells.push_null(),
        }
    }
    Ok(cells)
}

/// PostgreSQL's array header is followed by the elements: dimensions, no null bitmap, element type, length, lower bound.
fn array_cells(values: &[Option<Vec<i64>>]) -> Varying {
    let mut cells = Varying::with_capacity(values.len(), values.len() * 40);
    let mut content = Vec::new();
    for value in values {
        let Some(ids) = value else {
            cells.push_null();
            continue;
        };
        content.clear();
        let dimensions = i32::from(!ids.is_empty());
        for number in [dimensions, 0, INT8_OID] {
            content.extend_from_slice(&number.to_ne_bytes());
        }
        if !ids.is_empty() {
            for number in [ids.len() as i32, 1] {
                content.extend_from_slice(&number.to_ne_bytes());
            }
            for id in ids {
                content.extend_from_slice(&id.to_ne_bytes());
            }
        }
        cells.push(&content);
    }
    cells
}
