/*
 * Every reading verb of the table is called at the lab's demo site, and what
 * it answers is held against the shape that "verb list" promises.  A new verb
 * fails here until the table below says how to call it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/lab.h"
#include "run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/schema.h"
#include "stconsole/str.h"

#define WORDS_MAX	8

static struct lab	 lab = LAB_INIT;
static char		*state_dir, *job_id, *snapshot_id, *mail;

/* What stands for itself is a word; "@name" is known only when it runs. */
struct call {
	const char	*verb;
	const char	*words[WORDS_MAX];
	const char	*input;
	bool		 needs_engine;	/* fails where no containers are */
};

static const struct call calls[] = {
	{ "verb.list", { NULL }, NULL, false },
	{ "about", { NULL }, NULL, false },
	{ "job.list", { "--limit", "5", NULL }, NULL, false },
	{ "job.show", { "@job", NULL }, NULL, false },
	{ "lock.list", { NULL }, NULL, false },
	{ "audit.list", { NULL }, NULL, false },
	{ "audit.verify", { NULL }, NULL, false },
	{ "settings.list", { NULL }, NULL, false },
	{ "settings.export", { NULL }, NULL, false },
	{ "site.list", { NULL }, NULL, false },
	{ "site.show", { NULL }, NULL, false },
	{ "config.get", { "custom.env", "TURN_SECRET", NULL }, NULL, false },
	{ "config.get", { "custom.env", "TURN_SECRET", "--reveal", NULL },
	  NULL, false },
	{ "config.get", { "docker-compose.yml", "services.nginx.ports[0]",
	  NULL }, NULL, false },
	{ "site.services", { NULL }, NULL, true },
	{ "site.logs", { "nginx", "--lines", "5", NULL }, NULL, true },
	{ "snapshot.list", { NULL }, NULL, false },
	{ "snapshot.verify", { NULL }, NULL, false },
	{ "snapshot.verify", { "@snapshot", NULL }, NULL, false },
	{ "snapshot.diff", { "@snapshot", NULL }, NULL, false },
	{ "snapshot.diff", { "@snapshot", "@snapshot", NULL }, NULL, false },
	{ "directory.search", { "a", "--limit", "3", NULL }, NULL, false },
	{ "directory.search", { "nobody-has-this", NULL }, NULL, false },
	{ "directory.show", { "@mail", NULL }, NULL, false },
	{ "directory.test", { NULL }, NULL, false },
	{ "directory.test", { "--mail", "@mail", NULL }, NULL, false },
	{ "mongo.status", { NULL }, NULL, false },
	{ "mongo.status", { "--admin-url-file", "-", NULL }, "@monitor",
	  false },
	{ "mongo.check", { "7.0", NULL }, NULL, false },
	{ "mongo.move_show", { NULL }, NULL, false },
	{ "mongo.ready", { NULL }, NULL, false },
	{ "mongo.compose", { NULL }, NULL, false },
	{ "mongo.compose", { "--kind", "kubernetes", NULL }, NULL, false },
	{ "admin.list", { NULL }, NULL, false },
	{ "admin.list", { "--filter", "nobody-has-this", NULL }, NULL,
	  false },
	{ "admin.show", { "@mail", NULL }, NULL, false },
	{ "admin.export", { "--format", "csv", NULL }, NULL, false },
	{ "admin.export", { "--format", "json", NULL }, NULL, false },
	{ "banner.show", { NULL }, NULL, false },
	{ "status", { NULL }, NULL, false },
	{ "directory.settings", { NULL }, NULL, false },
	{ "setup.show", { NULL }, NULL, false },
	{ "me.show", { NULL }, NULL, false }
};

#define PLAN_SCHEMA \
	"{\"hash\":\"string\",\"empty\":\"bool\",\"verb\":\"string\"," \
	"\"steps\":[{\"id\":\"string\",\"kind\":\"=write|run|call|wait|" \
	"verify|manual|expand\",\"title\":\"string\",\"risk\":\"=none|low|" \
	"service|access|data\",\"undo\":\"string\",\"diff\":\"string?\"," \
	"\"argv\":[\"string\",\"?\"]}],\"notes\":[\"string\"]," \
	"\"blocked\":[{\"message\":\"string\",\"hint\":\"string\"}]}"
#define ERROR_SCHEMA \
	"{\"domain\":\"string\",\"code\":\"int\",\"message\":\"string\"," \
	"\"hint\":\"string\"}"

