//! Combinations of providers on which the end-to-end suite runs.

use super::{
    list::PROVIDERS,
    provider::{Provider, Section},
    selection::Providers,
};

/// Returns a few combinations that contain all servers except those that are
/// not part of all combinations.
pub fn few() -> Vec<Providers> {
    let servers = |section| {
        let of_section = common(section).into_iter();
        of_section
            .filter(|it| it.server.is_some())
            .collect::<Vec<_>>()
    };
    let lengths = Section::ALL.map(|section| servers(section).len());
    let count = lengths.into_iter().max().unwrap_or_default();
    let default = Providers::embedded();
    let combination = |number: usize| {
        Providers::by_section(|section| {
            let server = servers(section).get(number).copied();
            server.unwrap_or(of_section(default, section))
        })
    };
    (0..count).map(combination).collect()
}

/// Returns every combination of the providers that are part of all
/// combinations, and two for each of the others: with the defaults and with the
/// first servers of the other sections.
pub fn all() -> Vec<Providers> {
    let mut combinations = Vec::new();
    for database in common(Section::Database) {
        for storage in common(Section::Storage) {
            for cache in common(Section::Cache) {
                combinations.push(Providers {
                    database,
                    storage,
                    cache,
                });
            }
        }
    }
    let others = PROVIDERS.iter().filter(|it| !it.in_all_combinations);
    for other in others {
        for base in [Providers::embedded(), few()[0]] {
            combinations.push(Providers::by_section(|section| {
                if section == other.section {
                    other
                } else {
                    of_section(base, section)
                }
            }));
        }
    }
    combinations
}

fn common(section: Section) -> Vec<&'static Provider> {
    let of_section = PROVIDERS.iter().filter(|it| it.section == section);
    of_section.filter(|it| it.in_all_combinations).collect()
}

fn of_section(providers: Providers, section: Section) -> &'static Provider {
    match section {
        Section::Database => providers.database,
        Section::Storage => providers.storage,
        Section::Cache => providers.cache,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_combinations_contain_all_common_servers() {
        let names: Vec<_> = few().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["postgres+s3+redis", "mongodb+azure+memory"]);
    }

    #[test]
    fn all_combinations_are_distinct_and_can_be_selected() {
        let names: Vec<_> = all().iter().map(ToString::to_string).collect();
        assert_eq!(names[0], Providers::embedded().to_string());
        for (number, name) in names.iter().enumerate() {
            assert_eq!(Providers::named(name).to_string(), *name);
            assert!(!names[..number].contains(name), "{name} is there twice");
        }
    }
}
