/*
 * What making MongoDB ready works out without a server: encoded passwords,
 * rights that are missing, mongod.conf and argv with a key and a set's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/services/prepare/set.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"

/* ---- URLs */

static struct secret *
secret(const char *text)
{
	struct secret *s = secret_new(text, strlen(text), NULL);

	assert_non_null(s);
	return s;
}

static void
made(const char *base, const struct prepare_url *u, const char *password,
    const char *wanted)
{
	AUTO_SECRET struct secret *b = secret(base), *out = NULL;
	AUTO_SECRET struct secret *p = secret(password);
	struct prepare_url	   with = *u;
	struct err		   e = { .msg = "" };

	with.base = b;
	with.password = p;
	if (!prepare_url_make(&with, &out, &e))
		fail_msg("%s", e.msg);
	assert_string_equal(secret_reveal(out), wanted);
	assert_true(mongo_url_check(secret_reveal(out), &e));
}

/* The guide's list, and what has to be told from an encoded byte. */
static void
a_password_is_encoded_and_read_back(void **state)
{
	static const char *const passwords[] = {
		"a/b", "a?b", "a#b", "a[b", "a]b", "a:b", "a@b", "a%b",
		"a%41b", "/?#[]:@%", "p w\xc3\xa4\"'$&+=,;", "%", ""
	};
	const struct prepare_url u = { .user = "kim@corp" };

	(void)state;
	made("mongodb://h/", &u, "/?#[]:@%", "mongodb://kim%40corp:"
	    "%2F%3F%23%5B%5D%3A%40%25@h/?authSource=admin");
	for (size_t i = 0; i < LENGTH(passwords); i++) {
		AUTO_SECRET struct secret *p = secret(passwords[i]);
		AUTO_SECRET struct secret *b = secret("mongodb://x:y@h/");
		AUTO_SECRET struct secret *url = NULL, *back = NULL;
		AUTO_FREE char		  *user = NULL;
		struct prepare_url with = { .base = b, .user = "kim@corp",
			.password = p };
		struct err e = { .msg = "" };

		assert_true(prepare_url_make(&with, &url, &e));
		assert_true(mongo_url_check(secret_reveal(url), &e));
		assert_true(prepare_url_account(url, &user, &back, &e));
		assert_string_equal(user, "kim@corp");
		assert_string_equal(secret_reveal(back), passwords[i]);
	}
}

static void
an_account_replaces_what_belongs_to_the_old_one(void **state)
{
	const struct prepare_url u = { .user = "u" };
	const struct prepare_url s = { .user = "u", .set = "rs0",
		.hosts = "mongo1:27017" };

	(void)state;
	made("mongodb://a:b@h1,h2/db?authSource=x&tls=true&authMechanism=y",
	    &u, "p", "mongodb://u:p@h1,h2/db?authSource=admin&tls=true");
	made("mongodb://h:1/?directConnection=true&w=1&replicaSet=old", &s,
	    "p", "mongodb://u:p@mongo1:27017/?replicaSet=rs0"
	    "&authSource=admin&w=1");
	made("mongodb+srv://a:b@c.corp.test/?w=1", &u, "p",
	    "mongodb+srv://u:p@c.corp.test/?authSource=admin&w=1");
}

static void
without_an_account_the_old_one_stays(void **state)
{
	const struct prepare_url u = { .set = "rs0" };

	(void)state;
	made("mongodb://a:b%40c@h/?authSource=x", &u, "",
	    "mongodb://a:b%40c@h/?replicaSet=rs0&authSource=x");
}

/* ---- rights */

/* What an account of 12.0 has (facts 3.2). */
static void
rights_of_an_older_release_lack_six(void **state)
{
	AUTO_JSON json_t *have = json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s},"
	    "{s:s,s:s},{s:s,s:s},{s:s,s:s}]",
	    "role", "readWrite", "db", "chatlogging",
	    "role", "readWrite", "db", "mobileOffline",
	    "role", "readWrite", "db", "meeting",
	    "role", "dbAdmin", "db", "meeting",
	    "role", "userAdminAnyDatabase", "db", "admin",
	    "role", "root", "db", "admin");
	AUTO_JSON json_t *wanted = prepare_roles_sametime();
	AUTO_JSON json_t *missing = NULL, *extra = NULL;
	AUTO_FREE char	*shown = NULL, *over = NULL;
	struct err	 e;

	(void)state;
	assert_int_equal(json_array_size(wanted), 11);
	assert_true(prepare_roles_audit(have, wanted, NULL, &missing, &extra,
	    &e));
	shown = prepare_roles_show(missing);
	over = prepare_roles_show(extra);
	assert_string_equal(shown, "dbAdmin@chatlogging, "
	    "dbAdmin@mobileOffline, readWrite@privacy, dbAdmin@privacy, "
	    "readWrite@userinfo, dbAdmin@userinfo");
	assert_string_equal(over, "root@admin");
}