/* Plans that are only shown. */
static const struct call plans[] = {
	{ "settings.set", { "me.mail", "kim@corp.test" }, NULL, false },
	{ "settings.unset", { "me.mail" }, NULL, false },
	{ "settings.import", { "-" }, "format: 1\n\"ui.theme\": dark\n",
	  false },
	{ "support.bundle", { "/tmp/stconsole-schema.tar.gz" }, NULL, false },
	{ "config.set", { "custom.env", "TURN_SECRET", "--value-file", "-" },
	  "another", false },
	{ "config.unset", { "custom.env", "TURN_SECRET" }, NULL, false },
	{ "site.restart", { "nginx" }, NULL, true },
	{ "snapshot.take", { NULL }, NULL, false },
	{ "snapshot.restore", { "@snapshot" }, NULL, false },
	{ "snapshot.prune", { NULL }, NULL, false },
	{ "admin.add", { "@mail" }, NULL, false },
	{ "admin.repair", { NULL }, NULL, false },
	{ "directory.set", { "--host", "127.0.0.1" }, NULL, false },
	{ "setup.skip", { "theme" }, NULL, false },
	{ "setup.look", { "dark", "basic" }, NULL, false },
	{ "setup.role", { "ops", "operator", "--roles-file",
	  "/tmp/no-such-folder/roles.yaml" }, NULL, false },
	{ "job.undo", { "@job" }, NULL, false }
};

static const char *
word(const char *w)
{
	if (str_equal(w, "@job"))
		return job_id;
	if (str_equal(w, "@snapshot"))
		return snapshot_id;
	if (str_equal(w, "@mail"))
		return mail;
	if (str_equal(w, "@monitor"))
		return lab_secret_text(&lab, "mongo-monitor-url");
	return w;
}

static struct run_result
run_call(const struct call *c, const char *option)
{
	AUTO_FREE char	*typed = strdup(c->verb);
	const char	*argv[WORDS_MAX + 8] = { "--site", lab_site(&lab) };
	char		*save = NULL, *part;
	size_t		 n = 2, i;

	if (option != NULL)
		argv[n++] = option;
	for (part = strtok_r(typed, ".", &save); part != NULL;
	    part = strtok_r(NULL, ".", &save))
		argv[n++] = part;
	for (i = 0; i < WORDS_MAX && c->words[i] != NULL; i++)
		argv[n++] = word(c->words[i]);
	argv[n] = NULL;
	return run_json(state_dir, argv, c->input != NULL ? word(c->input) :
	    NULL);
}

static char *
text_at(const struct run_result *r, const char *list, const char *name)
{
	const json_t *first = json_array_get(json_object_get(json_object_get(
	    r->json, "result"), list), 0);

	return strdup(json_text(first, name));
}

