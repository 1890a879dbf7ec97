/*
 * The site's files as they may leave the host, and the secrets that must
 * not: from every format, from comments, from earlier snapshots.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "snapshot_world.h"
#include "stconsole/buf.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"

static void
put_secrets(struct world *w)
{
	world_put(w, "custom.env", "TURN_SECRET=s3nt-turn\n"
	    "# OLD_PASSWORD=s3nt-comment\nOPEN=shown\n"
	    "MONGO_URL=mongodb://root:s3nt%40url@db1/?replicaSet=rs0\n");
	world_put(w, "own.yaml", "db:\n  password: |\n    s3nt-line-one\n"
	    "    s3nt-line-two\n  port: 27017\n");
	world_put(w, "Community.xml", "<C><LDAP Password=\"s3nt&amp;xml\" "
	    "Host=\"ldap1\"/></C>\n");
	world_put(w, "broken.ini", "[a\npassword = s3nt-broken\n");
	world_put(w, "web/keys/cert.key", "-----BEGIN PRIVATE KEY-----\n"
	    "s3ntAAAAkeybody\n-----END PRIVATE KEY-----\n");
}

/* ---- texts */

static bool
take_text(void *arg, const struct site_text *t, struct err *e)
{
	json_t *all = arg;

	(void)e;
	json_object_set_new(all, t->path, json_pack("{s:s*, s:s*, s:I}",
	    "text", t->text != NULL ? buf_str(t->text) : NULL, "why", t->why,
	    "lines", (json_int_t)t->lines));
	return true;
}

static json_t *
texts(struct world *w)
{
	json_t		*all = json_object();
	struct site	*site;
	struct err	 e = { 0 };

	if (!site_need(&w->ctx, &site, &e) ||
	    !site_texts_each(&w->ctx, site, take_text, all, &e))
		fail_msg("%s", e.msg);
	return all;
}

static void
files_go_out_without_their_secrets(void **state)
{
	struct world		*w = *state;
	AUTO_JSON json_t	*all = NULL;
	AUTO_FREE char		*dump = NULL;
	const json_t		*env;

	put_secrets(w);
	all = texts(w);
	dump = json_dumps(all, 0);
	assert_null(strstr(dump, "s3nt"));
	env = json_object_get(all, "custom.env");
	assert_string_equal(json_text(env, "text"), "TURN_SECRET=***\n"
	    "# OLD_PASSWORD=***\nOPEN=shown\n"
	    "MONGO_URL=***\n");
	assert_int_equal(json_int(env, "lines", 0), 3);
	assert_non_null(strstr(json_text(json_object_get(all, "own.yaml"),
	    "text"), "port: 27017\n"));
}

static void
key_files_stay_at_home_and_say_why(void **state)
{
	struct world		*w = *state;
	AUTO_JSON json_t	*all = NULL;
	const json_t		*key;

	put_secrets(w);
	all = texts(w);
	key = json_object_get(all, "web/keys/cert.key");
	assert_null(json_str(key, "text"));
	assert_non_null(strstr(json_text(key, "why"), "keys"));
}

/* ---- secrets */

static bool
take_secret(void *arg, const char *bytes, size_t len, struct err *e)
{
	json_t		*all = arg;
	AUTO_FREE char	*s = strndup(bytes, len);

	(void)e;
	json_object_set_new(all, s, json_true());
	return true;
}

static json_t *
secrets(struct world *w)
{
	json_t		*all = json_object();
	struct site	*site;
	struct err	 e = { 0 };

	if (!site_need(&w->ctx, &site, &e) ||
	    !site_secrets_each(&w->ctx, site, take_secret, all, &e))
		fail_msg("%s", e.msg);
	return all;
}

static void
assert_known(const json_t *all, const char *secret)
{
	if (json_object_get(all, secret) == NULL)
		fail_msg("%s is not among the secrets", secret);
}

static void
every_secret_of_the_files_is_known(void **state)
{
	static const char *const wanted[] = { "s3nt-turn", "s3nt-comment",
	    "s3nt%40url", "s3nt-line-one\ns3nt-line-two\n", "s3nt&xml",
	    "s3nt-broken", "s3ntAAAAkeybody" };
	struct world		*w = *state;
	AUTO_JSON json_t	*all = NULL;
	size_t			 i;

	put_secrets(w);
	all = secrets(w);
	for (i = 0; i < LENGTH(wanted); i++)
		assert_known(all, wanted[i]);
	assert_null(json_object_get(all, "shown"));
	assert_null(json_object_get(all, "27017"));
	assert_null(json_object_get(all, "ldap1"));
}

static void
a_secret_that_was_replaced_is_known_from_a_snapshot(void **state)
{
	struct world		*w = *state;
	AUTO_JSON json_t	*all = NULL;

	world_put(w, "custom.env", "TURN_SECRET=s3nt-before\n");
	world_take(w);
	world_put(w, "custom.env", "TURN_SECRET=s3nt-after\n");
	all = secrets(w);
	assert_known(all, "s3nt-before");
	assert_known(all, "s3nt-after");
}

#define EXPORT_TEST(f) \
	cmocka_unit_test_setup_teardown(f, snapshot_setup, snapshot_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EXPORT_TEST(files_go_out_without_their_secrets),
		EXPORT_TEST(key_files_stay_at_home_and_say_why),
		EXPORT_TEST(every_secret_of_the_files_is_known),
		EXPORT_TEST(
		    a_secret_that_was_replaced_is_known_from_a_snapshot)
	};

	return cmocka_run_group_tests_name("site export", tests, NULL, NULL);
}
