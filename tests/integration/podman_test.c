/* How a change takes effect: podman and podman-compose, real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "containers_cases.h"

static int
start(void **state)
{
	return containers_group_start(state, false);
}

#define TEST(name)	cmocka_unit_test(name)

/* Those that leave the site as it was come first: each up costs seconds. */
int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(services_are_listed_with_their_state),
		TEST(an_unknown_service_is_refused_by_name),
		TEST(logs_show_both_streams_without_control_characters),
		TEST(a_followed_log_is_shown_while_it_is_written),
		TEST(a_key_that_no_service_takes_is_told_and_touches_nothing),
		TEST(a_mounted_file_that_is_put_back_restarts_its_service),
		TEST(
	    a_changed_env_file_recreates_who_takes_it_and_undo_goes_back),
		TEST(a_stopped_service_is_started_by_undo),
		TEST(a_service_is_stopped_started_and_restarted),
		TEST(a_changed_dotenv_key_recreates_only_who_takes_it),
		TEST(a_changed_compose_file_is_brought_up),
		TEST(a_stopped_service_is_not_started_by_a_change_of_its_file),
		TEST(a_change_of_a_site_that_is_down_says_what_to_do)
	};

	return cmocka_run_group_tests_name("podman and podman-compose",
	    tests, start, containers_group_stop);
}
