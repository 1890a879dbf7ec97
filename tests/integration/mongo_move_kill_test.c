/*
 * A move that is killed at any durable call is finished by resuming it, with
 * nothing lost and nothing twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "kill.h"
#include "move_world.h"
#include "run.h"
#include "stconsole/mem.h"

static struct move_world world;
static const char *argv[] = { "--site", NULL, "mongo", "move",
    "--to-url-file", NULL, "--block", NULL, "--cutover", "auto", "--yes",
    NULL };

static void
fresh(void *arg)
{
	move_world_reset(arg);
}

static void
finished(void *arg, const char *state)
{
	kill_recover(state, argv, NULL);
	move_world_equal(arg);
	assert_true(move_world_named(arg, 1));
}

static void
killed_anywhere_it_is_finished_by_resuming(void **state)
{
	struct kill_case c = { .argv = argv, .arg = &world, .setup = fresh,
	    .ends_well = finished };

	(void)state;
	if (!move_world_has("4.4.2", "6.0.5")) {
		skip();
		return;
	}
	move_world_start(&world, "4.4.2", "6.0.5");
	argv[1] = world.site;
	argv[5] = world.to;
	argv[7] = world.command;
	c.what = "kill-before";
	c.step = 83;
	(void)kill_at_every_call(&c);
	c.what = "kill-after";
	c.step = 97;
	(void)kill_at_every_call(&c);
	move_world_end(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_anywhere_it_is_finished_by_resuming),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