static void
what_the_write_block_needs_is_tolerated(void **state)
{
	AUTO_JSON json_t *have = json_pack("[{s:s,s:s},{s:s,s:s}]",
	    "role", "clusterAdmin", "db", "admin",
	    "role", "backup", "db", "admin");
	AUTO_JSON json_t *wanted = prepare_roles_cluster();
	AUTO_JSON json_t *backup = json_pack("[{s:s,s:s}]", "role", "backup",
	    "db", "admin");
	AUTO_JSON json_t *missing = NULL, *extra = NULL;
	struct err	 e;

	(void)state;
	assert_true(prepare_roles_audit(have, wanted, backup, &missing,
	    &extra, &e));
	assert_int_equal(json_array_size(missing), 0);
	assert_int_equal(json_array_size(extra), 0);
}

/* ---- mongod.conf */

static const struct conf_wish whole = { .set = "rs0",
	.key_file = "/var/lib/mongo/keyfile", .bind_name = "mongo1.corp" };

static void
edited(const char *text, const struct conf_wish *w, const char *wanted)
{
	AUTO_BUF struct buf out = BUF_INIT;
	struct err	 e = { .msg = "" };

	if (!conf_edit(text, strlen(text), w, &out, &e))
		fail_msg("%s", e.msg);
	assert_string_equal(buf_str(&out), wanted);
}

/* As the vendor's package has it. */
static void
sections_that_are_commented_out_go_behind_the_end(void **state)
{
	(void)state;
	edited("# mongod.conf\nstorage:\n  dbPath: /var/lib/mongo\n\n"
	    "net:\n  port: 27017\n  bindIp: 127.0.0.1  # only here\n\n"
	    "#security:\n\n#replication:\n", &whole,
	    "# mongod.conf\nstorage:\n  dbPath: /var/lib/mongo\n\n"
	    "net:\n  port: 27017\n  bindIp: 127.0.0.1,mongo1.corp  # only "
	    "here\n\n#security:\n\n#replication:\nsecurity:\n"
	    "  keyFile: /var/lib/mongo/keyfile\nreplication:\n"
	    "  replSetName: rs0\n");
}

static void
sections_that_are_there_get_an_entry(void **state)
{
	(void)state;
	edited("security:\n    authorization: disabled\nreplication:\n"
	    "    oplogSizeMB: 64", &whole, "security:\n"
	    "    authorization: enabled\n    keyFile: /var/lib/mongo/keyfile"
	    "\nreplication:\n    oplogSizeMB: 64\n    replSetName: rs0\n"
	    "net:\n  bindIp: localhost,mongo1.corp\n");
}

static void
a_file_that_has_it_all_stays_byte_for_byte(void **state)
{
	static const char text[] = "replication: {replSetName: rs0}\n"
	    "security:\n  keyFile:   '/var/lib/mongo/keyfile'   # ours\n";
	const struct conf_wish w = { .set = "rs0",
		.key_file = "/var/lib/mongo/keyfile" };

	(void)state;
	edited(text, &w, text);
}

static void
a_file_that_is_no_yaml_is_refused(void **state)
{
	static const char text[] = "dbpath = /data\nport = 27017\n: [\n";
	AUTO_BUF struct buf out = BUF_INIT;
	struct err	 e;

	(void)state;
	assert_false(conf_edit(text, strlen(text), &whole, &out, &e));
	assert_int_equal(out.len, 0);
}

static void
words_become(const char *now, const struct conf_wish *w, const char *wanted)
{
	AUTO_JSON json_t *argv = json_loads(now, 0, NULL);
	AUTO_JSON json_t *out = conf_argv(argv, w);
	AUTO_FREE char	*text = json_dumps(out, JSON_COMPACT);

	assert_non_null(argv);
	assert_string_equal(text, wanted);
}

