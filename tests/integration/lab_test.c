/*
 * The lab itself: its servers answer as real ones do, and nothing is left
 * behind however it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>
#include <ldap.h>
#include <mongoc/mongoc.h>

#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"
#include "../lab/lab.h"

#define GONE_MS	5000

static struct lab	 shared = LAB_INIT;

/* ---- directory ---- */

static LDAP *
directory_open(const char *uri, bool starts_tls, const char *ca)
{
	AUTO_FREE char	*dn = str_format("cn=%s,ou=services,%s",
	    "sametime-bind", lab_ldap_base(&shared));
	const char	*password = lab_secret_text(&shared, "ldap-bind");
	struct berval	 cred = { strlen(password),
	    (char *)(uintptr_t)password };
	int		 version = LDAP_VERSION3;
	int		 demand = LDAP_OPT_X_TLS_DEMAND;
	int		 server = 0;
	LDAP		*ld = NULL;

	assert_int_equal(ldap_initialize(&ld, uri), LDAP_SUCCESS);
	ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca);
	ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
	ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &server);
	if ((starts_tls && ldap_start_tls_s(ld, NULL, NULL) !=
	    LDAP_SUCCESS) || ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE,
	    &cred, NULL, NULL, NULL) != LDAP_SUCCESS) {
		ldap_unbind_ext_s(ld, NULL, NULL);
		return NULL;
	}
	return ld;
}

static int
directory_count(LDAP *ld, const char *filter)
{
	LDAPMessage	*res = NULL;
	int		 n = -1;

	if (ldap_search_ext_s(ld, lab_ldap_base(&shared),
	    LDAP_SCOPE_SUBTREE, filter, NULL, 0, NULL, NULL, NULL, 0,
	    &res) == LDAP_SUCCESS)
		n = ldap_count_entries(ld, res);
	ldap_msgfree(res);
	return n;
}

static void
directory_answers(const char *uri, bool starts_tls)
{
	LDAP	*ld = directory_open(uri, starts_tls, lab_ca_file(&shared));

	assert_non_null(ld);
	assert_int_equal(directory_count(ld, "(mail=kim.admin@corp.test)"),
	    1);
	ldap_unbind_ext_s(ld, NULL, NULL);
}

static void
the_directory_answers_by_ldap(void **state)
{
	(void)state;
	directory_answers(lab_ldap_uri(&shared), false);
}

static void
the_directory_answers_by_starttls(void **state)
{
	(void)state;
	directory_answers(lab_ldap_uri(&shared), true);
}

static void
the_directory_answers_by_ldaps(void **state)
{
	(void)state;
	directory_answers(lab_ldaps_uri(&shared), false);
}

static void
a_stranger_ca_is_not_trusted_by_ldaps(void **state)
{
	AUTO_FREE char	*ca = str_format("%s/tls/other-ca.pem",
	    lab_dir(&shared));

	(void)state;
	assert_null(directory_open(lab_ldaps_uri(&shared), false, ca));
}

static void
the_directory_has_its_people_and_groups(void **state)
{
	LDAP	*ld = directory_open(lab_ldap_uri(&shared), false,
	    lab_ca_file(&shared));

	(void)state;
	assert_non_null(ld);
	assert_int_equal(directory_count(ld, "(objectClass=inetOrgPerson)"),
	    5000);
	assert_int_equal(directory_count(ld,
	    "(memberOf=cn=thousand,ou=groups,dc=corp,dc=test)"), 1000);
	assert_int_equal(directory_count(ld, "(cn=level*)"), 12);
	assert_int_equal(directory_count(ld, "(mail=twin@corp.test)"), 2);
	assert_int_equal(directory_count(ld, "(cn=Star Wild\\2acard)"), 1);
	assert_int_equal(directory_count(ld, "(employeeType=disabled)"), 1);
	assert_int_equal(directory_count(ld, "(pwdAccountLockedTime=*)"), 1);
	ldap_unbind_ext_s(ld, NULL, NULL);
}

