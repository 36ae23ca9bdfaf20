//! Types in use for common extensions, with content of these extensions.

use std::collections::BTreeSet;

use tenantry_domain::media_type::ContentTypes;

use crate::{checked, contents::content, expect_none};

/// A list of facts; its first lines describe it.
const EXTENSIONS: &str = include_str!("extensions.txt");

#[test]
fn every_type_in_use_is_accepted_with_its_content() {
    let (mut refused, mut pairs) = (Vec::new(), BTreeSet::new());
    for line in EXTENSIONS.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<_> = line.split(" : ").collect();
        let [extensions, formats, types] = fields.as_slice() else {
            panic!("{line} does not have three fields");
        };
        for format in formats.split(' ') {
            for declared in types.split(' ').chain([""]) {
                pairs.insert((declared, format));
                for extension in extensions.split(',') {
                    let name = format!("a.{extension}");
                    let result = checked(ContentTypes::Safe, declared, &name, &content(format));
                    if let Err(error) = result {
                        refused.push(format!("{name} {declared:?} {format}: {}", error.message));
                    }
                }
            }
        }
    }
    assert!(pairs.len() > 300, "{} pairs", pairs.len());
    expect_none("wrong refusals", &refused);
}
