/*
 * What is said about a MongoDB URL that cannot be read, and what is shown of
 * one that can; what the driver must not leave behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/mongo.h"

static void
good(const char *url)
{
	struct err	 e = { .msg = "" };

	if (!mongo_url_check(url, &e))
		fail_msg("%s: %s", url, e.msg);
}

/* Refused with these words, and without the password in them. */
static void
bad(const char *url, const char *words, const char *password)
{
	struct err	 e;

	assert_false(mongo_url_check(url, &e));
	assert_int_equal(e.domain, ERR_MONGO);
	assert_int_equal(e.code, MONGO_BAD_URL);
	if (strstr(e.msg, words) == NULL)
		fail_msg("%s: \"%s\" lacks \"%s\"", url, e.msg, words);
	assert_string_not_equal(e.hint, "");
	if (password != NULL) {
		assert_null(strstr(e.msg, password));
		assert_null(strstr(e.hint, password));
	}
}

static void
urls_that_can_be_read(void **state)
{
	(void)state;
	good("mongodb://mongo");
	good("mongodb://mongo:27017/");
	good("mongodb://u:p@mongo1:27017,mongo2:27017/?replicaSet=rs0");
	good("mongodb://u%2Fs%3Aer%40x:a%2Fb%3Fc%23d%5Be%5Df%3Ag%40h%25i@h/");
	good("mongodb+srv://u:p@cluster.corp.test/?tls=true");
	good("mongodb://u@h/?authMechanism=MONGODB-X509");
	good("mongodb://[::1]:27017,[2001:db8::1]:27017/");
	good("mongodb://h/?appName=a%40b");
	good("mongodb://u:p!$&'()*+,;=-._~@h/");
}

static void
another_scheme_is_named(void **state)
{
	(void)state;
	bad("http://u:geheim@h/", "mongodb://", "geheim");
	bad("", "mongodb://", NULL);
	bad("u:geheim@h", "mongodb://", "geheim");
}

static void
a_password_that_is_not_encoded_is_told(void **state)
{
	(void)state;
	bad("mongodb://u:ge/heim@h/", "percent-encoded", "heim");
	bad("mongodb://u:ge?heim@h/", "percent-encoded", "heim");
	bad("mongodb://u:ge#heim@h/", "percent-encoded", "heim");
	bad("mongodb://u:ge[heim@h/", "password", "heim");
	bad("mongodb://u:ge]heim@h/", "password", "heim");
	bad("mongodb://u:ge:heim@h/", "password", "heim");
	bad("mongodb://u:ge@heim@h/", "password", "heim");
	bad("mongodb://u:ge%heim@h/", "password", "heim");
	bad("mongodb://u:heim%@h/", "password", "heim");
	bad("mongodb://u:heim%2@h/", "password", "heim");
	bad("mongodb://u:ge@he/im@h/", "percent-encoded", "im@");
}

static void
a_user_that_is_not_encoded_is_told(void **state)
{
	(void)state;
	bad("mongodb://kim@corp:geheim@h/", "user name", "geheim");
	bad("mongodb://a%zz:geheim@h/", "user name", "geheim");
}

/* All of / ? # [ ] : @ in a password, as the guide's list has them. */
static void
a_password_that_looks_like_options_is_told(void **state)
{
	(void)state;
	bad("mongodb://u:ge@hei:/?#[]m@h:1/?w=1", "percent-encoded", "hei");
	bad("mongodb://u:ge@hei/?a=m@h:1/?w=1", "percent-encoded", "hei");
	good("mongodb://u:geheim@h:1/?appName=a@b&w=1");
}

static void
a_full_stop_where_the_at_sign_belongs_is_told(void **state)
{
	(void)state;
	bad("mongodb://u:geheim.mongo:27017/", "no @", "geheim");
	good("mongodb://a:1,b:2,c:3/");
}

static void
masked(const char *url, const char *wanted)
{
	AUTO_FREE char	*shown = mongo_url_mask(url);

	assert_non_null(shown);
	assert_string_equal(shown, wanted);
}

