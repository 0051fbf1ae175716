//! The forms in which a secret could turn up.

/// A password with all that has to be escaped somewhere, and in the middle of it what no way of escaping changes.
pub const PASSWORD: &str = "p'w\"d\\ %é$1;&=+<ß>CorrectHorse9Battery/~?#\u{1f511}\t";

/// What of it stays the same however it is escaped.
const UNCHANGED: &str = "CorrectHorse9Battery";

/// All texts that would give it away: what is in it whole in every way of escaping, and the ways that change each
/// letter.
pub fn of(secret: &str) -> Vec<String> {
    let plain = match secret {
        PASSWORD => UNCHANGED,
        other => other,
    };
    let mut forms = vec![plain.to_owned(), hex(plain.as_bytes())];
    // base64 of a text that something stands before depends on how long that is, in threes
    for before in ["", "a", "ab"] {
        let whole = base64(format!("{before}{plain}").as_bytes());
        let (skipped, kept) = (before.len().div_ceil(3) * 4, whole.trim_end_matches('=').len());
        forms.push(whole[skipped..kept - 2].to_owned());
    }
    forms
}

/// The form that a text holds, if any.
pub fn found_in<'f>(text: &str, forms: &'f [String]) -> Option<&'f String> {
    forms.iter().find(|form| text.contains(form.as_str()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let byte = |at: usize| u32::from(*chunk.get(at).unwrap_or(&0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |at: usize| match at <= chunk.len() {
            true => char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]),
            false => '=',
        };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[test]
fn they_are_found() {
    let forms = of(PASSWORD);
    for login in ["", "a", "ad", "admin:", "admin:x"] {
        let basic = base64(format!("{login}{PASSWORD}").as_bytes());
        assert!(found_in(&basic, &forms).is_some(), "{basic} {forms:?}");
    }
    let json = serde_json::to_string(PASSWORD).expect("it is text");
    let others = [json, format!("{PASSWORD:?}"), hex(PASSWORD.as_bytes()), PASSWORD.replace('\'', "''")];
    for text in others {
        assert!(found_in(&text, &forms).is_some(), "{text}");
    }
    assert_eq!(found_in("nothing of that", &forms), None);
    assert_eq!(base64(b"Ma"), "TWE=");
    assert_eq!(base64(b"Man"), "TWFu");
}
