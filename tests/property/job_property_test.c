/*
 * Any plan applied and then undone leaves every byte as it was; undone once
 * more it is applied again.  Plans are drawn at random; a failure prints the
 * seed (PROPERTY_SEED).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/audit.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "../unit/toy.h"
#include "prng.h"

#define ROUNDS		25
#define NAMES		6
#define STEPS_MAX	8

struct world {
	char *value[NAMES];
};

static void
world_read(const struct toy *t, struct world *w)
{
	char	name[2] = "a";
	int	i;

	for (i = 0; i < NAMES; i++) {
		name[0] = (char)('a' + i);
		w->value[i] = toy_get(t, name);
	}
}

static void
world_free(struct world *w)
{
	int i;

	for (i = 0; i < NAMES; i++)
		free(w->value[i]);
}

static bool
world_equal(const struct world *a, const struct world *b)
{
	int i;

	for (i = 0; i < NAMES; i++)
		if (strcmp(a->value[i], b->value[i]) != 0)
			return false;
	return true;
}

/*
 * Each name at most once: a plan is made against the world as it is, so a
 * second write of one name would rest on a value that is not there yet.
 */
static char *
draw_plan(struct prng *p)
{
	AUTO_BUF struct buf	b = BUF_INIT;
	size_t			steps = 1 + prng_below(p, STEPS_MAX);
	size_t			used = 0, i, name;

	for (i = 0; i < steps; i++) {
		name = prng_below(p, NAMES);
		if ((used & ((size_t)1 << name)) != 0)
			continue;
		used |= (size_t)1 << name;
		buf_printf(&b, "%s%s%c=%s%zu", b.len > 0 ? " " : "",
		    prng_below(p, 4) == 0 ? "expand:" : "", (char)('a' + name),
		    prng_below(p, 5) == 0 ? "" : "v",
		    prng_below(p, 9));
	}
	return buf_take(&b);
}

static void
undo_and_compare(struct toy *t, struct prng *p, const char *job,
    const struct world *want, struct job_result *undo)
{
	struct err	e = { 0 };
	struct world	now;

	CHECK(p, toy_undo(t, job, undo, &e));
	world_read(t, &now);
	CHECK(p, world_equal(&now, want));
	world_free(&now);
}

static void
one_round(struct toy *t, struct prng *p)
{
	AUTO_FREE char		*words = draw_plan(p);
	struct world		 before, after;
	struct job_result	 r, undo, redo;
	struct err		 e = { 0 };

	world_read(t, &before);
	CHECK(p, toy_apply(t, "toy.set", json_pack("{s:s}", "set", words),
	    &r, &e));
	world_read(t, &after);
	if (r.id[0] != '\0') {
		undo_and_compare(t, p, r.id, &before, &undo);
		if (prng_below(p, 2) == 0)
			undo_and_compare(t, p, undo.id, &after, &redo);
	}
	world_free(&before);
	world_free(&after);
}

static void
test_any_plan_undone_leaves_the_world_as_before(void **state)
{
	struct prng	 p;
	struct toy	 t;
	struct err	 e = { 0 };
	int64_t		 lines;
	int		 i;

	(void)state;
	toy_init(&t);
	for (i = 0; i < ROUNDS; i++) {
		prng_init(&p, (uint64_t)i);
		one_round(&t, &p);
	}
	assert_true(audit_verify(t.ctx.store, &lines, &e));
	assert_true(lines > ROUNDS);
	toy_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_any_plan_undone_leaves_the_world_as_before)
	};

	return cmocka_run_group_tests_name("plans and undo", tests, NULL,
	    NULL);
}