static void
a_shown_url_has_no_secret_in_it(void **state)
{
	(void)state;
	masked("mongodb://u:geheim@h:1/db?x=y",
	    "mongodb://u:***@h:1/db?x=y");
	masked("mongodb://u@h/", "mongodb://u@h/");
	masked("mongodb://h/", "mongodb://h/");
	masked("mongodb+srv://u:ge%40heim@h/?tls=true",
	    "mongodb+srv://u:***@h/?tls=true");
	masked("mongodb://h/?tls=true&tlsCertificateKeyFilePassword=geheim"
	    "&w=1", "mongodb://h/?tls=true&tlsCertificateKeyFilePassword=***"
	    "&w=1");
	masked("mongodb://h/?TLSCERTIFICATEKEYFILEPASSWORD=geheim",
	    "mongodb://h/?tlsCertificateKeyFilePassword=***");
}

static void
of_a_url_that_cannot_be_read_nothing_is_shown(void **state)
{
	(void)state;
	masked("mongodb://u:ge/heim@h/", "mongodb://***");
	masked("mongodb://u:geheim.mongo:27017/", "mongodb://***");
	masked("u:geheim@h", "***");
	masked("mongodb://u:ge@hei:/?#m@h:1/?w=1", "mongodb://***");
	masked("mongodb://u:ge@hei/?a=m@h", "mongodb://***");
}

static void
the_driver_of_a_connection_leaves_no_trace(void **state)
{
	static const char	 url[] = "mongodb://127.0.0.1:1/?tls=false";
	AUTO_SECRET struct secret *secret = secret_new(url, strlen(url), NULL);
	struct mongo		*m = NULL;
	struct err		 e = { 0 };
	char			 path[64];

	(void)state;
	snprintf(path, sizeof(path), "/dev/shm/mongoc-%d", (int)getpid());
	assert_false(mongo_open_url(secret, MONGO_ANY, 100, &m, &e));
	assert_int_equal(e.domain, ERR_MONGO);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
assert_url_at(const char *url, bool no_login, const char *expected)
{
	AUTO_SECRET struct secret *from = secret_new(url, strlen(url), NULL);
	AUTO_SECRET struct secret *at = NULL;
	struct err		   e = { 0 };

	assert_true(mongo_url_at(from, "db2:27018", no_login, &at, &e));
	assert_string_equal(secret_reveal(at), expected);
}

static void
one_member_is_asked_by_the_same_account(void **state)
{
	(void)state;
	assert_url_at("mongodb://u:p%40s@a:1,b:2/?replicaSet=rs0&tls=true",
	    false, "mongodb://u:p%40s@db2:27018/?directConnection=true"
	    "&tls=true");
	assert_url_at("mongodb://u:p@a/meeting?authSource=admin;"
	    "readPreference=secondary", false, "mongodb://u:p@db2:27018/"
	    "meeting?directConnection=true&authSource=admin");
	assert_url_at("mongodb://a:1,b:2", false,
	    "mongodb://db2:27018/?directConnection=true");
	assert_url_at("mongodb+srv://u:p@cluster.test/", false,
	    "mongodb://u:p@db2:27018/?directConnection=true&tls=true"
	    "&authSource=admin");
	assert_url_at("mongodb://u:p@a/meeting?authSource=admin&tls=true",
	    true, "mongodb://db2:27018/?directConnection=true&tls=true");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_that_can_be_read),
		cmocka_unit_test(another_scheme_is_named),
		cmocka_unit_test(a_password_that_is_not_encoded_is_told),
		cmocka_unit_test(a_user_that_is_not_encoded_is_told),
		cmocka_unit_test(a_password_that_looks_like_options_is_told),
		cmocka_unit_test(
		    a_full_stop_where_the_at_sign_belongs_is_told),
		cmocka_unit_test(a_shown_url_has_no_secret_in_it),
		cmocka_unit_test(
		    of_a_url_that_cannot_be_read_nothing_is_shown),
		cmocka_unit_test(one_member_is_asked_by_the_same_account),
		cmocka_unit_test(
		    the_driver_of_a_connection_leaves_no_trace),
	};

	return cmocka_run_group_tests_name("MongoDB URL", tests, NULL, NULL);
}
