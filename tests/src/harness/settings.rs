//! Settings of a test.

/// Settings as environment variables of the service.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// Borrows owned settings.
pub fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = settings.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
