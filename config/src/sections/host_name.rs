//! Checks of host names.

/// Returns whether `text` is a lowercase DNS label: letters, digits and inner hyphens, 1 to 63
/// bytes.
pub(super) fn is_dns_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Returns whether `text` is a lowercase host name of at most 253 bytes.
pub(super) fn is_host_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}
