/*
 * Administrators from the command line, against a real MongoDB, a real
 * directory and the lab's HTTPS server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/lab.h"
#include "kill.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/str.h"

static const struct mongo_where place = { "meeting", "administrators" };

static struct lab	 lab = LAB_INIT;
static char		*state_dir;
static struct mongo	*root;

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

/* Waits for its turn: other programs of this machine have settings too. */
static void
setting(const char *name, const char *value)
{
	struct run_result r;
	int		 tries = 0;

	for (;;) {
		r = RUN(NULL, "settings", "set", name, value, "--yes");
		if (r.exit_code != 6 || ++tries == 50)
			break;
		run_result_fini(&r);
		cancel_wait(NULL, 100);
	}
	run_assert_exit(&r, 0);
	run_result_fini(&r);
}

static int
set_up(void **state)
{
	AUTO_SECRET struct secret *url = NULL;
	AUTO_FREE char	*api = NULL;
	struct err	 e;

	(void)state;
	if (!lab_start(&lab, NULL, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	state_dir = run_state_new();
	url = secret_new(lab_secret_text(&lab, "mongo-root-url"),
	    strlen(lab_secret_text(&lab, "mongo-root-url")), &e);
	if (!mongo_open_url(url, MONGO_PRIMARY, 5000, &root, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	api = str_format("%s%s", lab_api_url(&lab),
	    lab_fact_text(&lab, "api", "admin_path"));
	setting("admins.api_path", api);
	setting("http.ca_file", lab_ca_file(&lab));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	mongo_close(root);
	run_state_end(state_dir);
	lab_stop(&lab);
	return 0;
}

static void
did(bool ok, const struct err *e)
{
	if (!ok)
		fail_msg("%s", e->msg);
}

/* What the server says of all bytes of the collection. */
static char *
db_hash(void)
{
	AUTO_JSON json_t *reply = NULL;
	struct err	 e;

	did(mongo_command(root, "meeting", "{\"dbHash\":1,\"collections\":"
	    "[\"administrators\"]}", "root", &reply, &e), &e);
	return strdup(json_text(json_object_get(reply, "collections"),
	    "administrators"));
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
count(const char *filter)
{
	size_t		 n = 0;
	struct err	 e;

	did(mongo_find(root, &place, filter, count_each, &n, &e), &e);
	return n;
}

static const json_t *
admin_of(const struct run_result *r, const char *mail)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach(json_object_get(json_object_get(r->json,
	    "result"), "administrators"), i, one)
		if (strcmp(json_text(one, "email"), mail) == 0)
			return one;
	fail_msg("%s is not listed", mail);
	return NULL;
}

static const char *
job_of(const struct run_result *r)
{
	return json_text(json_object_get(r->json, "job"), "id");
}

static void
has(const struct buf *b, const char *words)
{
	if (strstr(buf_str(b), words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", buf_str(b), words);
}

static void
undo(const struct run_result *done)
{
	AUTO_RUN struct run_result r = RUN(NULL, "job", "undo", job_of(done),
	    "--yes");

	run_assert_exit(&r, 0);
}

static void
is_state(const struct run_result *r, const char *mail, const char *state,
    const char *problem)
{
	const json_t	*one = admin_of(r, mail), *problems;

	problems = json_object_get(one, "problems");
	assert_string_equal(json_text(one, "directory"), state);
	if (problem == NULL)
		assert_int_equal(json_array_size(problems), 0);
	else
		assert_string_equal(json_string_value(json_array_get(
		    problems, 0)), problem);
}

static void
the_list_says_what_the_directory_says(void **state)
{
	AUTO_RUN struct run_result r = RUN(NULL, "admin", "list");
	AUTO_RUN struct run_result f = RUN(NULL, "admin", "list", "--filter",
	    "KIM", "--sort", "name");
	AUTO_RUN struct run_result x = RUN(NULL, "admin", "export");
	const json_t	*kim;

	(void)state;
	run_assert_exit(&r, 0);
	kim = admin_of(&r, "kim.admin@corp.test");
	assert_string_equal(json_text(kim, "name"), "Kim Admin");
	assert_string_equal(json_text(kim, "dn"),
	    "uid=u00002,ou=people,dc=corp,dc=test");
	is_state(&r, "kim.admin@corp.test", "found", NULL);
	is_state(&r, "left.the.company@corp.test", "missing",
	    "nobody in the directory has this mail");
	is_state(&r, "twin@corp.test", "duplicate",
	    "2 entries of the directory have this mail");
	is_state(&r, "lee.case@corp.test", "found",
	    "same person as Lee.Case@Corp.test");
	is_state(&r, "Lee.Case@Corp.test", "found",
	    "same person as lee.case@corp.test");
	assert_int_equal(json_array_size(json_object_get(json_object_get(
	    f.json, "result"), "administrators")), 1);
	has(&x.out, "email,name,dn,directory,id,problems\\r\\n");
}

static void
an_export_is_the_bare_file(void **state)
{
	const char *const words[] = { "--state", state_dir, "--site",
	    lab_site(&lab), "admin", "export", NULL };
	AUTO_RUN struct run_result j = RUN(NULL, "admin", "export");
	AUTO_RUN struct run_result r = run_stconsole(words, NULL);

	(void)state;
	run_assert_exit(&r, 0);
	assert_true(str_starts(buf_str(&r.out),
	    "email,name,dn,directory,id,problems\r\n"));
	assert_string_equal(buf_str(&r.out), json_text(json_object_get(
	    j.json, "result"), "text"));
	assert_int_equal(r.err.len, 0);
}

static void
an_added_administrator_is_there_and_undo_leaves_no_trace(void **state)
{
	AUTO_FREE char	*before = db_hash(), *after = NULL;
	AUTO_RUN struct run_result r = RUN(NULL, "admin", "add",
	    "KIM@corp.test", "--yes");
	AUTO_RUN struct run_result again = RUN(NULL, "admin", "add",
	    "Kim@Corp.test", "--yes");

	(void)state;
	run_assert_exit(&r, 0);
	assert_true(json_flag(json_object_get(r.json, "job"), "verified"));
	assert_int_equal(count("{\"email\":\"kim@corp.test\"}"), 1);
	/* The _id is the text of an ObjectId, as facts 2.1 have it. */
	assert_int_equal(count("{\"email\":\"kim@corp.test\",\"_id\":"
	    "{\"$type\":\"string\",\"$regex\":\"^[0-9a-f]{24}$\"}}"), 1);
	run_assert_exit(&again, 0);
	assert_true(json_flag(json_object_get(again.json, "plan"), "empty"));
	undo(&r);
	after = db_hash();
	assert_string_equal(before, after);
}

static void
who_is_not_in_the_directory_is_refused_with_the_reason(void **state)
{
	AUTO_FREE char	*before = db_hash(), *after = NULL;
	AUTO_RUN struct run_result none = RUN(NULL, "admin", "add",
	    "nobody@corp.test", "kim@corp.test", "--yes");
	AUTO_RUN struct run_result locked = RUN(NULL, "admin", "add",
	    "alex.locked@corp.test", "--yes");

	(void)state;
	run_assert_exit(&none, 3);
	has(&none.out, "nobody@corp.test is not made an administrator: "
	    "nobody in the directory has this mail");
	run_assert_exit(&locked, 3);
	has(&locked.out, "the account is disabled in the directory");
	after = db_hash();
	assert_string_equal(before, after);
}

static void
an_import_says_what_becomes_of_each_line(void **state)
{
	static const char csv[] = "\xef\xbb\xbfname,Mail\r\n"
	    "\"Corp, Kim\",kim@corp.test\r\nx,nobody@corp.test\r\n"
	    "y,not a mail\r\nRobin,ROBIN.admin@corp.test\r\n"
	    "Chris,chris.helper@corp.test\r\nKim,Kim@corp.test\r\n";
	AUTO_FREE char	*before = db_hash(), *after = NULL;
	AUTO_RUN struct run_result all = RUN(csv, "admin", "import", "-",
	    "--yes");
	AUTO_RUN struct run_result some = RUN(csv, "admin", "import", "-",
	    "--skip-bad", "--yes");

	(void)state;
	run_assert_exit(&all, 3);
	has(&all.out, "line 2: kim@corp.test: added as kim@corp.test");
	has(&all.out, "line 3: nobody@corp.test: nobody in the directory");
	has(&all.out, "line 4: \\\"not a mail\\\" is no mail");
	has(&all.out, "line 5: ROBIN.admin@corp.test is an administrator");
	has(&all.out, "line 7: Kim@corp.test was named before");
	run_assert_exit(&some, 0);
	assert_int_equal(count("{\"email\":{\"$in\":[\"kim@corp.test\","
	    "\"chris.helper@corp.test\"]}}"), 2);
	undo(&some);
	after = db_hash();
	assert_string_equal(before, after);
}

static void
a_removed_administrator_comes_back_by_undo(void **state)
{
	AUTO_FREE char	*before = db_hash(), *after = NULL;
	AUTO_RUN struct run_result r = RUN(NULL, "admin", "remove",
	    "left.the.company@corp.test", "--yes");
	AUTO_RUN struct run_result none = RUN(NULL, "admin", "remove",
	    "nobody@corp.test", "--yes");
	AUTO_RUN struct run_result both = RUN(NULL, "admin", "remove",
	    "LEE.CASE@corp.test", "--yes");

	(void)state;
	run_assert_exit(&r, 0);
	has(&r.out, "can no longer open the admin pages");
	assert_int_equal(count(
	    "{\"email\":\"left.the.company@corp.test\"}"), 0);
	run_assert_exit(&none, 1);
	has(&none.out, "nobody@corp.test is not an administrator");
	run_assert_exit(&both, 1);
	has(&both.out, "in different case");
	undo(&r);
	after = db_hash();
	assert_string_equal(before, after);
}

/* No index keeps MongoDB from holding one mail twice. */
static void
a_removal_says_when_the_person_is_still_let_in(void **state)
{
	const char	*one = "{\"_id\":\"b1\",\"email\":\"kim@corp.test\"}";
	const char	*two = "{\"_id\":\"b2\",\"email\":\"kim@corp.test\"}";
	struct err	 e;

	(void)state;
	did(mongo_insert(root, &place, one, &e), &e);
	did(mongo_insert(root, &place, two, &e), &e);
	{
		AUTO_RUN struct run_result twin = RUN(NULL, "admin",
		    "remove", "kim@corp.test", "--dry-run");
		AUTO_RUN struct run_result spelled = RUN(NULL, "admin",
		    "remove", "Lee.Case@Corp.test", "--dry-run");
		AUTO_RUN struct run_result empty = RUN(NULL, "admin",
		    "remove", "", "--dry-run");

		run_assert_exit(&twin, 0);
		has(&twin.out, "kim@corp.test of the same person stays");
		assert_null(strstr(buf_str(&twin.out), "no longer"));
		run_assert_exit(&spelled, 0);
		has(&spelled.out, "lee.case@corp.test of the same person");
		run_assert_exit(&empty, 2);
	}
	did(mongo_delete(root, &place, one, &e), &e);
	did(mongo_delete(root, &place, two, &e), &e);
}

static void
you_are_not_removed_by_accident(void **state)
{
	struct run_result r;

	(void)state;
	setting("me.mail", "Kim.Admin@corp.test");
	r = RUN(NULL, "admin", "remove", "kim.admin@corp.test", "--yes");
	run_assert_exit(&r, 3);
	has(&r.out, "kim.admin@corp.test is you");
	run_result_fini(&r);
	r = RUN(NULL, "admin", "remove", "kim.admin@corp.test", "--even-me",
	    "--dry-run");
	run_assert_exit(&r, 0);
	run_result_fini(&r);
	setting("me.mail", "");
}

static void
repair_keeps_the_directorys_spelling(void **state)
{
	AUTO_FREE char	*before = db_hash(), *after = NULL;
	AUTO_RUN struct run_result r = RUN(NULL, "admin", "repair", "--yes");
	struct run_result again, orphans;

	(void)state;
	run_assert_exit(&r, 0);
	assert_int_equal(count("{\"email\":\"lee.case@corp.test\"}"), 1);
	assert_int_equal(count("{\"email\":\"Lee.Case@Corp.test\"}"), 0);
	assert_int_equal(count(
	    "{\"email\":\"left.the.company@corp.test\"}"), 1);
	again = RUN(NULL, "admin", "repair", "--yes");
	run_assert_exit(&again, 0);
	assert_true(json_flag(json_object_get(again.json, "plan"), "empty"));
	run_result_fini(&again);
	orphans = RUN(NULL, "admin", "repair", "--orphans", "--yes");
	run_assert_exit(&orphans, 0);
	assert_int_equal(count(
	    "{\"email\":\"left.the.company@corp.test\"}"), 0);
	undo(&orphans);
	undo(&r);
	run_result_fini(&orphans);
	after = db_hash();
	assert_string_equal(before, after);
}

static void
a_spelling_that_nobody_has_right_is_corrected(void **state)
{
	AUTO_FREE char	*before = db_hash(), *with = NULL, *after = NULL;
	const char	*one = "{\"_id\":\"a1\",\"email\":\"KIM@corp.test\","
			    "\"more\":{\"$numberLong\":\"7\"}}";
	const char	*two = "{\"_id\":\"a2\",\"email\":\"Kim@corp.test\"}";
	struct run_result r;
	struct err	 e;

	(void)state;
	did(mongo_insert(root, &place, one, &e), &e);
	did(mongo_insert(root, &place, two, &e), &e);
	with = db_hash();
	r = RUN(NULL, "admin", "repair", "--yes");
	run_assert_exit(&r, 0);
	assert_int_equal(count("{\"_id\":\"a1\",\"email\":\"kim@corp.test\","
	    "\"more\":7}"), 1);
	assert_int_equal(count("{\"_id\":\"a2\"}"), 0);
	undo(&r);
	run_result_fini(&r);
	after = db_hash();
	assert_string_equal(with, after);
	did(mongo_delete(root, &place, one, &e), &e);
	did(mongo_delete(root, &place, two, &e), &e);
	free(after);
	after = db_hash();
	assert_string_equal(before, after);
}

static bool
keep_each(void *arg, struct mongo_doc *doc, struct err *e)
{
	json_t	*kept = arg;

	(void)e;
	return json_array_append_new(kept, json_string(doc->text)) == 0;
}

/* Leaves only whom the filter names; what went is in gone. */
static void
leave_only(const char *others, json_t *gone)
{
	const json_t	*text;
	struct err	 e;
	size_t		 i;

	did(mongo_find(root, &place, others, keep_each, gone, &e), &e);
	json_array_foreach(gone, i, text)
		did(mongo_delete(root, &place, json_string_value(text), &e),
		    &e);
}

static void
the_last_one_is_never_removed(void **state)
{
	AUTO_FREE char	*before = db_hash(), *after = NULL;
	AUTO_JSON json_t *gone = json_array(), *more = json_array();
	struct run_result r;
	const json_t	*text;
	struct err	 e;
	size_t		 i;

	(void)state;
	leave_only("{\"email\":{\"$nin\":[\"kim.admin@corp.test\","
	    "\"left.the.company@corp.test\"]}}", gone);
	r = RUN(NULL, "admin", "remove", "kim.admin@corp.test", "--yes");
	run_assert_exit(&r, 3);
	has(&r.out, "the last administrator that the directory knows");
	run_result_fini(&r);
	leave_only("{\"email\":{\"$ne\":\"left.the.company@corp.test\"}}",
	    more);
	r = RUN(NULL, "admin", "remove", "left.the.company@corp.test",
	    "--yes");
	run_assert_exit(&r, 3);
	has(&r.out, "is the last administrator");
	run_result_fini(&r);
	r = RUN(NULL, "admin", "repair", "--orphans", "--yes");
	run_assert_exit(&r, 3);
	run_result_fini(&r);
	json_array_extend(gone, more);
	json_array_foreach(gone, i, text)
		did(mongo_insert(root, &place, json_string_value(text), &e),
		    &e);
	after = db_hash();
	assert_string_equal(before, after);
}

static void
what_changed_since_the_preview_is_not_done(void **state)
{
	AUTO_RUN struct run_result shown = RUN(NULL, "admin", "remove",
	    "robin.admin@corp.test", "--dry-run");
	AUTO_FREE char	*yes = str_format("--yes=%s", json_text(
	    json_object_get(shown.json, "plan"), "hash"));
	AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };
	AUTO_RUN struct run_result r = { .exit_code = 0 };
	AUTO_FREE char	*changed = NULL;
	struct err	 e;

	(void)state;
	run_assert_exit(&shown, 0);
	did(mongo_find_one(root, &place,
	    "{\"email\":\"robin.admin@corp.test\"}", &doc, &e), &e);
	changed = str_format("%.*s,\"note\":\"x\"}",
	    (int)(strrchr(doc.text, '}') - doc.text), doc.text);
	did(mongo_replace(root, &place, doc.text, changed, &e), &e);
	r = RUN(NULL, "admin", "remove", "robin.admin@corp.test", yes);
	run_assert_exit(&r, 4);
	did(mongo_replace(root, &place, changed, doc.text, &e), &e);
}

static void
forget_kim(void *arg)
{
	AUTO_MONGO_DOC struct mongo_doc doc = { .text = NULL };
	struct err	 e;

	(void)arg;
	did(mongo_find_one(root, &place, "{\"email\":\"kim@corp.test\"}",
	    &doc, &e), &e);
	if (doc.text != NULL)
		did(mongo_delete(root, &place, doc.text, &e), &e);
}

static const char	*add_kim[] = { "--site", NULL, "admin", "add",
			    "kim@corp.test", "--yes", NULL };

static void
check_kim(void *arg, const char *state, const struct run_result *r, bool hit)
{
	(void)arg;
	run_assert_exit(r, hit ? 137 : 0);
	assert_true(count("{\"email\":\"kim@corp.test\"}") <= 1);
	kill_recover(state, add_kim, NULL);
	assert_int_equal(count("{\"email\":\"kim@corp.test\"}"), 1);
}

static void
killed_anywhere_an_add_ends_as_one_document(void **state)
{
	struct kill_case c = { .what = "kill-before", .argv = add_kim,
	    .setup = forget_kim, .check = check_kim, .step = 8 };

	(void)state;
	add_kim[1] = lab_site(&lab);
	(void)kill_at_every_call(&c);
	forget_kim(NULL);
}

static void
the_second_account_knows_the_members(void **state)
{
	AUTO_RUN struct run_result blind = RUN(NULL, "mongo", "status");
	AUTO_RUN struct run_result r = RUN(lab_secret_text(&lab,
	    "mongo-monitor-url"), "mongo", "status", "--admin-url-file",
	    "-");
	const json_t	*status = json_object_get(blind.json, "result");

	(void)state;
	run_assert_exit(&blind, 0);
	assert_true(json_is_null(json_object_get(status, "members")));
	assert_string_equal(json_text(json_object_get(status, "unknown"),
	    "members"), "unknown: needs clusterMonitor");
	assert_string_equal(json_text(status, "fcv"), "6.0");
	assert_string_equal(json_text(status, "set"), "rs0");
	run_assert_exit(&r, 0);
	status = json_object_get(r.json, "result");
	assert_string_equal(json_text(json_array_get(json_object_get(status,
	    "members"), 0), "state"), "PRIMARY");
	assert_null(strstr(buf_str(&blind.out),
	    lab_secret_text(&lab, "mongo-user")));
}

/* ---- the Admin API ---- */

static char *
api_login(const char *password)
{
	return str_format("%s\n%s\n", lab_fact_text(&lab, "api", "user"),
	    password != NULL ? password : lab_secret_text(&lab, "api"));
}

static void
the_other_route_adds_and_removes_and_says_unverified(void **state)
{
	AUTO_FREE char	*login = api_login(NULL);
	AUTO_RUN struct run_result add = RUN(login, "admin", "add",
	    "kim@corp.test", "--route", "api", "--api-login-file", "-",
	    "--yes");
	AUTO_RUN struct run_result list = RUN(login, "admin", "list",
	    "--route", "api", "--api-login-file", "-");
	AUTO_RUN struct run_result gone = RUN(login, "admin", "remove",
	    "kim@corp.test", "--route", "api", "--api-login-file", "-",
	    "--yes");

	(void)state;
	run_assert_exit(&add, 0);
	has(&add.out, "Unverified: the paths of the Admin API");
	run_assert_exit(&list, 0);
	assert_true(json_flag(json_object_get(list.json, "result"),
	    "unverified"));
	is_state(&list, "kim@corp.test", "found", NULL);
	run_assert_exit(&gone, 0);
	assert_int_equal(count("{\"email\":\"kim@corp.test\"}"), 0);
}

static void
the_other_route_says_what_is_missing(void **state)
{
	AUTO_FREE char	*login = api_login("wrong");
	AUTO_FREE char	*right = api_login(NULL);
	AUTO_FREE char	*path = str_format("%s/elsewhere",
	    lab_api_url(&lab));
	AUTO_FREE char	*back = str_format("%s%s", lab_api_url(&lab),
	    lab_fact_text(&lab, "api", "admin_path"));
	AUTO_RUN struct run_result none = RUN(NULL, "admin", "list",
	    "--route", "api");
	AUTO_RUN struct run_result half = RUN("lee", "admin", "list",
	    "--route", "api", "--api-login-file", "-");
	AUTO_RUN struct run_result wrong = RUN(login, "admin", "list",
	    "--route", "api", "--api-login-file", "-");
	struct run_result r;

	(void)state;
	run_assert_exit(&none, 1);
	has(&none.out, "The Admin API needs a user and a password");
	run_assert_exit(&half, 1);
	has(&half.out, "The Admin API needs a user and a password");
	run_assert_exit(&wrong, 1);
	has(&wrong.out, "refuses the log-in of");
	setting("admins.api_path", path);
	r = RUN(right, "admin", "list", "--route", "api",
	    "--api-login-file", "-");
	run_assert_exit(&r, 1);
	has(&r.out, "/elsewhere with status 404");
	run_result_fini(&r);
	setting("admins.api_path", back);
	setting("http.ca_file", "");
	r = RUN(right, "admin", "list", "--route", "api",
	    "--api-login-file", "-");
	run_assert_exit(&r, 1);
	has(&r.out, "is not trusted");
	run_result_fini(&r);
	setting("http.ca_file", lab_ca_file(&lab));
}

/* A second server, where nothing listens; returns the file as it was. */
static char *
second_server(void)
{
	AUTO_FREE char	*path = str_format("%s/StCommunityConfig.xml",
	    lab_site(&lab));
	AUTO_BUF struct buf was = BUF_INIT;
	AUTO_FREE char	*more = NULL;
	const char	*end;
	struct err	 e;

	did(file_read(AT_FDCWD, path, 1 << 20, &was, &e), &e);
	end = strstr(buf_str(&was), "</LDAP>");
	assert_non_null(end);
	more = str_format("%.*s<Connection HostName=\"127.0.0.1\" Port=\"1\""
	    " PersonResolveBase=\"o=other\"/>%s",
	    (int)(end - buf_str(&was)), buf_str(&was), end);
	did(file_write(AT_FDCWD, path, more, strlen(more), 0600, &e), &e);
	return strdup(buf_str(&was));
}

static void
with_one_of_two_servers_silent_nobody_is_called_missing(void **state)
{
	AUTO_FREE char	*path = str_format("%s/StCommunityConfig.xml",
	    lab_site(&lab));
	AUTO_FREE char	*was = second_server();
	AUTO_RUN struct run_result list = RUN(NULL, "admin", "list");
	AUTO_RUN struct run_result add = RUN(NULL, "admin", "add",
	    "nobody@corp.test", "--yes");
	AUTO_RUN struct run_result kim = RUN(NULL, "admin", "add",
	    "kim@corp.test", "--dry-run");
	AUTO_RUN struct run_result repair = RUN(NULL, "admin", "repair",
	    "--orphans", "--dry-run");
	struct err	 e;

	(void)state;
	did(file_write(AT_FDCWD, path, was, strlen(was), 0600, &e), &e);
	run_assert_exit(&list, 0);
	is_state(&list, "kim.admin@corp.test", "found", NULL);
	assert_string_equal(json_text(admin_of(&list,
	    "left.the.company@corp.test"), "directory"), "unknown");
	has(&list.out, "could not be asked: ");
	run_assert_exit(&add, 3);
	has(&add.out, "nobody@corp.test is not made an administrator: ");
	has(&add.out, "127.0.0.1:1");
	run_assert_exit(&kim, 0);
	has(&kim.out, "127.0.0.1:1");
	run_assert_exit(&repair, 0);
	has(&repair.out, "lee.case@corp.test is kept");
	has(&repair.out, "could not be asked: ");
	assert_null(strstr(buf_str(&repair.out), "left.the.company"));
}

/* Last: the directory does not come back. */
static void
without_the_directory_the_list_is_unknown_and_nothing_is_added(void **state)
{
	struct run_result r;

	(void)state;
	assert_int_equal(kill(lab_slapd_pid(&lab), SIGKILL), 0);
	r = RUN(NULL, "admin", "list");
	run_assert_exit(&r, 0);
	assert_string_equal(json_text(admin_of(&r, "kim.admin@corp.test"),
	    "directory"), "unknown");
	has(&r.out, "the directory could not be asked: ");
	run_result_fini(&r);
	r = RUN(NULL, "admin", "add", "kim@corp.test", "--yes");
	run_assert_exit(&r, 1);
	run_result_fini(&r);
	r = RUN(NULL, "admin", "repair", "--yes");
	run_assert_exit(&r, 1);
	has(&r.out, "Without the directory nothing is repaired");
	run_result_fini(&r);
	assert_int_equal(count("{\"email\":\"kim@corp.test\"}"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_says_what_the_directory_says),
		cmocka_unit_test(an_export_is_the_bare_file),
		cmocka_unit_test(
		    an_added_administrator_is_there_and_undo_leaves_no_trace),
		cmocka_unit_test(
		    who_is_not_in_the_directory_is_refused_with_the_reason),
		cmocka_unit_test(an_import_says_what_becomes_of_each_line),
		cmocka_unit_test(a_removed_administrator_comes_back_by_undo),
		cmocka_unit_test(
		    a_removal_says_when_the_person_is_still_let_in),
		cmocka_unit_test(you_are_not_removed_by_accident),
		cmocka_unit_test(repair_keeps_the_directorys_spelling),
		cmocka_unit_test(
		    a_spelling_that_nobody_has_right_is_corrected),
		cmocka_unit_test(the_last_one_is_never_removed),
		cmocka_unit_test(what_changed_since_the_preview_is_not_done),
		cmocka_unit_test(killed_anywhere_an_add_ends_as_one_document),
		cmocka_unit_test(the_second_account_knows_the_members),
		cmocka_unit_test(
		    the_other_route_adds_and_removes_and_says_unverified),
		cmocka_unit_test(the_other_route_says_what_is_missing),
		cmocka_unit_test(
		    with_one_of_two_servers_silent_nobody_is_called_missing),
		cmocka_unit_test(
    without_the_directory_the_list_is_unknown_and_nothing_is_added),
	};

	return cmocka_run_group_tests_name("administrators", tests, set_up,
	    tear_down);
}
