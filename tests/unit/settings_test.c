/*
 * Settings as an administrator changes them, and takes the change back.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/settings.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "toy.h"

#define URL	"mongodb://root:s3kr1t-sentinel@db.corp.test"

static int
setup(void **state)
{
	struct toy *t;

	toy_setup(state);
	/* Settings belong to no site. */
	t = *state;
	t->ctx.site_id[0] = '\0';
	return 0;
}

static bool
set(struct toy *t, const char *name, const char *value, struct job_result *r,
    struct err *e)
{
	return toy_apply(t, "settings.set", json_pack("{s:s, s:s}", "name",
	    name, "value", value), r, e);
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
test_a_setting_is_set_unset_and_undone(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r, r2, u;
	struct err		 e = { 0 };

	assert_setting(t, "mongo.timeout_ms", "5000");
	assert_true(set(t, "mongo.timeout_ms", "900", &r, &e));
	assert_setting(t, "mongo.timeout_ms", "900");
	assert_true(set(t, "me.mail", "kim@corp.test", &r2, &e));
	assert_true(toy_apply(t, "settings.unset", json_pack("{s:s}", "name",
	    "mongo.timeout_ms"), &r2, &e));
	assert_setting(t, "mongo.timeout_ms", "5000");
	assert_true(toy_undo(t, r2.id, &u, &e));
	assert_setting(t, "mongo.timeout_ms", "900");
	assert_true(toy_undo(t, r.id, &u, &e));
	assert_setting(t, "mongo.timeout_ms", "5000");
	assert_setting(t, "me.mail", "kim@corp.test");
}

static void
test_comments_of_the_administrator_stay(void **state)
{
	static const char	 before[] = "# mine\nformat: 1\n"
	    "\"me.mail\": old@corp.test # me\n# end\n";
	struct toy		*t = *state;
	AUTO_FREE char		*path = store_path(t->ctx.store,
	    "settings.yaml");
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct job_result	 r, u;
	struct err		 e = { 0 };

	assert_true(file_write(AT_FDCWD, path, before, strlen(before), 0600,
	    &e));
	assert_true(set(t, "me.mail", "new@corp.test", &r, &e));
	assert_true(file_read(AT_FDCWD, path, 4096, &b, &e));
	assert_string_equal(buf_str(&b), "# mine\nformat: 1\n"
	    "\"me.mail\": new@corp.test # me\n# end\n");
	assert_true(toy_undo(t, r.id, &u, &e));
	buf_reset(&b);
	assert_true(file_read(AT_FDCWD, path, 4096, &b, &e));
	assert_string_equal(buf_str(&b), before);
}

static void
test_setting_what_is_set_already_is_nothing_to_do(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_true(set(t, "me.mail", "kim@corp.test", &r, &e));
	assert_true(set(t, "me.mail", "kim@corp.test", &r, &e));
	assert_string_equal(r.id, "");
	assert_true(toy_apply(t, "settings.unset", json_pack("{s:s}", "name",
	    "http.ca_file"), &r, &e));
	assert_string_equal(r.id, "");
}

static void
test_what_no_setting_takes_is_a_usage_error(void **state)
{
	static const struct {
		const char	*name, *value;
	} bad[] = {
		{ "no.such", "1" }, { "mongo.timeout_ms", "soon" },
		{ "mongo.timeout_ms", "-1" },
		{ "mongo.timeout_ms", "9223372036854775807" },
		{ "directory.starttls", "perhaps" },
		{ "directory.referrals", "" }, { "admins.route", "mongo|api" },
		{ "me.mail", "kim" }, { "ui.theme", "pink" },
		{ "ui.profile", "Rich" }, { "ui.glyphs", "unicode" },
		{ "ui.idle_lock_s", "86401" }, { "ui.esc_wait_ms", "1.5" }
	};
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e;
	size_t			 i;

	for (i = 0; i < LENGTH(bad); i++) {
		err_clear(&e);
		assert_false(set(t, bad[i].name, bad[i].value, &r, &e));
		assert_int_equal(e.domain, ERR_USAGE);
		assert_non_null(strstr(e.msg, bad[i].name));
	}
}

static void
test_the_console_has_settings_with_defaults(void **state)
{
	static const struct {
		const char	*name, *fallback, *other;
	} ui[] = {
		{ "ui.theme", "auto", "classic_blue" },
		{ "ui.profile", "auto", "economy" },
		{ "ui.glyphs", "auto", "acs" },
		{ "ui.idle_lock_s", "600", "0" },
		{ "ui.esc_wait_ms", "0", "150" },
		{ "ui.refresh_s", "30", "5" },
		{ "ui.setup_done", "", "directory" },
		{ "me.mail", "", "kim@corp.test" }
	};
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };
	size_t			 i;

