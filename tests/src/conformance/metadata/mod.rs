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
mod foreign_rows;
mod guards;
mod idempotency;
mod isolation;
mod job_leases;
mod jobs;
mod kinds;
mod members;
mod orders;
mod people;
mod projects;
mod quota;
mod references;
mod rows;
mod sealing;
mod sessions;
mod table;
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
            no_user_is_found_in_an_empty_store
            an_impossible_text_finds_no_user
            every_field_is_stored
            every_field_can_be_updated
            they_are_found_by_folded_names
            addresses_are_unique_regardless_of_case
            usernames_are_unique_regardless_of_case
            released_names_are_free_again
            a_thousand_addresses_are_read_in_one_call;
        tenants:
            no_tenant_is_found_in_an_empty_store
            every_status_is_stored
            every_field_can_be_updated
            they_are_found_by_name_and_subdomain
            names_are_unique
            names_of_a_suspended_tenant_stay_reserved
            names_of_a_deleting_tenant_are_free
            a_removed_tenant_is_not_found
            they_are_listed_by_id_in_pages;
        members:
            nothing_is_found_in_an_empty_store
            memberships_are_stored
            memberships_can_be_updated
            a_user_has_one_membership_per_tenant
            memberships_of_a_user_are_listed_oldest_first
            roles_are_found_by_id
            roles_can_be_updated_and_removed
            a_role_name_is_unique_within_its_tenant;
        sessions:
            every_field_is_stored
            every_field_can_be_updated
            one_refresh_wins
            live_ones_of_a_user_are_found_by_their_last_use
            expired_rows_are_purged_in_batches;
        projects:
            every_field_is_stored_and_updated
            a_search_finds_folded_parts_of_names;
        rows:
            every_kind_has_a_lifecycle
            a_stale_write_changes_nothing
            every_unique_key_is_unique;
        units:
            an_empty_unit_is_applied
            the_first_failing_class_refuses
            a_missing_tenant_precedes_a_stale_user
            the_first_kind_of_a_class_refuses
            nothing_of_a_refused_unit_is_visible
            nothing_of_a_refused_platform_unit_is_visible
            a_dropped_unit_has_no_effect
            an_inactive_tenant_accepts_no_unit
            a_missing_tenant_accepts_no_unit
            an_invalid_unit_fails
            a_large_unit_is_atomic
            the_store_can_be_probed;
        concurrency:
            a_dropped_commit_is_all_or_nothing
            one_of_many_concurrent_updates_wins
            one_of_many_concurrent_adds_of_a_path_wins
            many_concurrent_units_are_all_applied;
        isolation:
            no_read_sees_over_the_wall
            a_foreign_entry_cannot_be_recorded
            a_foreign_entry_cannot_be_sealed
            equal_rows_of_two_tenants_are_independent
            a_platform_unit_carries_one_tenant;
        foreign_rows:
            a_foreign_id_is_missing
            a_foreign_id_cannot_be_overwritten
            a_foreign_row_cannot_be_recorded;
        guards:
            every_change_of_a_membership_raises_its_guards
            every_change_of_a_role_raises_its_guards
            a_unit_raises_a_guard_once
            guards_and_the_tenant_row_are_independent
            a_changed_guard_refuses_the_unit
            a_guard_without_a_tenant_is_missing
            a_new_tenant_and_its_members_are_one_unit
            one_of_many_concurrent_demotions_wins
            raised_epochs_are_found_despite_wrong_clocks
            every_raise_is_found_while_others_commit
            concurrent_epoch_changes_are_all_returned
            a_changed_epoch_refuses_the_unit
            no_raise_of_an_epoch_is_lost;
        quota:
            a_new_quota_is_unused
            reading_a_missing_quota_fails
            a_quota_is_opened_once
            bytes_move_from_reserved_to_used_and_back
            the_last_byte_fits_and_the_next_does_not
            only_reserved_bytes_can_be_released
            movements_of_a_unit_are_added_up
            a_quota_can_be_corrected
            versions_are_counted_and_limited
            every_concurrent_reserve_is_exact
            quotas_of_two_tenants_are_independent
            usage_adds_up;
        access:
            an_unknown_session_grants_nothing
            a_live_session_grants_access_to_its_tenant
            a_session_without_tenant_grants_no_tenant
            a_session_expires_on_time
            a_revoked_session_grants_nothing
            a_removed_session_grants_nothing
            a_deactivated_user_has_no_access
            a_deactivated_member_has_no_access_to_the_tenant
            an_invited_member_has_no_access_to_the_tenant
            a_former_member_has_no_access_to_the_tenant
            an_inactive_tenant_is_not_accessible
            permissions_come_from_all_roles_and_their_ancestors
            cyclic_roles_are_resolved
            epochs_are_those_of_the_user_and_the_tenant;
        files:
            every_field_is_stored
            every_field_can_be_updated
            they_are_found_by_place_and_path
            taken_paths_are_found_in_one_read
            a_path_is_unique_within_its_place
            a_released_path_is_free_in_the_same_unit
            hostile_names_are_stored
            a_file_is_returned_with_its_uploader;
        orders:
            every_order_has_both_directions
            pages_of_any_size_list_all_items;
        file_lists:
            pages_are_stable_under_concurrent_changes
            a_position_need_not_be_a_file
            an_offset_skips_files;
        file_filters:
            only_the_given_place_is_searched
            a_prefix_matches_the_beginning_of_paths
            prefixes_have_no_wildcards
            a_prefix_may_end_with_any_character
            paths_match_exactly
            filters_distinguish_states_and_owners
            a_search_finds_folded_names
            searches_have_no_wildcards
            all_filters_must_match
            a_count_stops_at_its_cap;
        versions:
            no_version_is_found_in_an_empty_store
            every_field_is_stored
            processing_can_be_updated
            a_number_is_unique_within_its_file
            they_are_listed_newest_first
            a_scan_returns_every_row_by_id
            references_to_a_blob_are_counted;
        blobs:
            no_blob_is_found_in_an_empty_store
            every_state_is_stored
            a_blob_passes_through_its_states
            equal_content_is_found
            only_intact_blobs_are_found_by_digest
            the_sweeper_finds_expired_blobs
            a_scan_returns_every_row_by_id;
        references:
            references_are_added_and_removed
            no_concurrent_reference_is_lost
            a_removed_blob_takes_no_reference
            a_reference_makes_earlier_reads_stale
            a_refused_reference_refuses_the_unit;
        audit:
            an_empty_chain_has_no_entries
            every_field_is_stored
            an_entry_without_a_tag_is_not_recorded
            ids_are_unique
            the_platform_has_a_separate_chain
            filters_select_matching_entries
            pages_list_all_entries_newest_first;
        sealing:
            unsealed_entries_are_listed_oldest_first
            sealing_moves_the_head
            a_stale_head_is_refused
            an_entry_is_sealed_once
            an_unknown_entry_is_missing
            the_chain_of_the_platform_is_sealed_separately
            one_of_two_sealers_wins
            the_heads_of_all_chains_are_listed;
        jobs:
            an_empty_queue_has_no_job
            every_field_is_stored
            a_claimed_job_is_running
            jobs_are_claimed_in_the_order_of_their_time
            no_job_is_claimed_before_its_time
            only_queued_jobs_are_claimed
            a_completed_job_stays_completed
            a_failed_attempt_is_retried_later
            a_job_of_a_suspended_tenant_can_be_ended;
        job_leases:
            an_expired_lease_is_taken_over
            impossible_times_count_as_past
            only_the_attempt_of_a_lease_extends_it
            a_job_with_an_extended_lease_can_be_completed
            a_job_and_its_effect_are_committed_together
            no_job_is_claimed_twice;
        idempotency:
            every_state_is_stored
            a_key_is_unique_within_its_scope
            one_of_two_claims_wins
            expired_rows_are_purged_in_batches;
        upkeep:
            nothing_is_due_in_an_empty_store
            chains_with_unsealed_entries_are_listed_once
            tenants_with_expired_blobs_are_listed_once
            chains_of_inactive_tenants_are_skipped
            only_active_tenants_are_swept
            a_backend_is_used_while_it_has_a_blob;
    }
}
