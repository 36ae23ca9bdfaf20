//! Reads TOML files and files that contain a secret.

use std::fs;
use std::path::Path;

use figment::value::{Dict, Value};

use crate::problem::Problem;
use crate::shape::Shape;
use crate::text_file::read_text;

/// The maximum size of a secret file, in bytes.
const SECRET_FILE_BYTES: u64 = 64 * 1024;

/// Parses TOML. A problem names `origin` and the line number, but not the content.
pub(crate) fn parse_toml(text: &str, origin: &str) -> Result<Dict, Problem> {
    toml::from_str::<Dict>(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let reason = match before {
            Some(before) => {
                let line = before.matches('\n').count() + 1;
                format!("line {line}: {}", error.message())
            }
            None => error.message().to_owned(),
        };
        Problem::new(origin, reason)
    })
}

/// Reads a secret from a file, without its final line break.
pub(crate) fn read_secret(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let failed = |error: std::io::Error| format!("cannot read {shown}: {error}");
    let length = fs::metadata(path).map_err(failed)?.len();
    if length > SECRET_FILE_BYTES {
        return Err(format!("{shown} is larger than {SECRET_FILE_BYTES} bytes"));
    }
    let text = read_text(path).map_err(failed)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(format!("{shown} is empty"));
    }
    Ok(text.to_owned())
}

/// Replaces each `key_file` of a secret in `value`, whose key is `path`, by `key` with the content
/// of the file, relative to `folder`.
pub(crate) fn resolve_secret_files(
    path: &str,
    value: &mut Value,
    shape: &Shape,
    folder: &Path,
) -> Result<(), Problem> {
    match (shape, value) {
        (Shape::List(element), Value::Array(_, values)) => values
            .iter_mut()
            .try_for_each(|value| resolve_secret_files(path, value, element, folder)),
        (_, Value::Dict(_, dict)) => resolve_table(path, dict, shape, folder),
        _ => Ok(()),
    }
}

fn resolve_table(path: &str, dict: &mut Dict, shape: &Shape, folder: &Path) -> Result<(), Problem> {
    let names: Vec<String> = dict.keys().cloned().collect();
    for name in names {
        let (Some(field), Some(value)) = (shape.child(&name), dict.get_mut(&name)) else {
            continue;
        };
        let key = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let Some(secret) = &field.file_of else {
            resolve_secret_files(&key, value, &field.shape, folder)?;
            continue;
        };
        let Some(file) = value.as_str() else {
            return Err(Problem::new(key, "must be a string"));
        };
        let text =
            read_secret(&folder.join(file)).map_err(|reason| Problem::new(key.as_str(), reason))?;
        let content = Value::from(text);
        dict.remove(&name);
        match dict.insert(secret.clone(), content.clone()) {
            Some(given) if given != content => {
                let reason = format!("{secret} is set to a different value; remove one of them");
                return Err(Problem::new(key, reason));
            }
            _ => {}
        }
    }
    Ok(())
}