	for (i = 0; i < LENGTH(ui); i++) {
		assert_setting(t, ui[i].name, ui[i].fallback);
		if (!set(t, ui[i].name, ui[i].other, &r, &e))
			fail_msg("%s", e.msg);
		assert_setting(t, ui[i].name, ui[i].other);
	}
}

static void
test_an_empty_value_is_none(void **state)
{
	static const char	 by_hand[] =
	    "format: 1\n\"ui.setup_done\": \"\"\n";
	struct toy		*t = *state;
	AUTO_FREE char		*path = store_path(t->ctx.store,
	    "settings.yaml");
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_true(set(t, "ui.setup_done", "", &r, &e));
	assert_string_equal(r.id, "");
	assert_true(file_write(AT_FDCWD, path, by_hand, strlen(by_hand), 0600,
	    &e));
	if (!set(t, "ui.setup_done", "roles", &r, &e))
		fail_msg("%s", e.msg);
	assert_setting(t, "ui.setup_done", "roles");
}

static void
test_a_wrong_choice_is_told_what_there_is(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_false(set(t, "ui.theme", "pink", &r, &e));
	assert_string_equal(e.msg, "ui.theme must be one of auto|mono|economy|"
	    "dark|light|high_contrast|classic_blue, not \"pink\"");
}

static void
test_a_broken_settings_file_is_named(void **state)
{
	struct toy	*t = *state;
	AUTO_FREE char	*path = store_path(t->ctx.store, "settings.yaml");
	AUTO_FREE char	*value = NULL;
	struct err	 e = { 0 };

	assert_true(file_write(AT_FDCWD, path, "a: [\n", 5, 0600, &e));
	assert_false(settings_get(&t->ctx, "me.mail", &value, &e));
	assert_non_null(strstr(e.msg, "settings.yaml"));
}

/* --- secret ones ------------------------------------------------------- */

static bool
set_secret(struct toy *t, const char *value, struct job_result *r,
    struct err *e)
{
	AUTO_SECRET struct secret	*s = secret_new(value, strlen(value),
	    e);
	bool				 ok;

	t->ctx.secrets[0] = (struct ctx_secret){ "value_file", s };
	ok = toy_apply(t, "settings.set", json_pack("{s:s, s:o}", "name",
	    "mongo.admin_url", "value_file", verb_secret_ref("value_file")),
	    r, e);
	t->ctx.secrets[0] = (struct ctx_secret){ 0 };
	return ok;
}

static void
assert_secret(struct toy *t, const char *want)
{
	AUTO_SECRET struct secret	*s = NULL;
	struct err			 e = { 0 };

	assert_true(settings_get_secret(&t->ctx, "mongo.admin_url", &s, &e));
	if (want == NULL)
		assert_null(s);
	else
		assert_string_equal(secret_reveal(s), want);
}

