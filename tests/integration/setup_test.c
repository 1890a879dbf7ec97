/*
 * First-time set-up and the way back in, against a real MongoDB and a real
 * directory: what setup show finds, the last administrator lost, LDAP
 * settings that are wrong.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../lab/lab.h"
#include "../unit/site_tree.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/str.h"

#define CONFIG	"StCommunityConfig.xml"

static const struct mongo_where place = { "meeting", "administrators" };

static struct lab		 lab = LAB_INIT;
static struct site_tree		 tree;
static char			*state_dir, *roles;
static struct mongo		*root;

/* One run with --site; words end with NULL. */
#define RUN(input, ...) \
	run_words((input), (const char *const []){ __VA_ARGS__, NULL })

static struct run_result
run_words(const char *input, const char *const *words)
{
	const char	*argv[24] = { "--site", lab_site(&lab) };
	size_t		 i;

	for (i = 0; words[i] != NULL && i < 20; i++)
		argv[2 + i] = words[i];
	return run_json(state_dir, argv, input);
}

static int
set_up(void **state)
{
	AUTO_SECRET struct secret *url = NULL;
	struct err	 e;

	(void)state;
	if (!lab_start(&lab, NULL, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	state_dir = run_state_new();
	site_tree_make(&tree);
	roles = site_tree_path(&tree, "roles.yaml");
	url = secret_new(lab_secret_text(&lab, "mongo-root-url"),
	    strlen(lab_secret_text(&lab, "mongo-root-url")), &e);
	if (!mongo_open_url(url, MONGO_PRIMARY, 5000, &root, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mongo_close(root);
	run_state_end(state_dir);
	site_tree_remove(&tree);
	free(roles);
	lab_stop(&lab);
	return 0;
}

static void
did(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->msg);
}

static void
step_is(const char *id, const char *wanted)
{
	AUTO_RUN struct run_result r = RUN(NULL, "setup", "show",
	    "--roles-file", roles);
	const json_t	*row;
	size_t		 i;

	run_assert_exit(&r, 0);
	json_array_foreach (json_object_get(json_object_get(r.json,
	    "result"), "steps"), i, row)
		if (str_equal(json_text(row, "id"), id)) {
			if (!str_equal(json_text(row, "state"), wanted))
				fail_msg("%s is %s: %s", id, json_text(row,
				    "state"), json_text(row, "text"));
			return;
		}
	fail_msg("no step %s", id);
}

static void
the_steps_say_what_is_so(void **state)
{
	(void)state;
	step_is("site", "done");
	step_is("mongo", "done");
	step_is("directory", "done");
	step_is("admin", "done");
	step_is("theme", "open");
	step_is("roles", "open");
	step_is("state", "done");
}

static void
a_role_is_previewed_written_and_undone(void **state)
{
	AUTO_RUN struct run_result dry = RUN(NULL, "--dry-run", "setup",
	    "role", "ops", "operator", "--roles-file", roles);
	AUTO_RUN struct run_result r = RUN(NULL, "--yes", "setup", "role",
	    "ops", "operator", "--roles-file", roles);
	const json_t *step = json_array_get(json_object_get(json_object_get(
	    dry.json, "plan"), "steps"), 0);

	(void)state;
	run_assert_exit(&dry, 0);
	assert_non_null(strstr(json_text(step, "diff"), "+  \"ops\": "
	    "operator"));
	run_assert_exit(&r, 0);
	step_is("roles", "done");
	{
		AUTO_RUN struct run_result u = RUN(NULL, "--yes", "job",
		    "undo", json_text(json_object_get(r.json, "job"), "id"));

		run_assert_exit(&u, 0);
	}
	step_is("roles", "open");
}

/* --- the last administrator is lost -------------------------------------- */

static bool
keep_each(void *arg, struct mongo_doc *doc, struct err *e)
{
	(void)e;
	return json_array_append_new(arg, json_string(doc->text)) == 0;
}

static void
who_lost_the_last_administrator_adds_one_again(void **state)
{
	AUTO_JSON json_t	*gone = json_array(), *mail = NULL;
	json_t			*text;
	struct err		 e;
	size_t			 i;

	(void)state;
	did(mongo_find(root, &place, "{}", keep_each, gone, &e), &e);
	assert_true(json_array_size(gone) > 0);
	json_array_foreach (gone, i, text)
		did(mongo_delete(root, &place, json_string_value(text), &e),
		    &e);
	step_is("admin", "open");
	{
		AUTO_RUN struct run_result found = RUN(NULL, "directory",
		    "search", "a", "--limit", "1");
		const json_t *person = json_array_get(json_object_get(
		    json_object_get(found.json, "result"), "people"), 0);

		run_assert_exit(&found, 0);
		mail = json_incref(json_object_get(person, "mail"));
	}
	{
		AUTO_RUN struct run_result r = RUN(NULL, "--yes", "admin",
		    "add", json_string_value(mail));

		run_assert_exit(&r, 0);
		step_is("admin", "done");
	}
	json_array_foreach (gone, i, text)
		did(mongo_insert(root, &place, json_string_value(text), &e),
		    &e);
}

/* --- LDAP settings that are wrong ---------------------------------------- */

static char *
config_text(void)
{
	AUTO_FREE char	*path = str_format("%s/" CONFIG, lab_site(&lab));
	struct buf	 text = BUF_INIT;

	assert_true(file_read(AT_FDCWD, path, 1 << 20, &text, NULL));
	return buf_take(&text);
}

static void
settings_that_do_not_answer_are_not_written(void **state)
{
	AUTO_FREE char		*before = config_text(), *after = NULL;
	AUTO_RUN struct run_result r = RUN("wrong password\n", "--yes",
	    "directory", "set", "--bind-password-file", "-");
	const char		*said;

	(void)state;
	run_assert_exit(&r, 3);
	said = json_text(json_object_get(r.json, "error"), "message");
	assert_non_null(strstr(said, "does not answer by these settings"));
	after = config_text();
	assert_string_equal(before, after);
}

static void
wrong_settings_are_mended_tried_and_verified(void **state)
{
	AUTO_FREE char	*before = config_text(), *after = NULL, *undone = NULL;
	AUTO_FREE char	*id = NULL;

	(void)state;
	{
		AUTO_RUN struct run_result r = RUN("wr0ng-p4ss\n", "--yes",
		    "directory", "set", "--untried",
		    "--bind-password-file", "-");

		run_assert_exit(&r, 0);
		step_is("directory", "open");
	}
	{
		AUTO_RUN struct run_result r = RUN(lab_secret_text(&lab,
		    "ldap-bind"), "--yes", "directory", "set",
		    "--bind-password-file", "-");

		run_assert_exit(&r, 0);
		assert_null(strstr(buf_str(&r.out), lab_secret_text(&lab,
		    "ldap-bind")));
		assert_null(strstr(buf_str(&r.out), "wr0ng-p4ss"));
		assert_true(json_flag(json_object_get(r.json, "job"),
		    "verified"));
		id = strdup(json_text(json_object_get(r.json, "job"), "id"));
		step_is("directory", "done");
		after = config_text();
		assert_string_equal(after, before);
	}
	{
		AUTO_RUN struct run_result u = RUN(NULL, "--yes", "job",
		    "undo", id);
		AUTO_RUN struct run_result again = RUN(lab_secret_text(&lab,
		    "ldap-bind"), "--yes", "directory", "set",
		    "--bind-password-file", "-");

		run_assert_exit(&u, 0);
		run_assert_exit(&again, 0);
	}
	undone = config_text();
	assert_string_equal(undone, before);
}

static void
what_is_so_already_is_nothing_to_do(void **state)
{
	AUTO_RUN struct run_result now = RUN(NULL, "directory", "settings");
	const json_t	*result = json_object_get(now.json, "result");
	AUTO_FREE char	*port = str_format("%lld", (long long)json_int(
	    result, "port", 0));

	(void)state;
	run_assert_exit(&now, 0);
	assert_true(json_flag(result, "has_password"));
	{
		AUTO_RUN struct run_result r = RUN(NULL, "--dry-run",
		    "directory", "set", "--host", json_text(result, "host"),
		    "--port", port, "--ldaps", json_text(result, "ldaps"),
		    "--base", json_text(result, "base"));

		run_assert_exit(&r, 0);
		assert_true(json_flag(json_object_get(r.json, "plan"),
		    "empty"));
	}
}

static void
the_encrypted_port_is_chosen_by_one_word(void **state)
{
	AUTO_RUN struct run_result r = RUN(NULL, "--dry-run", "directory",
	    "set", "--ldaps", "yes", "--untried");
	const json_t	*step;
	size_t		 i;
	bool		 is_shown = false;

	(void)state;
	run_assert_exit(&r, 0);
	json_array_foreach (json_object_get(json_object_get(r.json, "plan"),
	    "steps"), i, step)
		is_shown = is_shown || strstr(json_text(step, "diff"),
		    "SSLEnabled=\"1\"") != NULL;
	assert_true(is_shown);
}

static void
a_server_that_is_not_named_is_said(void **state)
{
	AUTO_RUN struct run_result r = RUN(NULL, "--dry-run", "directory",
	    "set", "--server", "7", "--host", "x");
	AUTO_RUN struct run_result none = RUN(NULL, "--dry-run", "directory",
	    "set");

	(void)state;
	run_assert_exit(&r, 2);
	assert_non_null(strstr(buf_str(&r.err), "no LDAP server 7"));
	run_assert_exit(&none, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_steps_say_what_is_so),
		cmocka_unit_test(a_role_is_previewed_written_and_undone),
		cmocka_unit_test(
		    who_lost_the_last_administrator_adds_one_again),
		cmocka_unit_test(
		    settings_that_do_not_answer_are_not_written),
		cmocka_unit_test(wrong_settings_are_mended_tried_and_verified),
		cmocka_unit_test(what_is_so_already_is_nothing_to_do),
		cmocka_unit_test(the_encrypted_port_is_chosen_by_one_word),
		cmocka_unit_test(a_server_that_is_not_named_is_said),
	};

	return cmocka_run_group_tests_name("setup", tests, set_up,
	    tear_down);
}