static void
without_a_file_argv_gets_the_words(void **state)
{
	(void)state;
	words_become("[\"mongod\",\"--bind_ip\",\"127.0.0.1\",\"--port\","
	    "\"1\"]", &whole, "[\"mongod\",\"--bind_ip\","
	    "\"127.0.0.1,mongo1.corp\",\"--port\",\"1\",\"--replSet\","
	    "\"rs0\",\"--keyFile\",\"/var/lib/mongo/keyfile\"]");
	words_become("[\"mongod\",\"--bind_ip=::1\",\"--replSet=rs0\"]",
	    &whole, "[\"mongod\",\"--bind_ip=::1,mongo1.corp\","
	    "\"--replSet=rs0\",\"--keyFile\",\"/var/lib/mongo/keyfile\"]");
	words_become("[\"mongod\",\"--noauth\"]", &(struct conf_wish){
	    .key_file = "/k" }, "[\"mongod\",\"--keyFile\",\"/k\"]");
	words_become("[\"mongod\"]", &(struct conf_wish){ .set = "a" },
	    "[\"mongod\",\"--replSet\",\"a\"]");
}

/* ---- names */

static void
names_are_told_from_addresses(void **state)
{
	static const struct {
		const char *host, *name; int port;
	} cases[] = {
		{ "mongo1.corp:27018", "mongo1.corp", 27018 },
		{ "mongo1", "mongo1", 27017 }, { "[::1]:5", "::1", 5 },
		{ "::1", "::1", 27017 }, { "10.0.0.1:9", "10.0.0.1", 9 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		int		 port;
		AUTO_FREE char	*name = set_host_name(cases[i].host, &port);

		assert_string_equal(name, cases[i].name);
		assert_int_equal(port, cases[i].port);
	}
	assert_true(set_is_address("10.0.0.1"));
	assert_true(set_is_address("2001:db8::1"));
	assert_false(set_is_address("mongo1.corp.test"));
	assert_true(set_is_loopback("LOCALHOST"));
	assert_true(set_is_loopback("127.0.1.1"));
	assert_false(set_is_loopback("local.corp.test"));
}

static void
listening_everywhere_covers_a_name(void **state)
{
	(void)state;
	assert_true(conf_binds("127.0.0.1, 0.0.0.0", "mongo1.corp.test"));
	assert_true(conf_binds("*", "mongo1.corp.test"));
	assert_true(conf_binds("localhost,mongo1.corp.test",
	    "mongo1.corp.test"));
	assert_true(conf_binds(NULL, "localhost"));
	assert_false(conf_binds("127.0.0.1", "mongo1.corp.invalid"));
}

/* What servers say when a set is configured, in words. */
static void
refusals_of_a_configuration_are_explained(void **state)
{
	static const int codes[] = { 23, 74, 76, 93, 94, 103 };

	(void)state;
	for (size_t i = 0; i < LENGTH(codes); i++) {
		struct err why, e;

		err_set(&why, ERR_MONGO, codes[i], "the server's words");
		assert_false(set_blame("The set was not made", &why, &e));
		assert_int_equal(e.code, codes[i]);
		assert_non_null(strstr(e.msg, "The set was not made: "));
		assert_non_null(strstr(e.msg, "(the server's words)"));
		assert_string_not_equal(e.hint, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_encoded_and_read_back),
		cmocka_unit_test(
		    an_account_replaces_what_belongs_to_the_old_one),
		cmocka_unit_test(without_an_account_the_old_one_stays),
		cmocka_unit_test(rights_of_an_older_release_lack_six),
		cmocka_unit_test(what_the_write_block_needs_is_tolerated),
		cmocka_unit_test(
		    sections_that_are_commented_out_go_behind_the_end),
		cmocka_unit_test(sections_that_are_there_get_an_entry),
		cmocka_unit_test(a_file_that_has_it_all_stays_byte_for_byte),
		cmocka_unit_test(a_file_that_is_no_yaml_is_refused),
		cmocka_unit_test(without_a_file_argv_gets_the_words),
		cmocka_unit_test(names_are_told_from_addresses),
		cmocka_unit_test(listening_everywhere_covers_a_name),
		cmocka_unit_test(refusals_of_a_configuration_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
