//! Answers that are not quite right, from one that is.

use sample_odoo::dice::Dice;

/// Pieces that mean something to somebody.
const PIECES: [&str; 38] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1e400",
    "-1e-400",
    "1.",
    ".5",
    "01",
    "9223372036854775808",
    "1E+3",
    "NaN",
    "Infinity",
    "\"\"",
    "\"NaN\"",
    "\"1.2.3\"",
    "\"2026-02-30\"",
    "\"0000-00-00\"",
    "\"2026-11-25 24:61:61\"",
    "\"9999999-01-01\"",
    "\\u0000",
    "\\ud800",
    "\\",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "[]",
    "{}",
    "[[]]",
    "\"id\":",
    "\"id\":[1],",
    "\u{feff}",
    "ä",
];

/// The text with some of it changed: bytes, pieces, stretches.
pub fn garbled(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut body = text.to_vec();
    for _ in 0..=dice.below(4) {
        if body.is_empty() {
            return body;
        }
        let at = place(dice, body.len());
        let end = body.len().min(at + place(dice, 60));
        match dice.below(9) {
            0 => body[at] = dice.below(256) as u8,
            1 => body[at] ^= 1 << dice.below(8),
            2 => drop(body.remove(at)),
            3 => drop(body.drain(at..end)),
            4 => body.truncate(at),
            5 => {
                let piece = body[at..end].to_vec();
                let to = place(dice, body.len());
                body.splice(to..to, piece.repeat(1 + place(dice, 50)));
            }
            6 => drop(body.splice(at..at, dice.pick(&PIECES).bytes())),
            // a value in the place of another
            _ => {
                let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}');
                let start = body[..at].iter().rposition(|byte| matches!(byte, b',' | b'[' | b':'));
                let start = start.map_or(0, |start| start + 1);
                let end = body[start..].iter().position(is_end);
                let end = end.map_or(body.len(), |end| start + end);
                drop(body.splice(start..end, dice.pick(&PIECES).bytes()));
            }
        }
    }
    body
}

fn place(dice: &mut Dice, end: usize) -> usize {
    dice.below(end as i64) as usize
}
