//! What the tests share: the client under test, Odoos sample and real, a throwaway PostgreSQL, the comparison of the
//! two.

pub mod access;
pub mod background;
pub mod certificates;
pub mod cluster;
pub mod compare;
pub mod faulty;
pub mod gate;
pub mod installation;
pub mod odoo_copy;
pub mod real_odoo;
pub mod session;
pub mod wait;

pub use sample_odoo;
pub use sample_odoo::{dice, port};
