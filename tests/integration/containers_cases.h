/*
 * What a user sees of a site that runs in containers; each case works with
 * either way to run it.
 */
#ifndef TESTS_CONTAINERS_CASES_H
#define TESTS_CONTAINERS_CASES_H

#include "containers.h"

/* *state stays NULL when a part is missing: each case is skipped by name. */
int	 containers_group_start(void **state, bool docker);
int	 containers_group_stop(void **state);

void	 services_are_listed_with_their_state(void **state);
void	 a_changed_env_file_recreates_who_takes_it_and_undo_goes_back(
	     void **state);
void	 a_changed_dotenv_key_recreates_only_who_takes_it(void **state);
void	 a_key_that_no_service_takes_is_told_and_touches_nothing(
	     void **state);
void	 a_mounted_file_that_is_put_back_restarts_its_service(
	     void **state);
void	 a_changed_compose_file_is_brought_up(void **state);
void	 a_stopped_service_is_started_by_undo(void **state);
void	 a_service_is_stopped_started_and_restarted(void **state);
void	 a_stopped_service_is_not_started_by_a_change_of_its_file(
	     void **state);
void	 an_unknown_service_is_refused_by_name(void **state);
void	 logs_show_both_streams_without_control_characters(void **state);
void	 a_followed_log_is_shown_while_it_is_written(void **state);
void	 a_change_of_a_site_that_is_down_says_what_to_do(void **state);

#endif