static void
an_ordinary_account_meets_the_size_limit(void **state)
{
	AUTO_FREE char	*dn = str_format("cn=ordinary,ou=services,%s",
	    lab_ldap_base(&shared));
	const char	*password = lab_secret_text(&shared, "ldap-ordinary");
	struct berval	 cred = { strlen(password),
	    (char *)(uintptr_t)password };
	LDAPMessage	*res = NULL;
	LDAP		*ld = directory_open(lab_ldap_uri(&shared), false,
	    lab_ca_file(&shared));

	(void)state;
	assert_non_null(ld);
	assert_int_equal(ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred,
	    NULL, NULL, NULL), LDAP_SUCCESS);
	assert_int_equal(ldap_search_ext_s(ld, lab_ldap_base(&shared),
	    LDAP_SCOPE_SUBTREE, "(objectClass=inetOrgPerson)", NULL, 0, NULL,
	    NULL, NULL, 0, &res), LDAP_SIZELIMIT_EXCEEDED);
	ldap_msgfree(res);
	ldap_unbind_ext_s(ld, NULL, NULL);
}

/* ---- MongoDB ---- */

static void
mongodb_answers_with_password_and_tls(void **state)
{
	mongoc_client_t		*c = mongoc_client_new(
	    lab_mongo_url(&shared));
	mongoc_collection_t	*col = NULL;
	bson_t			*all = bson_new();
	bson_error_t		 be = { 0 };

	(void)state;
	assert_non_null(c);
	col = mongoc_client_get_collection(c, "meeting", "administrators");
	assert_int_equal(mongoc_collection_count_documents(col, all, NULL,
	    NULL, NULL, &be), 7);
	bson_destroy(all);
	mongoc_collection_destroy(col);
	mongoc_client_destroy(c);
}

static bool
mongodb_pings(const char *url, const char *db, const char *command)
{
	mongoc_client_t	*c = mongoc_client_new(url);
	bson_t		*cmd = BCON_NEW(command, BCON_INT32(1));
	bool		 ok = c != NULL && mongoc_client_command_simple(c, db,
	    cmd, NULL, NULL, NULL);

	bson_destroy(cmd);
	mongoc_client_destroy(c);
	return ok;
}

static void
only_the_monitor_account_reads_the_set(void **state)
{
	(void)state;
	assert_false(mongodb_pings(lab_mongo_url(&shared), "admin",
	    "replSetGetStatus"));
	assert_true(mongodb_pings(lab_secret_text(&shared,
	    "mongo-monitor-url"), "admin", "replSetGetStatus"));
}

static void
mongodb_knows_the_client_certificate(void **state)
{
	AUTO_FREE char	*url = str_format("mongodb://localhost:%d/?"
	    "replicaSet=rs0&authMechanism=MONGODB-X509&authSource=$external&"
	    "tls=true&tlsCAFile=%s&tlsCertificateKeyFile=%s/tls/client.pem",
	    lab_fact_number(&shared, "mongo", "port"), lab_ca_file(&shared),
	    lab_dir(&shared));

	(void)state;
	assert_true(mongodb_pings(url, "meeting", "listCollections"));
}

/* ---- API ---- */

struct answer {
	long		 status;
	char		 csrf[128];
	struct buf	 body;
};

static size_t
header_take(char *line, size_t size, size_t n, void *arg)
{
	struct answer	*a = arg;

	if (strncasecmp(line, "x-csrf-token: ", 14) == 0)
		snprintf(a->csrf, sizeof(a->csrf), "%.*s",
		    (int)(size * n - 16), line + 14);
	return size * n;
}

static size_t
body_take(char *data, size_t size, size_t n, void *arg)
{
	struct answer	*a = arg;

	buf_add(&a->body, data, size * n);
	return size * n;
}

static void
api_call(CURL *curl, const char *method, const char *path, const char *type,
    const char *body, struct answer *a)
{
	AUTO_FREE char		*url = str_format("%s%s",
	    lab_api_url(&shared), path);
	AUTO_FREE char		*token = str_format("X-CSRF-Token: %s",
	    a->csrf);
	AUTO_FREE char		*kind = str_format("Content-Type: %s", type);
	struct curl_slist	*head = curl_slist_append(
	    curl_slist_append(NULL, token), kind);

	buf_reset(&a->body);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, head);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	if (body == NULL)
		curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_take);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
	assert_int_equal(curl_easy_perform(curl), CURLE_OK);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->status);
	curl_slist_free_all(head);
}

