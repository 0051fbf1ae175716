//! PostgreSQL's binary form of `numeric`, from decimal digits.
//!
//! Worth having since a run makes millions of them: `numeric_in` through the function interface takes ten times as
//! long. The form is that of `numeric.c`: base-10000 digits behind a header of two bytes (short) or four (long).

/// The content of a numeric value, without its length word. None for what is not a finite decimal number.
pub fn encode(text: &str, content: &mut Vec<u8>) -> Option<()> {
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = whole.bytes().chain(fraction.bytes());
    if !digits.clone().all(|byte| byte.is_ascii_digit()) || exponent.abs() > 10_000 {
        return None;
    }
    // where the decimal point stands, counted from the first digit; and how many digits are shown behind it
    let point = whole.len() as i32 + exponent;
    let scale = (fraction.len() as i32 - exponent).max(0);
    let total = (whole.len() + fraction.len()) as i32;

    // groups of four digits, aligned at the decimal point: group g holds the digits from 4g+point-4(weight+1) on
    let weight = (point + 3).div_euclid(4) - 1;
    let start = point - 4 * (weight + 1);
    let groups = (total - start + 3).div_euclid(4).max(0);
    content.clear();
    content.extend_from_slice(&[0; 4]);
    let mut digits = digits;
    let mut position = start;
    for _ in 0..groups {
        let mut group = 0i16;
        for _ in 0..4 {
            let digit = if position >= 0 && position < total { i16::from(digits.next()? - b'0') } else { 0 };
            group = group * 10 + digit;
            position += 1;
        }
        content.extend_from_slice(&group.to_ne_bytes());
    }
    let zeros = |group: &[u8]| group == [0, 0];
    let leading = content[4..].chunks(2).take_while(|group| zeros(group)).count();
    let trailing = content[4..].chunks(2).rev().take_while(|group| zeros(group)).count();
    content.drain(4..4 + leading * 2);
    let weight = weight - leading as i32;
    if content.len() == 4 {
        write_header(content, false, 0, scale)
    } else {
        content.truncate(content.len() - trailing * 2);
        write_header(content, negative, weight, scale)
    }
}

/// Fills in the four bytes left for the header; the short form needs but two of them.
fn write_header(content: &mut Vec<u8>, negative: bool, weight: i32, scale: i32) -> Option<()> {
    if scale <= 0x3f && (-64..=63).contains(&weight) {
        let sign = if negative { 0x2000 } else { 0 };
        let header = 0x8000 | sign | (scale as u16) << 7 | (weight as u16 & 0x7f);
        content[2..4].copy_from_slice(&header.to_ne_bytes());
        content.drain(..2);
    } else {
        let sign: u16 = if negative { 0x4000 } else { 0 };
        let scale = u16::try_from(scale).ok().filter(|scale| *scale <= 0x3fff)?;
        content[..2].copy_from_slice(&(sign | scale).to_ne_bytes());
        content[2..4].copy_from_slice(&i16::try_from(weight).ok()?.to_ne_bytes());
    }
    Some(())
}
