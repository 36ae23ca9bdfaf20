//! The metadata ports: `PlatformStore`, `TenantStore` and their repositories. A
//! file for each port or concern, a function for each case.

#![expect(clippy::expect_used, clippy::panic, reason = "a failed case panics")]

mod access;
mod audit;
mod blobs;
mod concurrency;
mod file_filters;
mod file_lists;
mod files;
mod guards;
mod idempotency;
mod isolation;
mod job_leases;
mod jobs;
mod members;
mod people;
mod quota;
mod revisions;
mod sealing;
mod sessions;
mod tenants;
mod units;
mod upkeep;
mod versions;
mod world;

pub use world::World;

use super::suite::suite;

suite! {
    $ metadata_suite: metadata::World {
        people:
            nobody_is_found_in_an_empty_store
            a_text_that_nobody_can_have_finds_nobody
            every_field_comes_back
            every_field_can_be_written
            they_are_found_by_folded_names
            addresses_are_unique_regardless_of_case
            usernames_are_unique_regardless_of_case
            names_cannot_be_taken_by_an_update
            an_id_is_taken_once
            released_names_are_free_again
            addresses_of_a_thousand_are_read_at_once;
        tenants:
            no_tenant_is_found_in_an_empty_store
            every_status_comes_back
            every_field_can_be_written
            they_are_found_by_name_and_subdomain
            names_are_unique
            names_cannot_be_taken_by_an_update
            names_of_a_suspended_tenant_stay_taken
            names_of_a_deleting_tenant_are_free
            a_removed_tenant_is_gone
            they_are_listed_by_id_in_pages;
        members:
            nothing_is_found_in_an_empty_store
            memberships_come_back
            memberships_can_be_written
            one_person_belongs_to_a_tenant_once
            memberships_of_a_person_are_listed_oldest_first
            roles_come_back_by_id
            roles_can_be_written_and_removed
            a_role_name_is_taken_in_its_tenant_alone;
        sessions:
            every_field_comes_back
            every_field_can_be_written
            one_refresh_wins
            what_has_expired_is_purged_in_portions;
        revisions:
            of_people
            of_tenants
            of_roles
            of_memberships
            of_sessions
            of_platform_jobs
            of_tenant_jobs
            of_requests
            of_files
            of_versions
            of_blobs;
        units:
            an_empty_unit_is_applied
            the_first_failing_class_refuses
            a_missing_tenant_goes_before_a_stale_person
            within_a_class_the_first_kind_refuses
            nothing_of_a_refused_unit_is_visible
            nothing_of_a_refused_platform_unit_is_visible
            a_dropped_unit_leaves_nothing
            a_tenant_that_is_not_active_takes_nothing
            a_tenant_that_is_not_there_takes_nothing
            a_unit_recorded_wrongly_fails
            a_large_unit_is_one_step
            the_store_shows_signs_of_life;
        concurrency:
            a_dropped_commit_is_all_or_nothing
            one_of_many_concurrent_updates_wins
            one_of_many_concurrent_adds_of_a_path_wins
            many_concurrent_units_all_land;
        isolation:
            no_read_sees_over_the_wall
            a_foreign_id_is_missing
            a_foreign_id_cannot_be_taken_over
            a_foreign_row_cannot_be_recorded
            a_foreign_entry_cannot_be_sealed
            equal_rows_of_two_tenants_share_nothing
            a_platform_unit_carries_one_tenant
            a_foreign_role_is_missing;
        guards:
            every_change_of_a_membership_raises_its_guards
            every_change_of_a_role_raises_its_guards
            a_unit_raises_a_guard_once
            guards_and_the_tenant_row_leave_each_other_alone
            a_guard_that_rose_refuses_the_unit
            a_guard_of_no_tenant_is_missing
            a_new_tenant_and_its_members_are_one_unit
            one_of_many_concurrent_demotions_wins
            epochs_rise_and_are_seen_from_their_time_on
            concurrent_epoch_changes_are_all_returned
            an_epoch_that_rose_refuses_the_unit
            no_raise_of_an_epoch_is_lost;
        quota:
            a_new_ledger_is_empty
            a_tenant_without_ledger_has_none
            a_ledger_is_opened_once
            bytes_go_from_reserved_to_used_and_back
            the_last_byte_fits_and_the_next_does_not
            what_was_not_taken_cannot_be_given_back
            movements_of_a_unit_are_one
            a_ledger_is_set_right
            every_concurrent_reserve_is_exact
            ledgers_of_two_tenants_are_two
            usage_adds_up;
        access:
            an_unknown_session_opens_nothing
            a_live_session_opens_its_tenant
            a_session_without_tenant_opens_the_person_alone
            a_session_ends_on_time
            a_revoked_session_opens_nothing
            a_removed_session_opens_nothing
            a_deactivated_person_opens_nothing
            a_deactivated_member_opens_no_tenant
            an_invited_member_opens_no_tenant
            a_former_member_opens_no_tenant
            a_tenant_that_is_not_active_does_not_open
            permissions_come_from_all_roles_and_their_ancestors
            a_circle_of_roles_ends
            epochs_are_those_of_the_person_and_the_tenant;
        files:
            every_field_comes_back
            every_field_can_be_written
            they_are_found_by_place_and_path
            a_path_is_taken_in_its_place_alone
            a_file_cannot_move_onto_another
            a_released_path_is_free_in_the_same_unit
            an_id_is_taken_once
            hostile_names_are_names
            a_file_comes_with_its_uploader;
        file_lists:
            every_order_runs_both_ways
            pages_of_any_size_make_the_whole
            ties_go_by_id
            pages_stay_true_while_files_come_and_go
            a_position_need_not_be_a_file
            an_offset_leaves_out;
        file_filters:
            a_place_is_looked_in_alone
            a_prefix_is_a_prefix
            no_character_of_a_prefix_means_another
            a_prefix_may_end_anywhere_in_unicode
            a_path_is_exact
            filters_distinguish_states_and_owners
            a_search_finds_folded_names
            no_character_of_a_search_means_another
            filters_hold_together
            a_count_stops_at_its_cap;
        versions:
            no_version_is_found_in_an_empty_store
            every_field_comes_back
            processing_can_be_written
            a_number_is_taken_in_its_file_alone
            they_are_listed_newest_first
            all_of_a_tenant_are_scanned_by_id
            those_that_show_a_blob_are_counted;
        blobs:
            no_blob_is_found_in_an_empty_store
            every_state_comes_back
            a_blob_goes_through_its_life
            equal_content_is_found
            what_is_not_whole_is_not_found_by_digest
            the_sweeper_finds_what_is_over
            all_of_a_tenant_are_scanned_by_id;
        audit:
            an_empty_chain_has_nothing
            every_field_comes_back
            an_id_is_taken_once
            the_platform_has_a_separate_chain
            filters_let_through_what_they_say
            pages_make_the_whole_newest_first;
        sealing:
            unsealed_entries_come_oldest_first
            sealing_moves_the_end
            a_stale_end_is_refused
            an_entry_is_sealed_once
            an_unknown_entry_is_missing
            the_platforms_chain_is_sealed_apart
            one_of_two_sealers_wins;
        jobs:
            an_empty_queue_hands_out_nothing
            every_field_comes_back
            a_claimed_job_is_running
            jobs_are_handed_out_in_the_order_of_their_time
            no_job_is_handed_out_before_its_time
            only_waiting_jobs_are_handed_out
            a_completed_job_stays_completed
            a_failed_attempt_is_handed_out_again_later
            a_job_of_a_suspended_tenant_can_be_ended;
        job_leases:
            an_expired_lease_is_taken_over
            a_lease_is_prolonged_by_its_attempt_alone
            a_prolonged_job_is_completed_as_it_was_handed_out
            a_job_and_its_effect_end_together
            no_job_is_handed_out_twice;
        idempotency:
            every_state_comes_back
            a_key_is_taken_in_its_scope_alone
            one_of_two_claims_wins
            what_has_expired_is_purged_in_portions;
        upkeep:
            nothing_is_due_in_an_empty_store
            chains_with_unsealed_entries_are_named_once
            tenants_with_something_to_sweep_are_named_once
            chains_of_tenants_that_are_not_active_wait
            only_active_tenants_are_swept
            a_backend_is_used_while_it_has_a_blob;
    }
}
