/*
 * Dumps in the official format: those of mongodump 100.18 are restored into
 * real servers, ours come back as they were, those that are broken or want to
 * leave their folder are refused before anything is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kill.h"
#include "mongo_lab.h"
#include "run.h"
#include "stconsole/buf.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#define FIXTURES	"tests/integration/fixtures/mongodump-100.18"
#define DIGEST		65

static struct mongo_lab	 lab;
static char		*url, *here;

static int
set_up(void **state)
{
	const struct mongo_lab_spec spec = { .version = "6.0", .members = 1 };

	(void)state;
	if (!mongo_lab_has("6.0"))
		return 0;
	mongo_lab_start(&lab, &spec);
	url = mongo_lab_url(&lab, "labRoot");
	here = getcwd(NULL, 0);
	return url != NULL && here != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	free(url);
	free(here);
	if (lab.count > 0)
		mongo_lab_end(&lab);
	return 0;
}

/* The words of a restore that may drop all five. */
static struct run_result
restore(const char *from)
{
	const char	*argv[] = { "--site", lab.site, "mongo", "restore",
	    "--from", from, "--drop", "meeting", "--drop", "chatlogging",
	    "--drop", "privacy", "--drop", "userinfo", "--drop",
	    "mobileOffline", "--yes", NULL };

	return run_json(lab.state, argv, NULL);
}

static void
restored(const char *name, char digest[DIGEST])
{
	AUTO_FREE char		   *from = str_format("%s/" FIXTURES "/%s",
	    here, name);
	AUTO_RUN struct run_result  r = restore(from);

	run_assert_exit(&r, 0);
	mongo_lab_digest(url, digest);
}

static void
dump_to(const char *dir, const char *gzip)
{
	const char	*argv[] = { "--site", lab.site, "mongo", "dump",
	    "--out", dir, "--yes", gzip, NULL };
	AUTO_RUN struct run_result r = run_json(lab.state, argv, NULL);

	run_assert_exit(&r, 0);
}

/* Raw, compressed and as an archive it is the same content. */
static void
official_dumps_of_44_and_60_are_restored(void **state)
{
	static const char *const names[] = { "4.4", "6.0" };
	char	 raw[DIGEST], gzip[DIGEST], archive[DIGEST], again[DIGEST];
	size_t	 i;

	(void)state;
	if (lab.count == 0)
		skip();
	for (i = 0; i < LENGTH(names); i++) {
		AUTO_FREE char	*packed = str_format("%s-gzip", names[i]);
		AUTO_FREE char	*one = str_format("%s-meeting.archive",
		    names[i]);

		restored(names[i], raw);
		restored(packed, gzip);
		assert_string_equal(raw, gzip);
		/* The archive holds meeting only: the rest stays. */
		restored(one, archive);
		assert_string_equal(raw, archive);
	}
	restored("4.4", again);
	assert_string_not_equal(raw, again);
}

static void
our_dump_comes_back_as_it_was(void **state)
{
	static const char *const ways[] = { NULL, "--gzip" };
	char	 before[DIGEST], after[DIGEST];
	size_t	 i;

	(void)state;
	if (lab.count == 0)
		skip();
	for (i = 0; i < LENGTH(ways); i++) {
		AUTO_FREE char *dir = str_format("%s/ours%zu", lab.dir, i);

		restored("6.0", before);
		dump_to(dir, ways[i]);
		restored("4.4", after);
		assert_string_not_equal(before, after);
		{
			AUTO_RUN struct run_result r = restore(dir);

			run_assert_exit(&r, 0);
		}
		mongo_lab_digest(url, after);
		assert_string_equal(before, after);
	}
}

static void
without_drop_nothing_that_is_there_is_touched(void **state)
{
	AUTO_FREE char	*from = str_format("%s/" FIXTURES "/4.4", here);
	const char	*argv[] = { "--site", lab.site, "mongo", "restore",
	    "--from", from, "--yes", NULL };
	char		 before[DIGEST], after[DIGEST];

	(void)state;
	if (lab.count == 0)
		skip();
	restored("6.0", before);
	{
		AUTO_RUN struct run_result r = run_json(lab.state, argv,
		    NULL);

		run_assert_exit(&r, 3);
	}
	mongo_lab_digest(url, after);
	assert_string_equal(before, after);
}