static CURL *
api_open(void)
{
	CURL	*curl = curl_easy_init();

	curl_easy_setopt(curl, CURLOPT_CAINFO, lab_ca_file(&shared));
	curl_easy_setopt(curl, CURLOPT_COOKIEFILE, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	return curl;
}

#define FORM	"application/x-www-form-urlencoded"
#define JSON	"application/json"
#define REFRESH	"/sametime-auth/api/v1/refresh"
#define LOGIN	"/sametime-auth/api/v1/login"
#define ADMINS	"/sametime-admin/api/v1/administrators"

static void
api_login(CURL *curl, const char *password, struct answer *a)
{
	char		*safe = curl_easy_escape(curl, password, 0);
	AUTO_FREE char	*form = str_format("username=%s&password=%s",
	    lab_fact_text(&shared, "api", "user"), safe);

	curl_free(safe);
	api_call(curl, "GET", REFRESH, JSON, NULL, a);
	assert_int_equal(a->status, 401);
	assert_true(*a->csrf != '\0');
	api_call(curl, "POST", LOGIN, FORM, form, a);
}

static void
the_api_wants_a_login(void **state)
{
	CURL		*curl = api_open();
	struct answer	 a = { .body = BUF_INIT };

	(void)state;
	api_call(curl, "GET", ADMINS, JSON, NULL, &a);
	assert_int_equal(a.status, 401);
	api_login(curl, "wrong", &a);
	assert_int_equal(a.status, 401);
	buf_fini(&a.body);
	curl_easy_cleanup(curl);
}

static void
the_api_adds_and_removes_an_administrator(void **state)
{
	CURL			*curl = api_open();
	struct answer		 a = { .body = BUF_INIT };
	AUTO_JSON json_t	*made = NULL;
	AUTO_FREE char		*path = NULL;

	(void)state;
	api_login(curl, lab_secret_text(&shared, "api"), &a);
	assert_int_equal(a.status, 200);
	/* The token from before the login is worth nothing now. */
	api_call(curl, "GET", ADMINS, JSON, NULL, &a);
	assert_int_equal(a.status, 403);
	api_call(curl, "GET", REFRESH, JSON, NULL, &a);
	assert_int_equal(a.status, 200);
	api_call(curl, "POST", ADMINS, JSON, "{\"email\":\"a@corp.test\"}",
	    &a);
	assert_int_equal(a.status, 201);
	made = json_parse(buf_str(&a.body), a.body.len, NULL);
	assert_string_equal(json_text(made, "email"), "a@corp.test");
	api_call(curl, "POST", ADMINS, JSON, "{\"email\":\"A@Corp.Test\"}",
	    &a);
	assert_int_equal(a.status, 409);
	path = str_format(ADMINS "/%s", json_text(made, "_id"));
	api_call(curl, "DELETE", path, JSON, "", &a);
	assert_int_equal(a.status, 204);
	api_call(curl, "DELETE", path, JSON, "", &a);
	assert_int_equal(a.status, 404);
	buf_fini(&a.body);
	curl_easy_cleanup(curl);
}

static void
proxyinfo_needs_no_login(void **state)
{
	CURL			*curl = api_open();
	struct answer		 a = { .body = BUF_INIT };
	AUTO_JSON json_t	*j = NULL;

	(void)state;
	api_call(curl, "GET", "/stwebapi/proxyinfo", JSON, NULL, &a);
	assert_int_equal(a.status, 200);
	j = json_parse(buf_str(&a.body), a.body.len, NULL);
	assert_true(json_flag(j, "communityConnected"));
	buf_fini(&a.body);
	curl_easy_cleanup(curl);
}

/* ---- sites ---- */

static void
site_file_holds(const char *site, const char *file, const char *text)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*path = str_format("%s/%s", site, file);

	assert_true(file_read(AT_FDCWD, path, 1 << 20, &b, NULL));
	assert_non_null(strstr(buf_str(&b), text));
}

