//! Projects of one tenant.

use tenantry_application::ports::{Count, ListQuery, ListRepository, ProjectFilter, ProjectSort};
use tenantry_domain::{Revision, description::Description, name::ProjectName, project::Project};

use super::{
    orders::Sorted,
    world::{Company, Outcome, ReadOutcome, World},
};
use crate::conformance::samples::at;

async fn find(company: &Company, project: &Project) -> Option<Project> {
    company.store.projects().lookup(project.id).await.value()
}

pub(super) async fn every_field_is_stored_and_updated(world: &World) {
    let acme = world.company("Acme").await;
    let mut project = world.samples.project(acme.id, "Tower Ünï 'x'");
    acme.commit(|work| work.projects().add(&project))
        .await
        .done();
    assert_eq!(find(&acme, &project).await.as_ref(), Some(&project));
    let text = "Two\nlines of \u{1F3D7} 'text' \\ \"and\" % _";
    for description in [Some(text), None] {
        project.name = ProjectName::parse("塔 tower").expect("a name");
        let parse = |text| Description::parse(text).expect("a description");
        project.description = description.map(parse);
        project.updated_at = at(5);
        acme.commit(|work| work.projects().update(&project))
            .await
            .done();
        project.revision = Revision::new(project.revision.number() + 1);
        assert_eq!(find(&acme, &project).await.as_ref(), Some(&project));
    }
}

impl Sorted for ProjectSort {
    async fn add_items(world: &World, company: &Company) -> Vec<Project> {
        let mut projects = Vec::new();
        for (n, name) in (0..).zip(["B", "a", "10", "9", "_x", "~", "Ä", "文件", "a ü"]) {
            let mut project = world.samples.project(company.id, name);
            project.created_at = at(n % 3 - 1);
            project.updated_at = at(-(n % 4));
            projects.push(project);
        }
        for project in projects.iter().rev() {
            company
                .commit(|work| work.projects().add(project))
                .await
                .done();
        }
        projects
    }

    fn is_unique(self) -> bool {
        self == Self::Name
    }

    fn list(company: &Company) -> (ProjectFilter, &dyn ListRepository<Self>) {
        (ProjectFilter::default(), company.store.projects())
    }
}

pub(super) async fn a_search_finds_folded_parts_of_names(world: &World) {
    let acme = world.company("Acme").await;
    for name in ["Tower One", "TOWER%two", "Bridge_three", "Ünï tower"] {
        let project = world.samples.project(acme.id, name);
        acme.commit(|work| work.projects().add(&project))
            .await
            .done();
    }
    for (search, expected) in [
        (
            None,
            &["Bridge_three", "Tower One", "TOWER%two", "Ünï tower"][..],
        ),
        (Some("tower"), &["Tower One", "TOWER%two", "Ünï tower"]),
        (Some("r%t"), &["TOWER%two"]),
        (Some("e_t"), &["Bridge_three"]),
        (Some("ünï"), &["Ünï tower"]),
        (Some("\u{0}"), &[]),
        (Some("none"), &[]),
    ] {
        let search = search.map(str::to_owned);
        let query = ListQuery {
            filter: ProjectFilter { search },
            sort: ProjectSort::Name,
            descending: false,
            after: None,
            offset: 0,
            limit: 10,
        };
        let found = acme.store.projects().list(&query).await.value();
        let names: Vec<_> = found.iter().map(|project| project.name.as_str()).collect();
        assert_eq!(names, expected, "{query:?}");
        let count = acme.store.projects().count(&query.filter, 2).await.value();
        let expected = Count {
            total: expected.len().min(2) as u64,
            capped: expected.len() > 2,
        };
        assert_eq!(count, expected, "{query:?}");
    }
}
