/*
 * MongoDB for real: what a person reads when it cannot be used, and that
 * documents are written once, compared whole, and put back byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/lab.h"
#include "mongo_peer.h"
#include "stconsole/action.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/str.h"

#define TIMEOUT_MS	3000
/* The subject of the lab's client certificate. */
#define CERT_NAME	"CN=sametimeX509,OU=Applications,O=Corp Test"

static const struct mongo_where place = { "meeting", "test_documents" };

static struct lab lab = LAB_INIT;

static int
set_up(void **state)
{
	static const struct lab_options	 want = { .without = "ldap,api",
	    .members = 3 };
	struct err			 e;

	(void)state;
	if (lab_start(&lab, &want, &e))
		return 0;
	fprintf(stderr, "%s\n", e.msg);
	return -1;
}

static int
tear_down(void **state)
{
	(void)state;
	lab_stop(&lab);
	return 0;
}

/* url with one piece replaced; malloc'd. */
static char *
replaced(const char *url, const char *old, const char *new)
{
	const char	*at = strstr(url, old);

	if (at == NULL)
		fail_msg("no \"%s\" in the URL", old);
	return str_format("%.*s%s%s", (int)(at - url), url, new,
	    at + strlen(old));
}

/* The lab's URL with user, password or options changed. */
static char *
lab_url(const char *old, const char *new)
{
	return replaced(lab_mongo_url(&lab), old, new);
}

static bool
open_url(const char *url, enum mongo_wants wants, struct mongo **m,
    struct err *e)
{
	AUTO_SECRET struct secret *s = secret_new(url, strlen(url), e);

	*m = NULL;
	assert_non_null(s);
	return mongo_open_url(s, wants, TIMEOUT_MS, m, e);
}

static struct mongo *
open_lab(const char *secret_name)
{
	struct mongo	*m;
	struct err	 e;

	if (!open_url(lab_secret_text(&lab, secret_name), MONGO_PRIMARY, &m,
	    &e))
		fail_msg("%s", e.msg);
	return m;
}

static void
did(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->msg);
}