static void
the_demo_site_points_at_the_servers(void **state)
{
	(void)state;
	site_file_holds(lab_site(&shared), "custom.env",
	    lab_mongo_url(&shared));
	site_file_holds(lab_site(&shared), "custom.env",
	    lab_api_url(&shared));
	site_file_holds(lab_site(&shared), "StCommunityConfig.xml",
	    "cn=sametime-bind,ou=services,dc=corp,dc=test");
	site_file_holds(lab_site(&shared), "docker-compose.yml",
	    "hclcr.io/st/chat-server:${BUILD_LEVEL}");
}

static void
kind_is_written(const char *kind, const char *file, const char *text)
{
	struct lab		 l = LAB_INIT;
	struct lab_options	 o = { .kind = kind,
	    .without = "mongo,ldap,api" };

	assert_true(lab_start(&l, &o, NULL));
	site_file_holds(lab_site(&l), file, text);
	lab_stop(&l);
}

static void
the_other_kinds_of_site_are_written(void **state)
{
	(void)state;
	kind_is_written("kubernetes", "helm/values.yaml", "ldapPort: \"389\"");
	kind_is_written("windows", "sametime.ini", "[ST_BB_NAMES]\r\n");
}

/* ---- ends ---- */

struct watched {
	int	 fds[8];
	int	 n;
};

static void
watch(struct watched *w, pid_t pid)
{
	int	 fd = pidfd_open(pid, 0);

	assert_true(pid > 1 && fd >= 0);
	w->fds[w->n++] = fd;
}

static void
watch_lab(struct watched *w, const struct lab *l)
{
	watch(w, (pid_t)json_int(json_object_get(l->facts, "supervisor"),
	    "pid", 0));
	watch(w, lab_slapd_pid(l));
	watch(w, lab_mongod_pid(l, 0));
	watch(w, lab_api_pid(l));
}

static void
all_end(struct watched *w)
{
	for (int i = 0; i < w->n; i++) {
		struct pollfd	 p = { .fd = w->fds[i], .events = POLLIN };

		assert_int_equal(poll(&p, 1, GONE_MS), 1);
		close(w->fds[i]);
	}
}

static void
a_killed_lab_leaves_nothing_once_the_next_starts(void **state)
{
	struct lab		 l = LAB_INIT;
	struct lab		 next = LAB_INIT;
	struct lab_options	 few = { .without = "mongo,ldap,api" };
	struct watched		 w = { .n = 0 };
	AUTO_FREE char		*dir = NULL;

	(void)state;
	assert_true(lab_start(&l, NULL, NULL));
	dir = strdup(lab_dir(&l));
	watch_lab(&w, &l);
	assert_int_equal(kill(l.supervisor, SIGKILL), 0);
	all_end(&w);
	lab_stop(&l);
	assert_true(file_exists(AT_FDCWD, dir));
	assert_true(lab_start(&next, &few, NULL));
	assert_false(file_exists(AT_FDCWD, dir));
	lab_stop(&next);
}

static void
the_lab_ends_with_its_last_user(void **state)
{
	struct lab	 l = LAB_INIT;
	struct lab	 second = LAB_INIT;
	struct watched	 w = { .n = 0 };
	AUTO_FREE char	*dir = NULL;
	pid_t		 supervisor = 0;

	(void)state;
	assert_true(lab_start(&l, NULL, NULL));
	supervisor = l.supervisor;
	dir = strdup(lab_dir(&l));
	watch_lab(&w, &l);
	assert_true(lab_attach(&second, dir, NULL));
	lab_stop(&l);
	/* The second user still has servers to talk to. */
	assert_true(mongodb_pings(lab_mongo_url(&second), "meeting",
	    "ping"));
	lab_stop(&second);
	all_end(&w);
	assert_int_equal(waitpid(supervisor, NULL, 0), supervisor);
	assert_false(file_exists(AT_FDCWD, dir));
	assert_false(lab_attach(&second, dir, NULL));
}

