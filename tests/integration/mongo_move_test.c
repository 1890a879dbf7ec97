/*
 * Sametime's databases move from one real deployment to another while
 * somebody writes: nothing is lost, writes wait for seconds, the site is
 * switched, and there is a way back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "move_world.h"
#include "run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define BLOCKED_MAX_MS	5000

static struct run_result
move(struct move_world *w, const char *cutover)
{
	const char *argv[] = { "--site", w->site, "mongo", "move",
	    "--to-url-file", w->to, "--block", w->command, "--cutover",
	    cutover, "--yes", NULL };

	return run_json(w->state, argv, NULL);
}

static json_t *
show(struct move_world *w)
{
	const char *argv[] = { "--site", w->site, "mongo", "move_show",
	    "--count", NULL };
	AUTO_RUN struct run_result r = run_json(w->state, argv, NULL);

	run_assert_exit(&r, 0);
	return json_incref(json_object_get(r.json, "result"));
}

/* Moved, proved, switched, and Sametime's account may work there. */
static void
moved(struct move_world *w)
{
	AUTO_JSON json_t *now = show(w);
	int64_t		 blocked_ms = json_int(now, "blocked_ms", -1);

	assert_string_equal(json_text(now, "phase"), "done");
	assert_true(blocked_ms >= 0);
	if (blocked_ms >= BLOCKED_MAX_MS)
		fail_msg("writes waited %lld ms", (long long)blocked_ms);
	assert_int_equal(json_int(now, "since", -1), 0);
	move_world_equal(w);
	assert_true(move_world_named(w, 1));
}

static void
goes_back(struct move_world *w)
{
	const char *argv[] = { "--site", w->site, "mongo", "move", "--back",
	    "--yes", NULL };
	AUTO_RUN struct run_result r = { 0 };
	AUTO_FREE char	*notes = NULL;

	mongo_peer_fill(w->target, "meeting", "since", 7, 20);
	r = run_json(w->state, argv, NULL);
	run_assert_exit(&r, 0);
	notes = json_dumps(json_object_get(json_object_get(r.json, "plan"),
	    "notes"), 0);
	assert_non_null(strstr(notes, "stay behind: 7"));
	assert_true(move_world_named(w, 0));
}

static void
moves_under(const char *from, const char *to)
{
	struct move_world	 w;
	AUTO_RUN struct run_result r = { 0 };

	if (!move_world_has(from, to)) {
		skip();
		return;
	}
	move_world_start(&w, from, to);
	move_writer_start(&w);
	r = move(&w, "auto");
	run_assert_exit(&r, 0);
	assert_true(move_writer_stop(&w) > 5);
	moved(&w);
	goes_back(&w);
	move_world_end(&w);
}

static void
nothing_is_lost_from_4_4_to_6_0(void **state)
{
	(void)state;
	moves_under("4.4.2", "6.0.5");
}

static void
nothing_is_lost_from_5_0_to_6_0(void **state)
{
	(void)state;
	moves_under("5.0.4", "6.0.5");
}

/* ---- the server's own write block, the hold, refusals */

static void
refused_when_not_empty(struct move_world *w)
{
	AUTO_RUN struct run_result r = { 0 };

	mongo_peer_fill(w->target, "privacy", "theirs", 1, 10);
	r = move(w, "auto");
	run_assert_exit(&r, 3);
	assert_non_null(strstr(json_text(json_object_get(r.json, "error"),
	    "message"), "privacy"));
	assert_false(move_world_named(w, 1));
}

static void
refused_on_the_same(struct move_world *w)
{
	AUTO_FREE char	*url = str_format("mongodb://root:rootpw@localhost:"
	    "%d/?directConnection=true&authSource=admin", w->peers[0].port);
	AUTO_FREE char	*file = site_tree_path(&w->tree, "same");
	const char *argv[] = { "--site", w->site, "mongo", "move",
	    "--to-url-file", file, "--yes", NULL };
	AUTO_RUN struct run_result r = { 0 };

	site_tree_put(&w->tree, "same", url);
	r = run_json(w->state, argv, NULL);
	run_assert_exit(&r, 3);
}

/* By hold and resume, with the server's block; one database is given up. */
static void
held_and_blocked_by_the_server(struct move_world *w)
{
	AUTO_FREE char	*admin = str_format("mongodb://mover:m@127.0.0.1:%d/"
	    "?replicaSet=rs0&authSource=admin", w->peers[0].port);
	AUTO_FREE char	*file = site_tree_path(&w->tree, "admin");
	const char *argv[] = { "--site", w->site, "mongo", "move",
	    "--to-url-file", w->to, "--block", "writeblock", "--drop",
	    "privacy", "--admin-url-file", file, "--yes", NULL };
	const char *resume[] = { "job", "resume", NULL, NULL };
	AUTO_RUN struct run_result held = { 0 }, r = { 0 };

	site_tree_put(&w->tree, "admin", admin);
	mongo_peer_run(w->from, "admin", "{\"createUser\":\"mover\",\"pwd\":"
	    "\"m\",\"roles\":[\"clusterAdmin\",\"backup\"]}");
	held = run_json(w->state, argv, NULL);
	run_assert_exit(&held, 3);
	resume[2] = json_text(json_object_get(held.json, "job"), "id");
	mongo_peer_fill(w->from, "meeting", "late", 300, 50);
	r = run_json(w->state, resume, NULL);
	run_assert_exit(&r, 0);
	moved(w);
}

static void
stays_blocked(struct move_world *w, bool blocked)
{
	AUTO_FREE char	*url = str_format("mongodb://sametimeUser:p%%2Fw%%40x"
	    "@127.0.0.1:%d/?replicaSet=rs0&authSource=admin",
	    w->peers[0].port);
	const struct mongo_where where = { "meeting", "late" };
	AUTO_SECRET struct secret *secret = NULL;
	AUTO_MONGO struct mongo	*m = NULL;
	struct err	 e;

	secret = secret_new(url, strlen(url), &e);
	mongo_peer_did(mongo_open_url(secret, MONGO_PRIMARY, 5000, &m, &e),
	    &e);
	assert_int_equal(mongo_insert(m, &where, "{\"_id\":\"x\"}", &e),
	    !blocked);
}

static void
refuses_holds_blocks_and_goes_back_on_6_0(void **state)
{
	struct move_world	 w;

	(void)state;
	if (!move_world_has("6.0.5", "6.0.27")) {
		skip();
		return;
	}
	move_world_start(&w, "6.0.5", "6.0.27");
	refused_when_not_empty(&w);
	refused_on_the_same(&w);
	held_and_blocked_by_the_server(&w);
	stays_blocked(&w, true);
	goes_back(&w);
	stays_blocked(&w, false);
	move_world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_from_4_4_to_6_0),
		cmocka_unit_test(nothing_is_lost_from_5_0_to_6_0),
		cmocka_unit_test(refuses_holds_blocks_and_goes_back_on_6_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
