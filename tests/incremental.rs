//! Incremental runs: what changes in Odoo changes in the tables, and nothing else.
//!
//! Over the sample Odoo in both its versions, whose clock the tests move; and, where only a real server can show it,
//! over copies of real ones, which the tests take in turns.

#[path = "incremental/bounds.rs"]
mod bounds;
#[path = "incremental/bulk.rs"]
mod bulk;
#[path = "incremental/due.rs"]
mod due;
#[path = "incremental/duplicates.rs"]
mod duplicates;
#[path = "incremental/fields.rs"]
mod fields;
#[path = "incremental/full.rs"]
mod full;
#[path = "incremental/gone.rs"]
mod gone;
#[path = "incremental/guard.rs"]
mod guard;
#[path = "incremental/late.rs"]
mod late;
#[path = "incremental/mirrored.rs"]
mod mirrored;
#[path = "incremental/names.rs"]
mod names;
#[path = "incremental/real.rs"]
mod real;
#[path = "incremental/refused.rs"]
mod refused;
#[path = "incremental/related.rs"]
mod related;
#[path = "incremental/retyped.rs"]
mod retyped;
#[path = "incremental/settings.rs"]
mod settings;
#[path = "incremental/untraced.rs"]
mod untraced;
#[path = "incremental/window.rs"]
mod window;
