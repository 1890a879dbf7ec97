/* How a change takes effect: docker-compose and docker on podman's socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "containers_cases.h"

static int
start(void **state)
{
	return containers_group_start(state, true);
}

#define TEST(name)	cmocka_unit_test(name)

/* Those that leave the site as it was come first: each up costs seconds. */
int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(services_are_listed_with_their_state),
		TEST(logs_show_both_streams_without_control_characters),
		TEST(a_mounted_file_that_is_put_back_restarts_its_service),
		TEST(
	    a_changed_env_file_recreates_who_takes_it_and_undo_goes_back),
		TEST(a_stopped_service_is_started_by_undo),
		TEST(a_changed_dotenv_key_recreates_only_who_takes_it),
		TEST(a_changed_compose_file_is_brought_up)
	};

	return cmocka_run_group_tests_name("docker-compose and docker",
	    tests, start, containers_group_stop);
}
