//! Somebody else's text in a message.

/// The longest piece of somebody else's text that a message quotes, in characters.
const QUOTE: usize = 300;

/// Somebody else's text, short, on one line, without its full stop.
pub(crate) fn quote(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.len() > QUOTE {
            let end = words.floor_char_boundary(QUOTE);
            words.truncate(end);
            return format!("{words}...");
        }
    }
    words.trim_end_matches('.').to_owned()
}