/* The sentence has these words, a hint, and never the password. */
static void
refused(const char *url, int code, const char *words)
{
	struct mongo	*m;
	struct err	 e;
	const char	*password = lab_secret_text(&lab, "mongo-user");

	if (open_url(url, MONGO_PRIMARY, &m, &e)) {
		mongo_close(m);
		fail_msg("opened, \"%s\" expected", words);
	}
	if (strstr(e.msg, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", e.msg, words);
	assert_int_equal(e.domain, ERR_MONGO);
	assert_int_equal(e.code, code);
	assert_string_not_equal(e.hint, "");
	assert_null(strstr(e.msg, password));
	assert_null(strstr(e.msg, "p%40ss"));
}

static void
a_server_that_is_not_there(void **state)
{
	AUTO_FREE char	*refusing = str_format(
	    "mongodb://localhost:1,127.0.0.1:2/?replicaSet=rs0");

	(void)state;
	refused(refusing, MONGO_UNREACHABLE,
	    "localhost:1: refuses the connection; "
	    "127.0.0.1:2: refuses the connection");
	refused("mongodb://[::1]:1/", MONGO_UNREACHABLE,
	    "[::1]:1: refuses the connection");
	refused("mongodb://mongo.corp.invalid/", MONGO_UNREACHABLE,
	    "mongo.corp.invalid:27017: the name is not known");
	refused("mongodb+srv://u:p@mongo.corp.invalid/", MONGO_UNREACHABLE,
	    "mongodb+srv://u:***@mongo.corp.invalid/ cannot be found in DNS");
}

static void
a_server_that_does_not_answer(void **state)
{
	struct mongo_peer	 p = mongo_peer_silent();
	AUTO_FREE char	*url = str_format(
	    "mongodb://127.0.0.1:%d/?serverSelectionTimeoutMS=500"
	    "&connectTimeoutMS=500", p.port);
	AUTO_FREE char	*tls = NULL;

	(void)state;
	refused(url, MONGO_UNREACHABLE,
	    "accepts the connection but does not answer");
	/* The same with TLS is no trouble of TLS. */
	tls = str_format("%s&tls=true", url);
	refused(tls, MONGO_UNREACHABLE,
	    "accepts the connection but does not answer within");
	mongo_peer_end(&p);
}

static void
a_url_that_is_not_encoded(void **state)
{
	AUTO_FREE char	*url = lab_url("%40", "@");

	(void)state;
	refused(url, MONGO_BAD_URL, "percent-encoded");
}

static void
a_wrong_password(void **state)
{
	AUTO_FREE char	*url = lab_url("p%40ss", "q%40ss");
	AUTO_FREE char	*mechanism = lab_url("/?",
	    "/?authMechanism=SCRAM-SHA-1&");
	AUTO_FREE char	*wrong = replaced(mechanism, "p%40ss", "q%40ss");

	(void)state;
	refused(url, MONGO_AUTH_FAILED, "refuses user sametimeUser: wrong "
	    "password, unknown in database admin, or another mechanism");
	refused(wrong, MONGO_AUTH_FAILED, "refuses user sametimeUser");
}

static void
both_scram_mechanisms_log_in(void **state)
{
	static const char *const names[] = { "SCRAM-SHA-1", "SCRAM-SHA-256" };
	struct mongo	*m;
	struct err	 e;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(names); i++) {
		AUTO_FREE char *with = str_format("/?authMechanism=%s&",
		    names[i]);
		AUTO_FREE char *url = lab_url("/?", with);

		if (!open_url(url, MONGO_PRIMARY, &m, &e))
			fail_msg("%s: %s", names[i], e.msg);
		assert_int_equal(mongo_kind(m), MONGO_REPLICA_SET);
		mongo_close(m);
	}
}

static void
nobody_without_a_log_in(void **state)
{
	AUTO_FREE char	*user = str_format("%.*s",
	    (int)(strchr(lab_mongo_url(&lab), '@') + 1 -
	    lab_mongo_url(&lab)), lab_mongo_url(&lab));
	AUTO_FREE char	*url = lab_url(user, "mongodb://");
	struct mongo_doc doc;
	struct mongo	*m;
	struct err	 e;

	(void)state;
	assert_true(open_url(url, MONGO_PRIMARY, &m, &e));
	assert_false(mongo_find_one(m, &place, "{}", &doc, &e));
	assert_int_equal(e.code, MONGO_UNAUTHORIZED);
	assert_non_null(strstr(e.msg, "does not let anybody read "
	    "meeting.test_documents without a log-in"));
	mongo_close(m);
}

static void
an_account_without_the_right_is_named_with_the_role(void **state)
{
	struct mongo	*m = open_lab("mongo-monitor-url");
	struct err	 e;

	(void)state;
	assert_false(mongo_insert(m, &place, "{\"_id\":\"1\"}", &e));
	assert_int_equal(e.code, MONGO_UNAUTHORIZED);
	assert_non_null(strstr(e.msg, "user sametimeMonitor may not write "
	    "meeting.test_documents"));
	assert_non_null(strstr(e.hint, "role readWrite on database meeting"));
	mongo_close(m);
}

static void
tls_that_fails_says_why(void **state)
{
	AUTO_FREE char	*stranger = str_format("%s/tls/other-ca.pem",
	    lab_dir(&lab));
	AUTO_FREE char	*wrong_ca = lab_url(lab_ca_file(&lab), stranger);
	AUTO_FREE char	*no_file = lab_url(lab_ca_file(&lab), "/no/ca.pem");
	AUTO_FREE char	*tail = str_format("&tls=true&tlsCAFile=%s",
	    lab_ca_file(&lab));
	AUTO_FREE char	*plain = lab_url(tail, "");
	/* The same address by a name that is in no certificate. */
	AUTO_FREE char	*other = str_format(
	    "mongodb://127.1:%d/?tls=true&tlsCAFile=%s",
	    lab_fact_number(&lab, "mongo", "port"), lab_ca_file(&lab));

	(void)state;
	refused(wrong_ca, MONGO_BAD_TLS, "is not signed by a CA in ");
	refused(no_file, MONGO_BAD_TLS, "/no/ca.pem, which the MongoDB URL "
	    "names, cannot be read: No such file or directory");
	refused(plain, MONGO_BAD_TLS, "it speaks TLS, but the URL does not "
	    "say tls=true");
	refused(other, MONGO_BAD_TLS, "is for another name than 127.1");
}

static void
an_expired_certificate_is_told(void **state)
{
	struct mongo_peer	 p = mongo_peer_expired_tls();
	AUTO_FREE char	*url = str_format("mongodb://localhost:%d/"
	    "?tls=true&tlsCAFile=%s/cert.pem", p.port, p.dir);

	(void)state;
	refused(url, MONGO_BAD_TLS, "its TLS certificate has expired");
	mongo_peer_end(&p);
}

static void
a_client_certificate_logs_in(void **state)
{
	struct mongo	*root = open_lab("mongo-root-url"), *m;
	AUTO_FREE char	*url = str_format("mongodb://localhost:%d/"
	    "?replicaSet=rs0&tls=true&tlsCAFile=%s"
	    "&tlsCertificateKeyFile=%s/tls/client.pem"
	    "&authMechanism=MONGODB-X509", lab_fact_number(&lab, "mongo",
	    "port"), lab_ca_file(&lab), lab_dir(&lab));
	AUTO_JSON json_t *dropped = NULL, *reply = NULL;
	struct mongo_doc doc;
	struct err	 e;

	(void)state;
	did(mongo_command(root, "$external", "{\"dropUser\":\"" CERT_NAME
	    "\"}", "userAdmin", &dropped, &e), &e);
	refused(url, MONGO_AUTH_FAILED,
	    "knows no user for the client certificate");
	did(mongo_command(root, "$external", "{\"createUser\":\"" CERT_NAME
	    "\",\"roles\":[{\"role\":\"read\",\"db\":\"meeting\"}]}",
	    "userAdmin", &reply, &e), &e);
	if (!open_url(url, MONGO_PRIMARY, &m, &e))
		fail_msg("%s", e.msg);
	assert_true(mongo_find_one(m, &place, "{}", &doc, &e));
	mongo_doc_fini(&doc);
	mongo_close(m);
	mongo_close(root);
}

static void
another_set_than_the_url_says(void **state)
{
	AUTO_FREE char	*url = lab_url("replicaSet=rs0", "replicaSet=rs9");

	(void)state;
	refused(url, MONGO_NOT_SET, "belongs to the replica set rs0, but the "
	    "URL says replicaSet=rs9");
}

static void
a_standalone_server_works_and_is_told(void **state)
{
	struct mongo_peer	 p = mongo_peer_server(NULL);
	AUTO_FREE char	*url = str_format("mongodb://127.0.0.1:%d/", p.port);
	AUTO_FREE char	*set = str_format("%s?replicaSet=rs0", url);
	AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };
	struct mongo	*m;
	struct err	 e;

	(void)state;
	assert_true(open_url(url, MONGO_PRIMARY, &m, &e));
	assert_int_equal(mongo_kind(m), MONGO_STANDALONE);
	if (!mongo_insert(m, &place, "{\"_id\":\"1\"}", &e) ||
	    !mongo_find_one(m, &place, "{}", &doc, &e) ||
	    !mongo_delete(m, &place, doc.text, &e))
		fail_msg("%s", e.msg);
	mongo_close(m);
	refused(set, MONGO_NOT_SET, "is a standalone server, but the URL "
	    "says replicaSet=rs0");
	mongo_peer_end(&p);
}

