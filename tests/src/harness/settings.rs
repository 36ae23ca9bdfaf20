//! Settings of a service under test.

/// Settings of a test, as environment variables.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// Borrows settings as [`Settings`].
pub fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = settings.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
