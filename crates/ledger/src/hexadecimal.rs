//! Bytes as text.

use core::fmt::Write;

/// Writes bytes as lower-case hexadecimal.
pub(crate) fn write(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Reads hexadecimal; `None` where it is none.
pub(crate) fn read(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_refuses_what_is_none() {
        assert_eq!(write(&[0, 15, 255]), "000fff");
        assert_eq!(read("000fff"), Some(vec![0, 15, 255]));
        assert_eq!(read(""), Some(Vec::new()));
        for wrong in ["0", "0g", "+1", "é"] {
            assert_eq!(read(wrong), None);
        }
    }
}