static void
a_set_that_was_never_initiated(void **state)
{
	struct mongo_peer	 p = mongo_peer_server("rs0");
	AUTO_FREE char	*url = str_format("mongodb://127.0.0.1:%d/", p.port);
	AUTO_FREE char	*set = str_format("%s?replicaSet=rs0", url);

	(void)state;
	refused(url, MONGO_NOT_SET, "replica set that was never initiated");
	refused(set, MONGO_NOT_SET, "replica set that was never initiated");
	mongo_peer_end(&p);
}

static void
a_secondary_alone_takes_no_writes(void **state)
{
	struct mongo	*m = open_lab("mongo-monitor-url");
	AUTO_JSON json_t *reply = NULL;
	AUTO_FREE char	*url = NULL;
	struct err	 e;
	const json_t	*members, *one;
	size_t		 i;

	(void)state;
	assert_true(mongo_command(m, "admin", "{\"replSetGetStatus\":1}", "",
	    &reply, &e));
	mongo_close(m);
	members = json_object_get(reply, "members");
	json_array_foreach(members, i, one)
		if (json_int(one, "state", 0) == 2 && url == NULL)
			url = str_format("mongodb://%s/?tls=true&tlsCAFile=%s",
			    json_text(one, "name"), lab_ca_file(&lab));
	assert_non_null(url);
	refused(url, MONGO_NO_PRIMARY, "is not the primary of rs0, and the "
	    "URL names no other server");
}

