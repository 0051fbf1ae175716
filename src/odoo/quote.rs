//! Quoting Odoo's and other programs' texts in messages.

/// The longest text that is quoted whole, in bytes.
const LONGEST: usize = 300;

/// A text on one line, shortened, without its final full stop.
pub(crate) fn quote(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.len() > LONGEST {
            let end = words.floor_char_boundary(LONGEST);
            words.truncate(end);
            return format!("{words}...");
        }
    }
    words.trim_end_matches('.').to_owned()
}
