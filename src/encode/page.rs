//! A page of records, ready to be written.

use crate::encode::cells::Cells;
use odoo::{Column, Error, ErrorKind, Page};

/// From Odoo's epoch, 1970-01-01, to PostgreSQL's, 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROSECONDS: i64 = EPOCH_DAYS as i64 * 86_400 * 1_000_000;
/// The longest piece of a number that a message quotes, in characters.
const LONGEST: usize = 60;

/// Records by columns, each named by its field.
pub struct EncodedPage {
    pub ids: Vec<i64>,
    /// The ids once more, as the column `id`.
    pub id_cells: Cells,
    columns: Vec<(String, Cells)>,
    /// How many NUL characters were taken out of texts.
    pub nul_characters: u64,
}

impl EncodedPage {
    /// Encodes what was read of these fields, in their order.
    ///
    /// # Errors
    /// An amount that is no number, by its field.
    pub fn encode(page: Page, model: &str, fields: &[String]) -> Result<EncodedPage, Error> {
        let columns = page
            .columns
            .into_iter()
            .zip(fields)
            .map(|(column, field)| match cells(column) {
                Ok(cells) => Ok((field.clone(), cells)),
                Err(text) => {
                    // as long as somebody cared to make it
                    let text: String = text.chars().take(LONGEST).collect();
                    let message = format!("Odoo sent {text:?} for the number {model}.{field}");
                    Err(Error::new(ErrorKind::Malformed, message))
                }
            })
            .collect::<Result<_, Error>>()?;
        Ok(EncodedPage {
            id_cells: Cells::Bigint(page.ids.iter().copied().map(Some).collect()),
            ids: page.ids,
            columns,
            nul_characters: page.nul_characters,
        })
    }

    /// The values of a field, where the page has it.
    pub fn column(&self, field: &str) -> Option<&Cells> {
        let found = self.columns.iter().find(|(name, _)| name == field)?;
        Some(&found.1)
    }
}

fn cells(column: Column) -> Result<Cells, String> {
    fn mapped<T, U>(values: Vec<Option<T>>, of: impl Fn(T) -> U) -> Vec<Option<U>> {
        values.into_iter().map(|value| value.map(&of)).collect()
    }
    Ok(match column {
        Column::Bigint(values) => Cells::Bigint(values),
        Column::Boolean(values) => Cells::Boolean(values),
        Column::Date(values) => Cells::Date(mapped(values, |days| days - EPOCH_DAYS)),
        Column::Timestamp(values) => Cells::Timestamp(mapped(values, |time| time - EPOCH_MICROSECONDS)),
        // JSON travels as text, which the statement casts
        Column::Text(texts) | Column::Json(texts) => Cells::text(texts.iter()),
        Column::Numeric(texts) => Cells::numeric(texts.iter()).map_err(str::to_owned)?,
        Column::BigintArray(values) => Cells::bigint_array(&values),
    })
}
