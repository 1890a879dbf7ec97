/* config get, set and unset, typed as a user types them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../unit/site_tree.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

struct world {
	struct site_tree	 tree;
	char			*state;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	site_tree_make(&w->tree);
	site_tree_compose(&w->tree, "");
	w->state = run_state_new();
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	run_state_end(w->state);
	site_tree_remove(&w->tree);
	free(w);
	return 0;
}

/* "stconsole --site DIR WORDS ...", with --json. */
#define RUN(w, input, ...) \
	run_json((w)->state, (const char *const []){ "--site", \
	    (w)->tree.dir, __VA_ARGS__, NULL }, (input))

static char *
text_of(const struct world *w, const char *file)
{
	AUTO_FREE char	*path = site_tree_path(&w->tree, file);
	struct buf	 text = BUF_INIT;

	assert_true(file_read(AT_FDCWD, path, 1 << 20, &text, NULL));
	return buf_take(&text);
}

/* How many lines of b are not the same line of a. */
static size_t
lines_differ(const char *a, const char *b)
{
	size_t n = 0;

	while (*a != '\0' || *b != '\0') {
		size_t x = strcspn(a, "\n"), y = strcspn(b, "\n");

		n += x != y || memcmp(a, b, x) != 0;
		a += x + (a[x] == '\n');
		b += y + (b[y] == '\n');
	}
	return n;
}