/* In a process of its own: starts a lab, tells the pids, waits for its end. */
static void
user_live(int out)
{
	struct lab	 l = LAB_INIT;
	pid_t		 pids[4] = { 0 };

	lab_start(&l, NULL, NULL);
	pids[0] = l.supervisor;
	pids[1] = lab_slapd_pid(&l);
	pids[2] = lab_mongod_pid(&l, 0);
	pids[3] = lab_api_pid(&l);
	if (write(out, pids, sizeof(pids)) != sizeof(pids))
		_exit(1);
	for (;;)
		pause();
}

static void
the_lab_ends_when_its_user_is_killed(void **state)
{
	struct watched	 w = { .n = 0 };
	pid_t		 pids[4] = { 0 };
	pid_t		 user = 0;
	int		 fds[2] = { -1, -1 };

	(void)state;
	assert_int_equal(pipe(fds), 0);
	user = fork();
	assert_true(user >= 0);
	if (user == 0)
		user_live(fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], pids, sizeof(pids)), sizeof(pids));
	close(fds[0]);
	for (size_t i = 0; i < LENGTH(pids); i++)
		watch(&w, pids[i]);
	assert_int_equal(kill(user, SIGKILL), 0);
	assert_int_equal(waitpid(user, NULL, 0), user);
	all_end(&w);
}

static void
a_missing_server_is_named_and_the_rest_starts(void **state)
{
	struct lab		 l = LAB_INIT;
	struct lab_options	 o = { .mongod = "9.9.9" };
	json_t			*first = NULL;

	(void)state;
	assert_true(lab_start(&l, &o, NULL));
	assert_false(lab_has(&l, "mongo"));
	assert_true(lab_has(&l, "ldap"));
	first = json_array_get(json_object_get(l.facts, "missing"), 0);
	assert_string_equal(json_text(first, "what"), "mongod");
	assert_non_null(strstr(json_text(first, "how"), "fetch 9.9.9"));
	lab_stop(&l);
}

static void
passwords_are_not_in_lab_json(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_FREE char		*path = str_format("%s/lab.json",
	    lab_dir(&shared));

	(void)state;
	assert_true(file_read(AT_FDCWD, path, 1 << 20, &b, NULL));
	assert_null(strstr(buf_str(&b), lab_secret_text(&shared,
	    "ldap-bind")));
	assert_null(strstr(buf_str(&b), lab_secret_text(&shared,
	    "mongo-user") + 11));
	assert_null(strstr(buf_str(&b), "p%40ss"));
}

static int
setup(void **state)
{
	struct err	 e = { 0 };

	(void)state;
	mongoc_init();
	if (lab_start(&shared, NULL, &e))
		return 0;
	print_error("%s\n", e.msg);
	return 1;
}

static int
teardown(void **state)
{
	(void)state;
	lab_stop(&shared);
	mongoc_cleanup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(the_directory_answers_by_ldap),
		cmocka_unit_test(the_directory_answers_by_starttls),
		cmocka_unit_test(the_directory_answers_by_ldaps),
		cmocka_unit_test(a_stranger_ca_is_not_trusted_by_ldaps),
		cmocka_unit_test(the_directory_has_its_people_and_groups),
		cmocka_unit_test(an_ordinary_account_meets_the_size_limit),
		cmocka_unit_test(mongodb_answers_with_password_and_tls),
		cmocka_unit_test(only_the_monitor_account_reads_the_set),
		cmocka_unit_test(mongodb_knows_the_client_certificate),
		cmocka_unit_test(the_api_wants_a_login),
		cmocka_unit_test(the_api_adds_and_removes_an_administrator),
		cmocka_unit_test(proxyinfo_needs_no_login),
		cmocka_unit_test(the_demo_site_points_at_the_servers),
		cmocka_unit_test(the_other_kinds_of_site_are_written),
		cmocka_unit_test(a_missing_server_is_named_and_the_rest_starts),
		cmocka_unit_test(passwords_are_not_in_lab_json),
		cmocka_unit_test(
		    a_killed_lab_leaves_nothing_once_the_next_starts),
		cmocka_unit_test(the_lab_ends_with_its_last_user),
		cmocka_unit_test(the_lab_ends_when_its_user_is_killed),
	};

	return cmocka_run_group_tests_name("lab", tests, setup, teardown);
}
