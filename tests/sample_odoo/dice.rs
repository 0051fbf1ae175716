//! Chance that falls the same way each time.

/// A generator of numbers (SplitMix64): the same ones for the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// By the seed that `ODOO_SYNC_SEED` names, or by that one; and which it is, for whoever has to repeat it.
    pub fn seeded(seed: u64) -> (Dice, u64) {
        let seed = match std::env::var("ODOO_SYNC_SEED") {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("ODOO_SYNC_SEED is {text:?}, which is no number")),
            Err(_) => seed,
        };
        (Dice::new(seed), seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 up to, not including, `end`.
    pub fn below(&mut self, end: i64) -> i64 {
        (self.next() % end.max(1) as u64) as i64
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, chance: i64) -> bool {
        self.below(100) < chance
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as i64) as usize]
    }
}
