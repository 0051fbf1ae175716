//! The records of one page, as they are asked for.

use odoo::Domain;

/// Which records a page is to bring.
#[derive(Debug, Clone)]
pub enum Span {
    /// All that the mirror's domain has.
    All,
    /// All from the first of these ids to the last, whatever has come between them meanwhile.
    Between(Vec<i64>),
    /// Just these.
    Only(Vec<i64>),
}

impl Span {
    pub fn domain(&self) -> Domain {
        match self {
            Span::All => Domain::all(),
            Span::Between(ids) => Domain::id_range(ids.first().copied(), ids.last().copied()),
            Span::Only(ids) => Domain::ids(ids),
        }
    }

    /// The ids that it was made of; none of [`Span::All`].
    pub fn ids(&self) -> &[i64] {
        match self {
            Span::All => &[],
            Span::Between(ids) | Span::Only(ids) => ids,
        }
    }

    /// Whether a record with this id would have come along, if it were there.
    pub fn covers(&self, id: i64) -> bool {
        match self {
            Span::All => true,
            Span::Between(ids) => ids.first().is_some_and(|first| *first <= id) && ids.last() >= Some(&id),
            Span::Only(ids) => ids.contains(&id),
        }
    }

    /// The span in two parts; its one id when there is but one. Not for [`Span::All`], whose ids are not known.
    pub fn halves(self) -> Result<[Span; 2], i64> {
        let (ids, part): (_, fn(Vec<i64>) -> Span) = match self {
            Span::Only(ids) => (ids, Span::Only),
            Span::Between(ids) => (ids, Span::Between),
            Span::All => (Vec::new(), Span::Only),
        };
        match ids.as_slice() {
            [id] => Err(*id),
            ids => {
                let (low, high) = ids.split_at(ids.len() / 2);
                Ok([part(low.to_vec()), part(high.to_vec())])
            }
        }
    }
}