static void
has_words(const struct run_result *r, const char *words)
{
	if (strstr(buf_str(&r->out), words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", buf_str(&r->out), words);
}

static const char *
result_text(const struct run_result *r, const char *name)
{
	return json_text(json_object_get(r->json, "result"), name);
}

static const char *
job_id(const struct run_result *r)
{
	return json_text(json_object_get(r->json, "job"), "id");
}

static void
a_hand_edited_file_differs_in_exactly_one_line(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*before = NULL, *after = NULL, *undone = NULL;
	AUTO_RUN struct run_result set = { 0 }, get = { 0 }, undo = { 0 };

	site_tree_put(&w->tree, "custom.env",
	    "# by hand\t \r\nPUBLIC_URL=https://chat.corp.test   # why\n"
	    "  FILES_EXPIRE_IN_DAYS = 90\n#FILES_EXPIRE_IN_DAYS=7\n"
	    "export LAST='x' # \xff invalid, no newline");
	before = text_of(w, "custom.env");
	set = RUN(w, NULL, "config", "set", "custom.env",
	    "FILES_EXPIRE_IN_DAYS", "30", "--yes");
	run_assert_exit(&set, 0);
	after = text_of(w, "custom.env");
	assert_int_equal(lines_differ(before, after), 1);
	get = RUN(w, NULL, "config", "get", "custom.env",
	    "FILES_EXPIRE_IN_DAYS");
	run_assert_exit(&get, 0);
	assert_string_equal(result_text(&get, "value"), "30");
	undo = RUN(w, NULL, "job", "undo", job_id(&set), "--yes");
	run_assert_exit(&undo, 0);
	undone = text_of(w, "custom.env");
	assert_string_equal(undone, before);
}

static void
undo_of_an_addition_removes_exactly_its_bytes(void **state)
{
	static const struct {
		const char *file, *key;
	} cases[] = {
		{ "custom.env", "NEW_KEY" },
		{ "docker-compose.yml", "services.nginx.init" },
		{ "StCommunityConfig.xml", "LDAP/Connection[1]/@New" },
		{ "chatlogging.ini", "ChatLogging/CL_NEW" },
	};
	struct world *w = *state;

	site_tree_put(&w->tree, "chatlogging.ini",
	    "[ChatLogging]\r\nCL_MONGO_HISTORY_TTL=90\r\n");
	for (size_t i = 0; i < LENGTH(cases); i++) {
		AUTO_FREE char	*before = text_of(w, cases[i].file);
		AUTO_FREE char	*after = NULL, *undone = NULL;
		AUTO_RUN struct run_result set = RUN(w, NULL, "config", "set",
		    cases[i].file, cases[i].key, "1", "--yes");
		AUTO_RUN struct run_result undo = { 0 };

		run_assert_exit(&set, 0);
		after = text_of(w, cases[i].file);
		assert_true(strlen(after) > strlen(before));
		undo = RUN(w, NULL, "job", "undo", job_id(&set), "--yes");
		run_assert_exit(&undo, 0);
		undone = text_of(w, cases[i].file);
		assert_string_equal(undone, before);
	}
}

static void
undo_respects_later_edits(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*text = NULL;
	AUTO_RUN struct run_result set = { 0 }, undo = { 0 }, again = { 0 };

	site_tree_put(&w->tree, "custom.env", "A=1\nB=2\nC=3\n");
	set = RUN(w, NULL, "config", "set", "custom.env", "B", "20", "--yes");
	run_assert_exit(&set, 0);
	site_tree_put(&w->tree, "custom.env", "A=1\nB=other\nC=3\n");
	again = RUN(w, NULL, "job", "undo", job_id(&set), "--yes");
	assert_int_not_equal(again.exit_code, 0);
	site_tree_put(&w->tree, "custom.env", "A=10\nB=20\nC=30\n");
	undo = RUN(w, NULL, "job", "undo", job_id(&set), "--yes");
	run_assert_exit(&undo, 0);
	text = text_of(w, "custom.env");
	assert_string_equal(text, "A=10\nB=2\nC=30\n");
}

static void
a_value_behind_an_alias_is_refused_by_its_anchor(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*before = NULL, *after = NULL;
	AUTO_RUN struct run_result set = { 0 };

	site_tree_put(&w->tree, "docker-compose.yml",
	    "x-common: &common\n  restart: always\nservices:\n"
	    "  community:\n    <<: *common\n    image: st/chat-server:1\n");
	before = text_of(w, "docker-compose.yml");
	set = RUN(w, NULL, "config", "set", "docker-compose.yml",
	    "services.community.restart", "no", "--yes");
	assert_true(set.exit_code == 3 || set.exit_code == 1);
	assert_non_null(strstr(json_text(json_object_get(set.json, "error"),
	    "message"), "common"));
	after = text_of(w, "docker-compose.yml");
	assert_string_equal(after, before);
}

static void
a_secret_is_masked_and_never_typed(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*text = NULL;
	AUTO_RUN struct run_result typed = { 0 }, plan = { 0 }, set = { 0 };
	AUTO_RUN struct run_result get = { 0 }, shown = { 0 };

	typed = RUN(w, NULL, "config", "set", "custom.env", "TURN_SECRET",
	    "hush-hush", "--yes");
	run_assert_exit(&typed, 2);
	assert_null(strstr(buf_str(&typed.out), "hush-hush"));
	plan = RUN(w, "hush-hush\n", "config", "set", "custom.env",
	    "TURN_SECRET", "--value-file", "-", "--dry-run");
	run_assert_exit(&plan, 0);
	assert_null(strstr(buf_str(&plan.out), "hush-hush"));
	assert_null(strstr(buf_str(&plan.err), "hush-hush"));
	set = RUN(w, "hush-hush\n", "config", "set", "custom.env",
	    "TURN_SECRET", "--value-file", "-", "--yes");
	run_assert_exit(&set, 0);
	assert_null(strstr(buf_str(&set.out), "hush-hush"));
	text = text_of(w, "custom.env");
	assert_non_null(strstr(text, "\nTURN_SECRET=hush-hush\n"));
	get = RUN(w, NULL, "config", "get", "custom.env", "TURN_SECRET");
	run_assert_exit(&get, 0);
	assert_string_equal(result_text(&get, "value"), "***");
	shown = RUN(w, NULL, "config", "get", "custom.env", "TURN_SECRET",
	    "--reveal");
	/* Root is admin; whoever else runs the tests is refused. */
	if (shown.exit_code == 0)
		assert_string_equal(result_text(&shown, "value"),
		    "hush-hush");
	else
		run_assert_exit(&shown, 3);
}

static void
absent_keys_and_equal_values_change_nothing(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result get = { 0 }, same = { 0 }, gone = { 0 };

	get = RUN(w, NULL, "config", "get", "custom.env", "NOT_THERE");
	run_assert_exit(&get, 1);
	same = RUN(w, NULL, "config", "set", "custom.env", "PUBLIC_URL",
	    "https://chat.corp.test", "--yes");
	run_assert_exit(&same, 0);
	assert_true(json_flag(json_object_get(same.json, "plan"), "empty"));
	gone = RUN(w, NULL, "config", "unset", "custom.env", "NOT_THERE",
	    "--yes");
	run_assert_exit(&gone, 0);
}

static void
files_outside_the_site_are_refused(void **state)
{
	static const char *const files[] = {
		"../outside.env", "/etc/hosts.env", "link.env", "readme.txt"
	};
	struct world	*w = *state;
	AUTO_FREE char	*link = site_tree_path(&w->tree, "link.env");

	assert_int_equal(symlink("/etc/passwd", link), 0);
	for (size_t i = 0; i < LENGTH(files); i++) {
		AUTO_RUN struct run_result r = RUN(w, NULL, "config", "set",
		    files[i], "A", "1", "--yes");

		assert_true(r.exit_code == 2 || r.exit_code == 3);
	}
}

static void
unset_can_leave_a_comment_with_the_reason(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*text = NULL;
	AUTO_RUN struct run_result r = { 0 };

	site_tree_put(&w->tree, "custom.env", "A=1\nB=2\n");
	r = RUN(w, NULL, "config", "unset", "custom.env", "A",
	    "--comment-out", "--reason", "not wanted", "--yes");
	run_assert_exit(&r, 0);
	text = text_of(w, "custom.env");
	assert_non_null(strstr(text, "not wanted"));
	assert_non_null(strstr(text, "#A=1\n"));
	assert_true(str_ends(text, "B=2\n"));
}

static void
site_show_gives_every_fact_with_file_and_line(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = RUN(w, NULL, "site", "show");
	json_t		*facts, *fact;
	const char	*name;

	run_assert_exit(&r, 0);
	facts = json_object_get(json_object_get(r.json, "result"), "facts");
	assert_true(json_object_size(facts) > 8);
	json_object_foreach(facts, name, fact) {
		assert_int_equal(json_object_size(fact), 4);
		assert_non_null(json_str(fact, "value"));
		assert_non_null(json_str(fact, "file"));
		assert_true(json_is_integer(json_object_get(fact, "line")));
	}
	assert_null(strstr(buf_str(&r.out), "p%40ss"));
}

/* So that a screen can open the form for a fact. */
static void
a_fact_names_the_key_that_config_takes(void **state)
{
	struct world	*w = *state;
	AUTO_RUN struct run_result r = RUN(w, NULL, "site", "show");
	json_t		*facts, *fact;
	const char	*name, *key;
	size_t		 keys = 0;

	run_assert_exit(&r, 0);
	facts = json_object_get(json_object_get(r.json, "result"), "facts");
	json_object_foreach(facts, name, fact) {
		AUTO_RUN struct run_result got = { 0 };

		key = json_str(fact, "key");
		if (key == NULL)
			continue;
		got = RUN(w, NULL, "config", "get", json_text(fact, "file"),
		    key);
		run_assert_exit(&got, 0);
		assert_true(json_equal(json_object_get(json_object_get(
		    got.json, "result"), "line"), json_object_get(fact,
		    "line")));
		keys++;
	}
	assert_true(keys > 3);
}

static void
a_key_in_another_case_is_pointed_out(void **state)
{
	struct world *w = *state;
	AUTO_RUN struct run_result r = { 0 };

	site_tree_put(&w->tree, "custom.env", "A=1\nPUBLIC_URL=https://a\n");
	r = RUN(w, NULL, "config", "set", "custom.env", "public_url", "x",
	    "--dry-run");
	run_assert_exit(&r, 0);
	has_words(&r, "PUBLIC_URL at line 2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void
a_key_that_is_not_there_comes_with_how_keys_are_written(void **state)
{
	static const struct {
		const char *file, *key, *words;
	} cases[] = {
		{ "custom.env", "public_url", "told apart by case" },
		{ "chatlogging.ini", "CL_X", "/KEY for an entry" },
		{ "docker-compose.yml", "services.nope", "[\\\"a.b\\\"]" },
		{ "StCommunityConfig.xml", "LDAP/Connection[9]/@HostName",
		  "counted from 1" },
	};
	struct world	*w = *state;
	AUTO_RUN struct run_result empty = RUN(w, NULL, "config", "get",
	    "custom.env", "");

	site_tree_put(&w->tree, "chatlogging.ini", "CL_X=1\n");
	run_assert_exit(&empty, 2);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		AUTO_RUN struct run_result get = RUN(w, NULL, "config",
		    "get", cases[i].file, cases[i].key);
		AUTO_RUN struct run_result unset = RUN(w, NULL, "config",
		    "unset", cases[i].file, cases[i].key, "--yes");

		if (i == 1)
			has_words(&get, "does not hold CL_X");
		run_assert_exit(&get, 1);
		has_words(&get, cases[i].words);
		run_assert_exit(&unset, 0);
		has_words(&unset, "nothing to do");
		has_words(&unset, cases[i].words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_hand_edited_file_differs_in_exactly_one_line),
		TEST(undo_of_an_addition_removes_exactly_its_bytes),
		TEST(undo_respects_later_edits),
		TEST(a_value_behind_an_alias_is_refused_by_its_anchor),
		TEST(a_secret_is_masked_and_never_typed),
		TEST(absent_keys_and_equal_values_change_nothing),
		TEST(a_key_that_is_not_there_comes_with_how_keys_are_written),
		TEST(a_key_in_another_case_is_pointed_out),
		TEST(files_outside_the_site_are_refused),
		TEST(unset_can_leave_a_comment_with_the_reason),
		TEST(site_show_gives_every_fact_with_file_and_line),
		TEST(a_fact_names_the_key_that_config_takes),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
