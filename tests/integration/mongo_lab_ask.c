/*
 * The lab's accounts, and commands to its servers by a client of its own:
 * what a test finds out must not come from the code under test.
 */
#include "mongo_lab_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define SELECT_MS	30000

static const char *
secret_of(const char *user)
{
	static const struct {
		const char	*user;
		const char	*secret;
	} accounts[] = {
		{ "sametimeUser", "mongo-user" },
		{ "sametimeClusterAdmin", "mongo-cluster-admin" },
		{ "sametimeMonitor", "mongo-monitor" },
		{ "labRoot", "mongo-root" },
	};

	for (size_t i = 0; i < LENGTH(accounts); i++) {
		if (str_equal(user, accounts[i].user))
			return accounts[i].secret;
	}
	fail_msg("no account %s in the lab", user);
	return NULL;
}

char *
mongo_lab_url(const struct mongo_lab *l, const char *user)
{
	AUTO_FREE char	*name = str_format("%s-url", secret_of(user));
	char		*url = strdup(json_text(l->own->house.secrets, name));

	assert_non_null(url);
	assert_string_not_equal(url, "");
	return url;
}

char *
mongo_lab_url_file(const struct mongo_lab *l, const char *user)
{
	return lab_path(&l->own->house, "secrets/%s-url", secret_of(user));
}

mongoc_client_t *
mongo_lab_client(const char *url)
{
	bson_error_t	 be = { 0 };
	mongoc_uri_t	*uri = mongoc_uri_new_with_error(url, &be);
	mongoc_client_t	*c = NULL;

	if (uri == NULL)
		fail_msg("the lab's URL: %s", be.message);
	mongoc_uri_set_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
	    SELECT_MS);
	/* An election is not the end of a test. */
	mongoc_uri_set_option_as_bool(uri, MONGOC_URI_SERVERSELECTIONTRYONCE,
	    false);
	mongoc_uri_set_option_as_int32(uri, MONGOC_URI_HEARTBEATFREQUENCYMS,
	    1000);
	c = mongoc_client_new_from_uri(uri);
	mongoc_uri_destroy(uri);
	assert_non_null(c);
	mongoc_client_set_error_api(c, MONGOC_ERROR_API_VERSION_2);
	return c;
}

/* Of the set as root, or of member n; an arbiter knows no accounts. */
static mongoc_client_t *
client_of(const struct mongo_lab *l, int n)
{
	AUTO_FREE char	*url = NULL;
	bool		 is_arbiter = l->spec.has_arbiter && n == l->count - 1;
	mongoc_client_t	*c = NULL;

	if (n < 0) {
		url = mongo_lab_url(l, "labRoot");
		return mongo_lab_client(url);
	}
	c = lab_member_client(&l->own->house, n, !l->spec.has_auth ||
	    is_arbiter ? NULL : "labRoot", json_text(l->own->house.secrets,
	    "mongo-root"));
	assert_non_null(c);
	return c;
}

char *
mongo_lab_command(const struct mongo_lab *l, int n, const char *db,
    const char *command)
{
	mongoc_client_t	*c = client_of(l, n);
	bson_t		 reply = BSON_INITIALIZER;
	struct err	 e;
	char		*json, *text;

	mongo_lab_ok(lab_member_command(c, db, command, &reply, &e), &e);
	json = bson_as_relaxed_extended_json(&reply, NULL);
	assert_non_null(json);
	text = strdup(json);
	bson_free(json);
	bson_destroy(&reply);
	mongoc_client_destroy(c);
	return text;
}

static void
value_put(const char *reply, const char *const *path, char *out, size_t size)
{
	AUTO_JSON json_t	*root = json_loads(reply, 0, NULL);
	const json_t		*at = root;

	for (; *path != NULL; path++)
		at = json_object_get(at, *path);
	if (!json_is_string(at))
		fail_msg("no version in %s", reply);
	snprintf(out, size, "%s", json_string_value(at));
}

void
mongo_lab_versions(const struct mongo_lab *l, int n, char *version,
    char *fcv, size_t size)
{
	static const char *const	 version_at[] = { "version", NULL };
	static const char *const	 fcv_at[] = {
		"featureCompatibilityVersion", "version", NULL
	};
	AUTO_FREE char	*info = mongo_lab_command(l, n, "admin",
	    "{\"buildInfo\":1}");
	AUTO_FREE char	*parameter = NULL;

	value_put(info, version_at, version, size);
	if (fcv == NULL)
		return;
	parameter = mongo_lab_command(l, n, "admin", "{\"getParameter\":1,"
	    "\"featureCompatibilityVersion\":1}");
	value_put(parameter, fcv_at, fcv, size);
}
