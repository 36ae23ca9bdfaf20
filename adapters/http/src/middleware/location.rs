//! URLs of this service in `Location`.

use poem::http::{
    HeaderMap, HeaderValue,
    header::{Entry, LOCATION},
};

/// Places a `Location` on this service below the path of the public URL, which a
/// proxy removes from requests.
pub(super) fn apply(headers: &mut HeaderMap, base_path: &str) {
    if base_path.is_empty() {
        return;
    }
    if let Entry::Occupied(mut location) = headers.entry(LOCATION)
        && let Ok(path) = location.get().to_str()
        && path.starts_with('/')
        && let Ok(below) = HeaderValue::try_from(format!("{base_path}{path}"))
    {
        location.insert(below);
    }
}