/* ---- documents ---- */

static const struct action *
action_named(const char *name)
{
	size_t	 i;

	for (i = 0; i < mongo_service.action_count; i++)
		if (strcmp(mongo_service.actions[i].name, name) == 0)
			return &mongo_service.actions[i];
	fail_msg("no action %s", name);
	return NULL;
}

static enum probe
probe(struct ctx *ctx, const struct action *a, const json_t *args,
    const json_t *memo)
{
	AUTO_JSON json_t *seen = json_object();
	enum probe	 found;
	struct err	 e;

	if (!a->probe(ctx, args, memo, &found, seen, &e))
		fail_msg("%s: %s", a->name, e.msg);
	return found;
}

static bool
count_each(void *arg, struct mongo_doc *doc, struct err *e)
{
	(void)doc;
	(void)e;
	++*(size_t *)arg;
	return true;
}

static size_t
count(struct mongo *m, const char *filter)
{
	size_t		 n = 0;
	struct err	 e;

	did(mongo_find(m, &place, filter, count_each, &n, &e), &e);
	return n;
}

static void
an_insert_done_twice_is_one_document(void **state)
{
	const struct action *a = action_named("mongo.insert");
	struct ctx	 ctx = { .mongo = open_lab("mongo-user-url") };
	AUTO_JSON json_t *args = json_pack("{s:s,s:s,s:s,s:s}", "db",
	    place.db, "collection", place.collection, "document",
	    "{\"email\":\"twice@x\"}", "absent", "{\"email\":\"twice@x\"}");
	AUTO_JSON json_t *memo = json_object(), *none = json_object();
	struct err	 e;

	(void)state;
	assert_int_equal(probe(&ctx, a, args, memo), PROBE_TODO);
	did(a->prepare(&ctx, args, memo, &e), &e);
	assert_int_equal(strlen(json_text(memo, "id")), 24);
	assert_int_equal(probe(&ctx, a, args, memo), PROBE_TODO);
	did(a->act(&ctx, args, memo, &e), &e);
	did(a->act(&ctx, args, memo, &e), &e);
	assert_int_equal(probe(&ctx, a, args, memo), PROBE_DONE);
	assert_int_equal(count(ctx.mongo, "{\"email\":\"twice@x\"}"), 1);
	/* Another plan finds it there: the world is not as in its preview. */
	assert_int_equal(probe(&ctx, a, args, none), PROBE_CHANGED);
	did(a->undo(&ctx, args, memo, &e), &e);
	assert_int_equal(probe(&ctx, a, args, memo), PROBE_TODO);
	assert_int_equal(count(ctx.mongo, "{\"email\":\"twice@x\"}"), 0);
	mongo_forget(&ctx);
}

