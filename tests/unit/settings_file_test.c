/*
 * Settings as a file: printed on one host, taken over on another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/settings.h"

#include "toy.h"

#define SENTINEL	"s3kr1t-sentinel"

static int
setup(void **state)
{
	struct toy *t;

	toy_setup(state);
	t = *state;
	t->ctx.site_id[0] = '\0';
	return 0;
}

static void
set(struct toy *t, const char *name, const char *value)
{
	struct job_result	r;
	struct err		e = { 0 };

	if (!toy_apply(t, "settings.set", json_pack("{s:s, s:s}", "name",
	    name, "value", value), &r, &e))
		fail_msg("%s", e.msg);
}

static void
set_secret(struct toy *t)
{
	struct err		 e = { 0 };
	AUTO_SECRET struct secret *s = secret_new(SENTINEL, strlen(SENTINEL),
	    &e);
	struct job_result	 r;

	t->ctx.secrets[0] = (struct ctx_secret){ "value_file", s };
	if (!toy_apply(t, "settings.set", json_pack("{s:s, s:o}", "name",
	    "mongo.admin_url", "value_file", verb_secret_ref("value_file")),
	    &r, &e))
		fail_msg("%s", e.msg);
	t->ctx.secrets[0] = (struct ctx_secret){ 0 };
}

static bool
import(struct toy *t, const char *yaml, struct job_result *r, struct err *e)
{
	*e = (struct err){ 0 };
	return toy_apply(t, "settings.import", json_pack("{s:s}", "file",
	    yaml), r, e);
}

static char *
export(struct toy *t)
{
	const struct verb	*v = registry_verb(t->ctx.registry,
	    "settings.export");
	AUTO_JSON json_t	*none = json_object(), *result = NULL;
	struct plan		*plan = NULL;
	struct err		 e = { 0 };

	if (!verb_call(&t->ctx, v, none, &result, &plan, &e))
		fail_msg("%s", e.msg);
	return strdup(json_text(result, "yaml"));
}

static void
assert_setting(struct toy *t, const char *name, const char *want)
{
	AUTO_FREE char	*value = NULL;
	struct err	 e = { 0 };

	if (!settings_get(&t->ctx, name, &value, &e))
		fail_msg("%s", e.msg);
	assert_string_equal(value, want);
}

static void
test_what_was_exported_is_taken_over_elsewhere(void **state)
{
	struct toy		*t = *state;
	struct toy		 other;
	AUTO_FREE char		*yaml = NULL;
	struct job_result	 r;
	struct err		 e;

	set(t, "ui.theme", "dark");
	set(t, "me.mail", "kim@corp.test");
	set(t, "http.ca_file", "/etc/a: \"b\" #c'd");
	yaml = export(t);
	toy_init(&other);
	other.ctx.site_id[0] = '\0';
	if (!import(&other, yaml, &r, &e))
		fail_msg("%s", e.msg);
	assert_setting(&other, "ui.theme", "dark");
	assert_setting(&other, "me.mail", "kim@corp.test");
	assert_setting(&other, "http.ca_file", "/etc/a: \"b\" #c'd");
	assert_true(import(&other, yaml, &r, &e));
	assert_string_equal(r.id, "");
	toy_fini(&other);
}

static void
test_an_export_names_secrets_and_defaults_in_comments(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*yaml = NULL;

	set_secret(t);
	yaml = export(t);
	assert_null(strstr(yaml, SENTINEL));
	assert_non_null(strstr(yaml, "\n# \"mongo.admin_url\" is set; "));
	assert_non_null(strstr(yaml, "\n# \"admins.api_login\" is not set; "));
	assert_non_null(strstr(yaml, "\n# \"ui.theme\": \"auto\" "));
	assert_non_null(strstr(yaml, "\nformat: 1\n"));
}

static void
test_an_import_is_undone_as_a_whole(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, u;
	struct err		 e;

	set(t, "ui.theme", "light");
	assert_true(import(t, "format: 1\nui:\n  theme: mono\n"
	    "  profile: basic\n\"me.mail\": kim@corp.test\n", &r, &e));
	assert_setting(t, "ui.theme", "mono");
	assert_setting(t, "ui.profile", "basic");
	assert_setting(t, "me.mail", "kim@corp.test");
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_setting(t, "ui.theme", "light");
	assert_setting(t, "ui.profile", "auto");
	assert_setting(t, "me.mail", "");
}

static void
test_an_empty_value_gives_the_default_again(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e;

	set(t, "ui.theme", "light");
	set(t, "ui.profile", "rich");
	assert_true(import(t, "format: 1\n\"ui.theme\":\n", &r, &e));
	assert_setting(t, "ui.theme", "auto");
	assert_setting(t, "ui.profile", "rich");
}

static void
test_one_bad_line_refuses_the_whole_file(void **state)
{
	static const struct {
		const char	*yaml, *line, *why;
	} bad[] = {
		{ "format: 1\n\"ui.theme\": mono\n\"ui.colour\": 1\n",
		  "line 3: ", "no setting ui.colour" },
		{ "format: 1\n\"ui.theme\": mono\n\"ui.profile\": pink\n",
		  "line 3: ", "must be one of" },
		{ "format: 1\n\"ui.theme\": mono\nui:\n  theme: dark\n",
		  "line 4: ", "a second time" },
		{ "format: 1\n\"ui.theme\": [mono]\n", "line 2: ",
		  "one value" },
		{ "format: 2\n\"ui.theme\": mono\n", "line 1: ", "format 1" },
		{ "\"ui.theme\": mono\n", "", "format: 1 is missing" },
		{ "", "", "format: 1 is missing" },
		{ "mono\n", "line 1: ", "no setting" },
		{ "format: 1\n\"ui.theme\": mono\n\"mongo.admin_url\": "
		  SENTINEL "\n", "line 3: ", "is a secret" },
		{ "format: 1\nui: {theme: \n", "", "" }
	};
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e;
	size_t			 i;

	for (i = 0; i < LENGTH(bad); i++) {
		assert_false(import(t, bad[i].yaml, &r, &e));
		if (strncmp(e.msg, bad[i].line, strlen(bad[i].line)) != 0 ||
		    strstr(e.msg, bad[i].why) == NULL)
			fail_msg("%s\nis told: %s", bad[i].yaml, e.msg);
		assert_null(strstr(e.msg, SENTINEL));
		assert_setting(t, "ui.theme", "auto");
	}
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_what_was_exported_is_taken_over_elsewhere),
		FILE_TEST(
		    test_an_export_names_secrets_and_defaults_in_comments),
		FILE_TEST(test_an_import_is_undone_as_a_whole),
		FILE_TEST(test_an_empty_value_gives_the_default_again),
		FILE_TEST(test_one_bad_line_refuses_the_whole_file)
	};

	return cmocka_run_group_tests_name("settings file", tests, NULL,
	    NULL);
}
