//! Exactness of numbers in JSON.
//!
//! Stores and clients keep whole numbers of 64 bits and doubles (RFC 8259,
//! section 6). `serde_json` rounds all others without an error.

use tenantry_domain::Invalid;

/// The maximum number of significant digits of a double.
const MAX_DIGITS: usize = 767;

/// Creates the error of a number that is not kept exactly.
pub(crate) fn rounded() -> Invalid {
    Invalid::new(
        "inexact_number",
        "must be a whole number of 64 bits or a double, which is kept exactly; send others as text",
    )
}

/// Returns the numbers in valid JSON, in their order.
pub(super) fn literals(json: &[u8]) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            match rest {
                [] => return None,
                [b'"', after @ ..] => rest = after_string(after),
                [b'-' | b'0'..=b'9', ..] => {
                    let is_number = |byte: &u8| b"+-.0123456789Ee".contains(byte);
                    let end = rest.iter().position(|byte| !is_number(byte));
                    let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
                    rest = after;
                    return std::str::from_utf8(number).ok();
                }
                [_, after @ ..] => rest = after,
            }
        }
    })
}

fn after_string(mut text: &[u8]) -> &[u8] {
    loop {
        text = match text {
            [] => return text,
            [b'"', after @ ..] => return after,
            [b'\\', _, after @ ..] | [_, after @ ..] => after,
        }
    }
}

/// Returns whether a number is kept exactly: a whole number of 64 bits with a sign,
/// or a fraction that is the value of a double in as many digits.
pub(super) fn is_exact(number: &str) -> bool {
    if !number.contains(['.', 'e', 'E']) {
        return number.parse::<i64>().is_ok();
    }
    let Ok(value) = number.parse::<f64>() else {
        return false;
    };
    let (digits, scale) = decimal(number);
    if digits.is_empty() || digits.len() > MAX_DIGITS {
        return digits.is_empty();
    }
    let kept = format!("{value:.*e}", digits.len() - 1);
    decimal(&kept) == (digits, scale)
}

/// Returns the significant digits of a number and the power of ten of the point
/// before them.
fn decimal(number: &str) -> (String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('-');
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let leading = all.len() - digits.len();
    // An exponent of more than 64 bits is of zero, or of a number that is not a double.
    let exponent = exponent.parse().unwrap_or(i64::MAX);
    let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let scale = places(whole.len()).saturating_sub(places(leading));
    let digits = digits.trim_end_matches('0').to_owned();
    (digits, scale.saturating_add(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_strings_are_found() {
        let json = br#"{"1": [-1.5e+3, "2 \" 3", 4], "\\": 5, "a": {"b": true}} "#;
        assert_eq!(literals(json).collect::<Vec<_>>(), ["-1.5e+3", "4", "5"]);
        assert_eq!(literals(b"7").collect::<Vec<_>>(), ["7"]);
        assert_eq!(literals(b"\"7").count(), 0);
    }

    #[test]
    fn doubles_and_whole_numbers_of_64_bits_are_exact() {
        for number in [
            "0",
            "-0",
            "0.0",
            "0e99999999999999999999",
            "9007199254740993",
            "9223372036854775807",
            "-9223372036854775808",
            "0.1",
            "-1.50",
            "100e-3",
            "0.10000000000000001",
            "0.30000000000000004",
            "0.1000000000000000055511151231257827021181583404541015625",
            "1e19",
            "1.8446744073709552e+19",
            "1.7976931348623157E308",
            "5e-324",
        ] {
            assert!(is_exact(number), "{number}");
        }
    }

    #[test]
    fn rounded_numbers_are_not_exact() {
        let long = format!("0.{}", "3".repeat(100_000));
        for number in [
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "36893488147419103233",
            "9007199254740993.0",
            "0.1000000000000000000001",
            "3.14159265358979323846",
            "1e400",
            "1e-400",
            "1e-99999999999999999999",
            &long,
        ] {
            assert!(!is_exact(number), "{number}");
        }
    }
}