/* ---- what is broken */

struct broken {
	const char	*name;		/* of the file in meeting/ */
	const char	*bytes;
	size_t		 len;
};

/* {"_id":1} in BSON, whole. */
#define DOC	"\x0e\0\0\0\x10_id\0\x01\0\0\0\0"

static const struct broken broken[] = {
	{ "cut.bson", DOC "\x0e\0\0\0\x10_i", 22 },
	{ "short.bson", "\x04\0\0\0", 4 },
	{ "negative.bson", "\xff\xff\xff\xff\x10_id\0\x01\0\0\0\0", 14 },
	{ "huge.bson", "\xff\xff\xff\x7f\x10_id\0\x01\0\0\0\0", 14 },
	{ "unended.bson", "\x0e\0\0\0\x10_id\0\x01\0\0\0\x01", 14 },
	{ "empty.bson.gz", "", 0 },
	{ "cut.bson.gz", "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10 },
};

static void
file_put(const char *dir, const char *name, const void *bytes, size_t len)
{
	AUTO_FREE char	*path = str_format("%s/%s", dir, name);
	struct err	 e;

	assert_true(file_write(AT_FDCWD, path, bytes, len, 0600, &e));
}

/* A dump of one collection, with the metadata that belongs to it. */
static char *
dump_of_one(const char *at, const char *name)
{
	char		*dir = str_format("%s/%s", lab.dir, at);
	AUTO_FREE char	*db = str_format("%s/meeting", dir);
	AUTO_FREE char	*stem = strndup(name, strcspn(name, "."));
	AUTO_FREE char	*meta = str_format("{\"indexes\":[{\"v\":{"
	    "\"$numberInt\":\"2\"},\"key\":{\"_id\":{\"$numberInt\":\"1\"}},"
	    "\"name\":\"_id_\"}],\"uuid\":\"0123456789abcdef0123456789abcdef"
	    "\",\"collectionName\":\"%s\",\"type\":\"collection\"}", stem);
	AUTO_FREE char	*file = str_format("%s.metadata.json", stem);
	struct err	 e;

	assert_true(file_make_dirs(db, 0700, &e));
	file_put(db, file, meta, strlen(meta));
	return dir;
}

static void
a_broken_dump_is_refused_before_anything_is_written(void **state)
{
	char	 before[DIGEST], after[DIGEST];
	size_t	 i;

	(void)state;
	if (lab.count == 0)
		skip();
	restored("4.4", before);
	for (i = 0; i < LENGTH(broken); i++) {
		AUTO_FREE char	*at = str_format("broken%zu", i);
		AUTO_FREE char	*dir = dump_of_one(at, broken[i].name);
		AUTO_FREE char	*db = str_format("%s/meeting", dir);
		AUTO_RUN struct run_result r = { .exit_code = -1 };

		file_put(db, broken[i].name, broken[i].bytes, broken[i].len);
		r = restore(dir);
		if (r.exit_code == 0)
			fail_msg("%s was taken", broken[i].name);
		mongo_lab_digest(url, after);
		assert_string_equal(before, after);
	}
}

static void
a_file_that_leads_out_of_the_dump_is_not_followed(void **state)
{
	char	 before[DIGEST], after[DIGEST];
	AUTO_FREE char	*dir = NULL, *link = NULL, *secret = NULL;
	AUTO_RUN struct run_result r = { .exit_code = -1 };

	(void)state;
	if (lab.count == 0)
		skip();
	restored("4.4", before);
	dir = dump_of_one("outside", "out.bson");
	link = str_format("%s/meeting/out.bson", dir);
	secret = str_format("%s/secret.bson", lab.dir);
	file_put(lab.dir, "secret.bson", DOC, 14);
	assert_int_equal(symlink(secret, link), 0);
	r = restore(dir);
	assert_int_not_equal(r.exit_code, 0);
	mongo_lab_digest(url, after);
	assert_string_equal(before, after);
}

/* ---- the official tools, where they are */

static void
tool_run(const char *const *argv)
{
	AUTO_PROC_RESULT struct proc_result r = { .exit_code = -1 };
	const struct proc_spec	 spec = { .argv = argv,
		.timeout_ms = 120000 };
	struct err		 e;

	if (!proc_run_ok(&spec, &r, &e))
		fail_msg("%s", e.msg);
}

static void
the_official_tools_read_ours_and_we_read_theirs(void **state)
{
	AUTO_FREE char	*ours = NULL, *theirs = NULL, *uri = NULL;
	char		 before[DIGEST], after[DIGEST];

	(void)state;
	if (lab.count == 0 || !proc_exists("mongodump") ||
	    !proc_exists("mongorestore")) {
		print_message("# optional: mongodump and mongorestore are "
		    "not here\n");
		skip();
	}
	ours = str_format("%s/for-them", lab.dir);
	theirs = str_format("%s/from-them", lab.dir);
	uri = str_format("--uri=%s", url);
	restored("6.0", before);
	dump_to(ours, "--gzip");
	{
		const char *words[] = { "mongodump", "--quiet", uri, "--db",
		    "meeting", "--out", theirs, NULL };
		const char *back[] = { "mongorestore", "--quiet", uri,
		    "--gzip", "--drop", ours, NULL };

		tool_run(words);
		restored("4.4", after);
		tool_run(back);
		mongo_lab_digest(url, after);
		assert_string_equal(before, after);
	}
	{
		AUTO_RUN struct run_result r = restore(theirs);

		run_assert_exit(&r, 0);
	}
	mongo_lab_digest(url, after);
	assert_string_equal(before, after);
}

/* ---- kills and full disks */

static char	*kill_dir;
static const char *kill_argv[] = { "--site", NULL, "mongo", "dump", "--out",
    NULL, "--gzip", "--yes", NULL };

static void
no_dump_yet(void *arg)
{
	struct err	 e;

	(void)arg;
	assert_true(file_remove_tree(kill_dir, &e));
}

/* Whatever befell it: gone on with, it holds what the server holds. */
static void
dump_is_whole(void *arg, const char *state)
{
	char	 after[DIGEST];

	kill_recover(state, kill_argv, NULL);
	{
		AUTO_RUN struct run_result r = restore(kill_dir);

		run_assert_exit(&r, 0);
	}
	mongo_lab_digest(url, after);
	assert_string_equal(after, arg);
}

static void
dump_meets(const char *what, int step)
{
	char	 before[DIGEST];
	struct kill_case c = { .what = what, .argv = kill_argv,
		.arg = before, .setup = no_dump_yet,
		.ends_well = dump_is_whole, .step = step };

	if (lab.count == 0)
		skip();
	restored("4.4", before);
	free(kill_dir);
	kill_dir = str_format("%s/killed", lab.dir);
	kill_argv[1] = lab.site;
	kill_argv[5] = kill_dir;
	(void)kill_at_every_call(&c);
}

static void
killed_before_a_call_the_dump_is_gone_on_with(void **state)
{
	(void)state;
	dump_meets("kill-before", 59);
}

static void
on_a_full_disk_no_half_file_is_called_whole(void **state)
{
	(void)state;
	dump_meets("enospc", 83);
	free(kill_dir);
	kill_dir = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(official_dumps_of_44_and_60_are_restored),
		cmocka_unit_test(our_dump_comes_back_as_it_was),
		cmocka_unit_test(
		    without_drop_nothing_that_is_there_is_touched),
		cmocka_unit_test(
		    a_broken_dump_is_refused_before_anything_is_written),
		cmocka_unit_test(
		    a_file_that_leads_out_of_the_dump_is_not_followed),
		cmocka_unit_test(
		    the_official_tools_read_ours_and_we_read_theirs),
		cmocka_unit_test(
		    killed_before_a_call_the_dump_is_gone_on_with),
		cmocka_unit_test(on_a_full_disk_no_half_file_is_called_whole),
	};

	return cmocka_run_group_tests_name("MongoDB dump", tests, set_up,
	    tear_down);
}