static int
set_up(void **state)
{
	static const struct call take = { "snapshot.take", { NULL }, NULL,
	    false };
	static const struct call snapshots = { "snapshot.list", { NULL },
	    NULL, false };
	static const struct call jobs = { "job.list", { NULL }, NULL, false };
	static const struct call admins = { "admin.list", { NULL }, NULL,
	    false };
	struct run_result	 r;
	struct err		 e = { 0 };

	(void)state;
	if (!lab_start(&lab, NULL, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	state_dir = run_state_new();
	r = run_call(&take, "--yes");
	run_assert_exit(&r, 0);
	run_result_fini(&r);
	r = run_call(&snapshots, NULL);
	snapshot_id = text_at(&r, "snapshots", "id");
	run_result_fini(&r);
	r = run_call(&jobs, NULL);
	job_id = text_at(&r, "jobs", "id");
	run_result_fini(&r);
	r = run_call(&admins, NULL);
	mail = text_at(&r, "administrators", "email");
	run_result_fini(&r);
	return *job_id != '\0' && *snapshot_id != '\0' && *mail != '\0' ? 0 :
	    -1;
}

static int
tear_down(void **state)
{
	(void)state;
	run_state_end(state_dir);
	free(job_id);
	free(snapshot_id);
	free(mail);
	lab_stop(&lab);
	return 0;
}

/* The shape of a verb as the table prints it; malloc'd text. */
static char *
shape_of(const json_t *verb)
{
	return json_dumps(json_object_get(verb, "result"), JSON_ENCODE_ANY);
}

static void
check_error(const struct call *c, const struct run_result *r)
{
	struct err e = { 0 };

	assert_true(r->exit_code != 0);
	if (!json_is_false(json_object_get(r->json, "ok")) ||
	    !schema_check(ERROR_SCHEMA, json_object_get(r->json, "error"),
	    &e))
		fail_msg("%s: %s: %s", c->verb, e.msg, buf_str(&r->out));
	assert_string_not_equal(json_text(json_object_get(r->json, "error"),
	    "message"), "");
}

static void
check_call(const struct call *c, const json_t *verb)
{
	AUTO_RUN struct run_result r = run_call(c, NULL);
	AUTO_FREE char	*shape = shape_of(verb);
	const json_t	*result = json_object_get(r.json, "result");
	struct err	 e = { 0 };

	if (r.json == NULL)
		fail_msg("%s: no document: %s%s", c->verb, buf_str(&r.out),
		    buf_str(&r.err));
	if (json_is_false(json_object_get(r.json, "ok")) && c->needs_engine) {
		check_error(c, &r);
		return;
	}
	if (!json_is_true(json_object_get(r.json, "ok")))
		fail_msg("%s: %s", c->verb, buf_str(&r.err));
	if (!schema_check(shape, result, &e))
		fail_msg("%s: %s", c->verb, e.msg);
	/* Left in an error by what then went well. */
	assert_null(strstr(buf_str(&r.out), "Out of memory"));
	assert_int_equal(json_object_size(r.json), 2);
}

static void
every_reading_verb_answers_in_its_shape(void **state)
{
	static const struct call all = { "verb.list", { NULL }, NULL, false };
	AUTO_RUN struct run_result r = run_call(&all, NULL);
	const json_t	*verb;
	size_t		 i, k, found;

	(void)state;
	json_array_foreach (json_object_get(json_object_get(r.json,
	    "result"), "verbs"), i, verb) {
		if (!str_equal(json_text(verb, "kind"), "read"))
			continue;
		for (k = found = 0; k < LENGTH(calls); k++)
			if (str_equal(calls[k].verb, json_text(verb,
			    "name"))) {
				check_call(&calls[k], verb);
				found++;
			}
		if (found == 0)
			fail_msg("say how %s is called", json_text(verb,
			    "name"));
	}
}

static void
every_plan_has_the_shape_of_the_contract(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(plans); i++) {
		AUTO_RUN struct run_result r = run_call(&plans[i],
		    "--dry-run");
		const json_t	*plan = json_object_get(r.json, "plan");
		struct err	 e = { 0 };

		if (plan == NULL && plans[i].needs_engine) {
			check_error(&plans[i], &r);
			continue;
		}
		if (!schema_check(PLAN_SCHEMA, plan, &e))
			fail_msg("%s: %s: %s%s", plans[i].verb, e.msg,
			    buf_str(&r.out), buf_str(&r.err));
	}
}

/* Planned twice, nothing has moved: what "--yes=HASH" stands on. */
static void
the_same_call_has_the_same_hash(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(plans); i++) {
		AUTO_RUN struct run_result one = run_call(&plans[i],
		    "--dry-run");
		AUTO_RUN struct run_result two = run_call(&plans[i],
		    "--dry-run");

		if (!str_equal(json_text(json_object_get(one.json, "plan"),
		    "hash"), json_text(json_object_get(two.json, "plan"),
		    "hash")))
			fail_msg("%s: %s\n%s", plans[i].verb,
			    buf_str(&one.out), buf_str(&two.out));
	}
}

static void
every_error_has_the_shape_of_the_contract(void **state)
{
	static const struct call bad[] = {
		{ "job.show", { "20000101-000000-0000" }, NULL, false },
		{ "config.get", { "../../etc/passwd", "x" }, NULL, false },
		{ "config.get", { "custom.env", "NO_SUCH_KEY" }, NULL,
		  false },
		{ "snapshot.diff", { "no-such" }, NULL, false },
		{ "settings.set", { "no.such", "1", "--yes" }, NULL, false },
		{ "settings.set", { "me.mail", "a@b" }, NULL, false },
		{ "admin.add", { "nobody@nowhere.test", "--yes" }, NULL,
		  false },
		{ "no.such", { NULL }, NULL, false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(bad); i++) {
		AUTO_RUN struct run_result r = run_call(&bad[i], NULL);

		check_error(&bad[i], &r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reading_verb_answers_in_its_shape),
		cmocka_unit_test(every_plan_has_the_shape_of_the_contract),
		cmocka_unit_test(the_same_call_has_the_same_hash),
		cmocka_unit_test(every_error_has_the_shape_of_the_contract)
	};

	return cmocka_run_group_tests_name("shapes of every verb", tests,
	    set_up, tear_down);
}