/* Every type that could lose something on its way through text. */
#define ODD_DOCUMENT \
	"{\"_id\":{\"$oid\":\"6560a1b2c3d4e5f600000001\"},\"z\":1," \
	"\"a\":{\"$numberLong\":\"1\"},\"d\":{\"$numberDouble\":\"0.1\"}," \
	"\"t\":{\"$date\":{\"$numberLong\":\"1700000000123\"}}," \
	"\"b\":{\"$binary\":{\"base64\":\"AAECAw==\",\"subType\":\"80\"}}," \
	"\"n\":null,\"u\":\"\\u00e4\\u0000x\",\"m\":{\"$numberDecimal\":" \
	"\"1.10\"},\"l\":[1,{\"$minKey\":1}],\"email\":\"odd@x\"}"

static void
read_one(struct mongo *m, const char *filter, struct mongo_doc *doc)
{
	struct err	 e;

	did(mongo_find_one(m, &place, filter, doc, &e), &e);
	assert_non_null(doc->text);
}

static void
a_deleted_document_comes_back_byte_for_byte(void **state)
{
	const struct action *a = action_named("mongo.delete");
	struct ctx	 ctx = { .mongo = open_lab("mongo-user-url") };
	AUTO_MONGO_DOC struct mongo_doc before = { .text = NULL };
	AUTO_MONGO_DOC struct mongo_doc after = { .text = NULL };
	AUTO_JSON json_t *args = NULL;
	struct err	 e;

	(void)state;
	did(mongo_insert(ctx.mongo, &place, ODD_DOCUMENT, &e), &e);
	read_one(ctx.mongo, "{\"email\":\"odd@x\"}", &before);
	args = json_pack("{s:s,s:s,s:s,s:s}", "db", place.db, "collection",
	    place.collection, "document", before.text, "sha256",
	    before.digest);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_TODO);
	did(a->act(&ctx, args, NULL, &e), &e);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_DONE);
	did(a->undo(&ctx, args, NULL, &e), &e);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_TODO);
	read_one(ctx.mongo, "{\"email\":\"odd@x\"}", &after);
	assert_string_equal(after.digest, before.digest);
	did(mongo_delete(ctx.mongo, &place, after.text, &e), &e);
	mongo_forget(&ctx);
}

static void
a_document_that_was_changed_is_not_deleted(void **state)
{
	const struct action *a = action_named("mongo.delete");
	struct ctx	 ctx = { .mongo = open_lab("mongo-user-url") };
	const char	*old = "{\"_id\":\"c\",\"email\":\"a@x\"}";
	const char	*new = "{\"_id\":\"c\",\"email\":\"A@x\"}";
	char		 digest[DIGEST_HEX_SIZE];
	AUTO_JSON json_t *args = NULL;
	struct err	 e;

	(void)state;
	did(mongo_text_digest(old, digest, &e), &e);
	args = json_pack("{s:s,s:s,s:s,s:s,s:s}", "db", place.db,
	    "collection", place.collection, "document", old, "sha256",
	    digest, "witness", "{\"_id\":\"w\"}");
	did(mongo_insert(ctx.mongo, &place, old, &e), &e);
	/* Who must remain is not there. */
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_CHANGED);
	did(mongo_insert(ctx.mongo, &place, "{\"_id\":\"w\"}", &e), &e);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_TODO);
	did(mongo_replace(ctx.mongo, &place, old, new, &e), &e);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_CHANGED);
	assert_false(a->act(&ctx, args, NULL, &e));
	assert_int_equal(e.domain, ERR_CHANGED);
	assert_int_equal(count(ctx.mongo, "{\"_id\":\"c\"}"), 1);
	did(mongo_delete(ctx.mongo, &place, new, &e), &e);
	did(mongo_delete(ctx.mongo, &place, "{\"_id\":\"w\"}", &e), &e);
	mongo_forget(&ctx);
}