static void
test_a_secret_setting_is_set_replaced_unset_and_undone(void **state)
{
	struct toy		*t = *state;
	AUTO_FREE char		*path = store_path(t->ctx.store,
	    "secrets/mongo.admin_url");
	struct job_result	 one, two, gone, u;
	struct err		 e = { 0 };
	struct stat		 st;

	assert_true(set_secret(t, URL, &one, &e));
	assert_secret(t, URL);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(set_secret(t, "mongodb://other:pw@db", &two, &e));
	assert_true(toy_apply(t, "settings.unset", json_pack("{s:s}", "name",
	    "mongo.admin_url"), &gone, &e));
	assert_secret(t, NULL);
	assert_true(toy_undo(t, gone.id, &u, &e));
	assert_secret(t, "mongodb://other:pw@db");
	assert_true(toy_undo(t, two.id, &u, &e));
	assert_secret(t, URL);
	assert_true(toy_undo(t, one.id, &u, &e));
	assert_secret(t, NULL);
}

static void
test_the_same_secret_has_the_same_plan_only(void **state)
{
	struct toy	*t = *state;
	const struct verb *v = registry_verb(t->ctx.registry, "settings.set");
	AUTO_JSON json_t *params = json_pack("{s:s, s:o}", "name",
	    "mongo.admin_url", "value_file", verb_secret_ref("value_file"));
	static const char *const values[] = { URL, URL, "other" };
	char		 hash[3][65];
	struct err	 e = { 0 };
	size_t		 i;

	for (i = 0; i < 3; i++) {
		AUTO_PLAN struct plan	*plan = NULL;
		AUTO_SECRET struct secret *s = secret_new(values[i],
		    strlen(values[i]), &e);
		json_t			*none = NULL;

		t->ctx.secrets[0] = (struct ctx_secret){ "value_file", s };
		assert_true(verb_call(&t->ctx, v, params, &none, &plan, &e));
		snprintf(hash[i], 65, "%s", plan_hash(plan));
	}
	t->ctx.secrets[0] = (struct ctx_secret){ 0 };
	assert_string_equal(hash[0], hash[1]);
	assert_string_not_equal(hash[0], hash[2]);
}

static void
test_a_secret_typed_as_a_value_is_a_usage_error(void **state)
{
	struct toy		*t = *state;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_false(set(t, "mongo.admin_url", URL, &r, &e));
	assert_int_equal(e.domain, ERR_USAGE);
	assert_null(strstr(e.msg, "s3kr1t-sentinel"));
	assert_secret(t, NULL);
}

static void
test_the_list_tells_only_that_a_secret_is_set(void **state)
{
	struct toy		*t = *state;
	const struct verb	*v = registry_verb(t->ctx.registry,
	    "settings.list");
	AUTO_JSON json_t	*none = json_object(), *result = NULL;
	AUTO_PLAN struct plan	*plan = NULL;
	AUTO_FREE char		*text = NULL;
	struct job_result	 r;
	struct err		 e = { 0 };

	assert_true(set_secret(t, URL, &r, &e));
	assert_true(verb_call(&t->ctx, v, none, &result, &plan, &e));
	text = json_dumps(result, 0);
	assert_null(strstr(text, "s3kr1t-sentinel"));
	assert_non_null(strstr(text, "(set)"));
}

#define SETTINGS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SETTINGS_TEST(test_a_setting_is_set_unset_and_undone),
		SETTINGS_TEST(test_comments_of_the_administrator_stay),
		SETTINGS_TEST(
		    test_setting_what_is_set_already_is_nothing_to_do),
		SETTINGS_TEST(test_what_no_setting_takes_is_a_usage_error),
		SETTINGS_TEST(test_the_console_has_settings_with_defaults),
		SETTINGS_TEST(test_an_empty_value_is_none),
		SETTINGS_TEST(test_a_wrong_choice_is_told_what_there_is),
		SETTINGS_TEST(test_a_broken_settings_file_is_named),
		SETTINGS_TEST(
		    test_a_secret_setting_is_set_replaced_unset_and_undone),
		SETTINGS_TEST(
		  test_the_same_secret_has_the_same_plan_only),
		SETTINGS_TEST(
		    test_a_secret_typed_as_a_value_is_a_usage_error),
		SETTINGS_TEST(test_the_list_tells_only_that_a_secret_is_set)
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