static void
a_replaced_document_comes_back(void **state)
{
	const struct action *a = action_named("mongo.replace");
	struct ctx	 ctx = { .mongo = open_lab("mongo-user-url") };
	const char	*old = "{\"_id\":\"r\",\"email\":\"a@x\"}";
	const char	*new = "{\"_id\":\"r\",\"email\":\"A@x\"}";
	char		 was[DIGEST_HEX_SIZE], is[DIGEST_HEX_SIZE];
	AUTO_JSON json_t *args = NULL;
	struct err	 e;

	(void)state;
	did(mongo_text_digest(old, was, &e), &e);
	did(mongo_text_digest(new, is, &e), &e);
	args = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "db", place.db,
	    "collection", place.collection, "document", old, "sha256", was,
	    "after", new, "after_sha256", is);
	did(mongo_insert(ctx.mongo, &place, old, &e), &e);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_TODO);
	did(a->act(&ctx, args, NULL, &e), &e);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_DONE);
	did(a->undo(&ctx, args, NULL, &e), &e);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_TODO);
	did(mongo_delete(ctx.mongo, &place, old, &e), &e);
	assert_int_equal(probe(&ctx, a, args, NULL), PROBE_CHANGED);
	mongo_forget(&ctx);
}

/*
 * Kills two members of three.  First a write that no majority confirms, then,
 * when the primary has stepped down, that there is none.  Last: the set stays
 * broken.
 */
static void
without_a_majority_there_is_no_primary(void **state)
{
	struct mongo	*m = open_lab("mongo-user-url");
	struct mongo	*again;
	struct err	 e;
	int		 tries;
	pid_t		 primary = lab_mongod_pid(&lab, 0);

	(void)state;
	assert_true(primary > 0);
	assert_int_equal(kill(lab_mongod_pid(&lab, 1), SIGKILL), 0);
	assert_int_equal(kill(lab_mongod_pid(&lab, 2), SIGKILL), 0);
	assert_false(mongo_insert(m, &place, "{\"_id\":\"n\"}", &e));
	assert_int_equal(e.domain, ERR_MONGO);
	assert_true(e.retryable);
	mongo_close(m);
	for (tries = 0; tries < 60; tries++) {
		if (!open_url(lab_mongo_url(&lab), MONGO_PRIMARY, &again, &e))
			break;
		mongo_close(again);
		cancel_wait(NULL, 500);
	}
	refused(lab_mongo_url(&lab), MONGO_NO_PRIMARY,
	    "The replica set rs0 has no primary: ");
	assert_non_null(strstr(e.msg, ": secondary"));
	assert_non_null(strstr(e.msg, "refuses the connection"));
	/* Its state can still be read. */
	assert_true(open_url(lab_mongo_url(&lab), MONGO_ANY, &again, &e));
	mongo_close(again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_is_not_there),
		cmocka_unit_test(a_server_that_does_not_answer),
		cmocka_unit_test(a_url_that_is_not_encoded),
		cmocka_unit_test(a_wrong_password),
		cmocka_unit_test(both_scram_mechanisms_log_in),
		cmocka_unit_test(nobody_without_a_log_in),
		cmocka_unit_test(
		    an_account_without_the_right_is_named_with_the_role),
		cmocka_unit_test(tls_that_fails_says_why),
		cmocka_unit_test(an_expired_certificate_is_told),
		cmocka_unit_test(a_client_certificate_logs_in),
		cmocka_unit_test(another_set_than_the_url_says),
		cmocka_unit_test(a_standalone_server_works_and_is_told),
		cmocka_unit_test(a_set_that_was_never_initiated),
		cmocka_unit_test(a_secondary_alone_takes_no_writes),
		cmocka_unit_test(an_insert_done_twice_is_one_document),
		cmocka_unit_test(a_deleted_document_comes_back_byte_for_byte),
		cmocka_unit_test(a_document_that_was_changed_is_not_deleted),
		cmocka_unit_test(a_replaced_document_comes_back),
		cmocka_unit_test(without_a_majority_there_is_no_primary),
	};

	return cmocka_run_group_tests_name("MongoDB", tests, set_up,
	    tear_down);
}
