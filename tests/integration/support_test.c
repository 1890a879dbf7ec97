/*
 * support bundle as an administrator makes it: the list first, one file that
 * nobody else can read, and in no byte of it a secret that was planted in
 * files, settings, jobs, earlier states and logs.
 */
#include <dirent.h>
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
#include <zlib.h>

#include <cmocka.h>

#include "fake_program.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define BLOCK	512
#define SENT	"s3nt"		/* begins every secret that is planted */

struct world {
	char	 dir[64];
	char	*root, *state, *bin, *file, *path;
};

#define WORDS(...)	((const char *const[]){ __VA_ARGS__, NULL })

static void
put(const struct world *w, const char *path, const char *text)
{
	AUTO_FREE char	*full = str_format("%s/%s", w->root, path);
	AUTO_FREE char	*folder = strdup(full);

	*strrchr(folder, '/') = '\0';
	assert_true(file_make_dirs(folder, 0755, NULL));
	assert_true(file_write(AT_FDCWD, full, text, strlen(text), 0644,
	    NULL));
}

/* The engine is played by this program; what it logs is full of secrets. */
static void
engine_put(const struct world *w)
{
	static const char	 log[] = "login s3nt-turn-now ok\n"
	    "mongodb://app:s3nt-m%40ngo@127.0.0.1:1/x\n"
	    "decoded s3nt-m@ngo, json \"s3nt-\\\"quote\\\"\"\n"
	    "basic czNudC10dXJuLW5vdw==\n"
	    "was s3nt-turn-old, admin s3nt-admin-new and s3nt-admin-old\n"
	    "api_password=s3nt-in-log-only\n"
	    "bind cn=app with s3nt-ldap&bind as s3nt-ldap&amp;bind\n"
	    "nothing to hide here";
	AUTO_FREE char		*fake = str_format("%s/fake.json", w->dir);
	AUTO_FREE char		*calls = str_format("%s/calls", w->dir);
	AUTO_FREE char		*docker = str_format("%s/docker", w->bin);
	AUTO_JSON json_t	*j = json_pack("{s:s, s:s, s:i, s:[{s:s, s:s,"
	    " s:s, s:s, s:s}, {s:s, s:s, s:s, s:s, s:s}]}", "root", w->root,
	    "log", log, "n", 1, "containers", "id", "aaa", "name",
	    "sametime-community-1", "service", "community", "status",
	    "running", "started", "2026-11-24T09:00:00Z", "id", "bbb", "name",
	    "evil", "service", "../../evil", "status", "running", "started",
	    "2026-11-24T09:00:00Z");
	char			 self[4096];
	ssize_t			 n = readlink("/proc/self/exe", self,
	    sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	assert_int_equal(symlink(self, docker), 0);
	assert_int_equal(json_dump_file(j, fake, 0), 0);
	setenv("FAKE_STATE", fake, 1);
	setenv("FAKE_LOG", calls, 1);
	setenv("PATH", w->bin, 1);
}

static void
site_put(const struct world *w)
{
	put(w, "docker-compose.yml", "services:\n  community:\n"
	    "    image: st/chat-server:1\n    env_file: custom.env\n");
	put(w, ".env", "# PASSWORD=s3nt-comment\nX=1\n");
	put(w, "custom.env", "TURN_SECRET=s3nt-turn-old\n"
	    "MONGO_URL=mongodb://app:s3nt-m%40ngo@127.0.0.1:1/x\n");
	put(w, "own.yaml", "a:\n  password: 's3nt-\"quote\"'\n"
	    "  note: s3nt-turn-old again\n");
	put(w, "StCommunityConfig.xml", "<StCommunityConfig><LDAP>\n"
	    "<Connection SearchOrder=\"1\" HostName=\"127.0.0.1\" Port=\"1\"\n"
	    " BindEntryDn=\"cn=app\"\n"
	    " BindEntryPassword=\"s3nt-ldap&amp;bind\"/>\n"
	    "</LDAP></StCommunityConfig>\n");
	put(w, "broken.ini", "[a\npassword = s3nt-broken\n");
	put(w, "web/s3nt-turn-now.conf", "server {}\n");
	put(w, "web/keys/cert.key", "-----BEGIN PRIVATE KEY-----\n"
	    "s3ntkeybody\n-----END PRIVATE KEY-----\n");
	put(w, "web/stray.conf", "# s3ntkeybody\n");
	put(w, "web/a\033[2Jb.conf", "x\n");
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/stconsole-support-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->root = str_format("%s/sametime", w->dir);
	w->state = str_format("%s/state", w->dir);
	w->bin = str_format("%s/bin", w->dir);
	w->file = str_format("%s/bundle.tar.gz", w->dir);
	w->path = strdup(getenv("PATH"));
	assert_true(file_make_dirs(w->bin, 0755, NULL));
	site_put(w);
	engine_put(w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	setenv("PATH", w->path, 1);
	assert_true(file_remove_tree(w->dir, NULL));
	free(w->root);
	free(w->state);
	free(w->bin);
	free(w->file);
	free(w->path);
	free(w);
	return 0;
}

static void
call(const struct world *w, const char *input, const char *const *words)
{
	const char *argv[24] = { "--site", w->root, "--yes" };
	size_t	    i;

	for (i = 0; words[i] != NULL && i < 20; i++)
		argv[3 + i] = words[i];
	AUTO_RUN struct run_result r = run_json(w->state, argv, input);

	run_assert_exit(&r, 0);
}

/* Settings and files get one secret and then another. */
static void
history_make(const struct world *w)
{
	call(w, "mongodb://root:s3nt-admin-old@127.0.0.1:1", WORDS("settings",
	    "set", "mongo.admin_url", "--value-file", "-"));
	call(w, "mongodb://root:s3nt-admin-new@127.0.0.1:1", WORDS("settings",
	    "set", "mongo.admin_url", "--value-file", "-"));
	call(w, "clerk\ns3nt-api", WORDS("settings", "set",
	    "admins.api_login", "--value-file", "-"));
	call(w, "s3nt-turn-now", WORDS("config", "set", "custom.env",
	    "TURN_SECRET", "--value-file", "-"));
	call(w, NULL, WORDS("snapshot", "take", "--reason",
	    "s3nt-api and s3nt-turn-now"));
}

static struct run_result
bundle(const struct world *w, const char *how)
{
	return run_json(w->state, WORDS("--site", w->root, "support",
	    "bundle", w->file, how), NULL);
}

/* ---- the archive */

static void
unpack(const struct world *w, struct buf *out)
{
	gzFile	 f = gzopen(w->file, "rb");
	char	 piece[65536];
	int	 n;

	assert_non_null(f);
	while ((n = gzread(f, piece, sizeof(piece))) > 0)
		buf_add(out, piece, (size_t)n);
	assert_int_equal(n, 0);
	assert_int_equal(gzclose(f), Z_OK);
	assert_true(out->len > 2 * BLOCK && out->len % BLOCK == 0);
}

/* {NAME: TEXT} of a tar. */
static json_t *
entries(const struct buf *tar)
{
	json_t *all = json_object();
	size_t	at = 0, len;

	while (tar->data[at] != '\0') {
		char		 name[300];
		const char	*h = tar->data + at;

		assert_memory_equal(h + 257, "ustar", 6);
		snprintf(name, sizeof(name), "%.155s%s%.100s", h + 345,
		    h[345] != '\0' ? "/" : "", h);
		assert_true(str_starts(name, "stconsole-support/"));
		len = (size_t)strtoull(h + 124, NULL, 8);
		json_object_set_new(all, name + strlen("stconsole-support/"),
		    json_stringn_nocheck(h + BLOCK, len));
		at += BLOCK + (len + BLOCK - 1) / BLOCK * BLOCK;
	}
	return all;
}

static json_t *
contents(const struct world *w)
{
	AUTO_BUF struct buf tar = BUF_INIT;

	unpack(w, &tar);
	return entries(&tar);
}

static void
assert_entry(const json_t *all, const char *name, const char *has)
{
	const char *text = json_str(all, name);

	if (text == NULL)
		fail_msg("%s is not in the bundle", name);
	if (strstr(text, has) == NULL)
		fail_msg("%s does not have \"%s\":\n%s", name, has, text);
}

/* ---- tests */

static void
no_byte_of_a_bundle_is_a_secret(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = { 0 };
	AUTO_BUF struct buf	 tar = BUF_INIT;
	const char		*hit;

	history_make(w);
	r = bundle(w, "--yes");
	run_assert_exit(&r, 0);
	unpack(w, &tar);
	hit = memmem(tar.data, tar.len, SENT, strlen(SENT));
	if (hit != NULL)
		fail_msg("a secret is left: %.120s", hit);
	assert_null(memmem(tar.data, tar.len, "czNudC10dXJuLW5vdw", 18));
	assert_null(memmem(r.out.data, r.out.len, SENT, strlen(SENT)));
}

static void
a_bundle_holds_what_helps(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = { 0 };
	AUTO_JSON json_t	*all = NULL;

	history_make(w);
	r = bundle(w, "--yes");
	run_assert_exit(&r, 0);
	all = contents(w);
	assert_entry(all, "README.txt", "verbs/status.json");
	assert_entry(all, "host.txt", "stconsole: ");
	assert_entry(all, "verbs/status.json", "\"mark\"");
	assert_entry(all, "verbs/site.show.json", "chat-server");
	assert_entry(all, "verbs/job.list.json", "settings.set");
	assert_entry(all, "verbs/audit.list.json", "config set");
	assert_entry(all, "verbs/lock.list.json", "locks");
	assert_entry(all, "verbs/settings.list.json", "(set)");
	assert_entry(all, "verbs/mongo.status.json", "127.0.0.1");
	assert_entry(all, "site/docker-compose.yml", "st/chat-server:1");
	assert_entry(all, "site/custom.env", "TURN_SECRET=***");
	assert_entry(all, "logs/community.log", "nothing to hide here");
	assert_null(json_object_get(all, "site/web/keys/cert.key"));
	assert_non_null(strstr(json_text(all, "README.txt"),
	    "site/web/keys/cert.key  (left out: it holds keys)"));
}

static void
the_plan_lists_what_is_written_and_dry_writes_nothing(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result dry = { 0 }, r = { 0 };
	AUTO_JSON json_t	*all = NULL;
	const json_t		*plan, *step;
	const char		*name;
	json_t			*text;

	dry = bundle(w, "--dry-run");
	run_assert_exit(&dry, 0);
	assert_false(file_exists(AT_FDCWD, w->file));
	plan = json_object_get(dry.json, "plan");
	assert_int_equal(json_array_size(json_object_get(plan, "steps")), 1);
	step = json_array_get(json_object_get(plan, "steps"), 0);
	assert_non_null(strstr(json_text(step, "diff"),
	    "site/custom.env  lines masked: 2"));
	r = bundle(w, "--yes");
	run_assert_exit(&r, 0);
	assert_string_equal(json_text(json_object_get(r.json, "plan"),
	    "hash"), json_text(plan, "hash"));
	all = contents(w);
	json_object_foreach (all, name, text)
		if (strstr(json_text(step, "diff"), name) == NULL)
			fail_msg("%s was not listed", name);
}

/* Whoever unpacks it gets one folder, whatever names there were. */
static void
names_from_outside_lead_nowhere(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = bundle(w, "--yes");
	AUTO_JSON json_t	*all = NULL;
	const char		*name;
	json_t			*text;

	run_assert_exit(&r, 0);
	all = contents(w);
	json_object_foreach (all, name, text)
		if (strstr(name, "../") != NULL || strchr(name, '\033') != NULL)
			fail_msg("the name %s", name);
	assert_non_null(json_object_get(all, "site/web/a?[2Jb.conf"));
	assert_non_null(json_object_get(all, "logs/.._.._evil.log"));
}

static void
only_its_owner_can_read_it_and_nothing_else_is_left(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = bundle(w, "--yes");
	DIR			*dir = opendir(w->dir);
	const struct dirent	*d;
	struct stat		 st;

	run_assert_exit(&r, 0);
	assert_int_equal(stat(w->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	while ((d = readdir(dir)) != NULL)
		assert_false(str_starts(d->d_name, ".stconsole-"));
	closedir(dir);
}

static void
a_file_that_is_there_is_not_overwritten(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = { 0 };
	AUTO_BUF struct buf	 b = BUF_INIT;

	assert_true(file_write(AT_FDCWD, w->file, "mine", 4, 0644, NULL));
	r = bundle(w, "--yes");
	run_assert_exit(&r, 3);
	assert_true(file_read(AT_FDCWD, w->file, 100, &b, NULL));
	assert_string_equal(buf_str(&b), "mine");
}

static void
places_where_it_must_not_be_are_refused(void **state)
{
	struct world	*w = *state;
	AUTO_FREE char	*inside = str_format("%s/web/b.tar.gz", w->root);
	AUTO_RUN struct run_result in = run_json(w->state, WORDS("--site",
	    w->root, "support", "bundle", inside, "--yes"), NULL);
	AUTO_RUN struct run_result none = run_json(w->state, WORDS("--site",
	    w->root, "support", "bundle", "/no/such/folder/b", "--yes"),
	    NULL);
	AUTO_RUN struct run_result folder = run_json(w->state, WORDS("--site",
	    w->root, "support", "bundle", "/tmp/", "--yes"), NULL);

	run_assert_exit(&in, 3);
	assert_false(file_exists(AT_FDCWD, inside));
	run_assert_exit(&none, 1);
	run_assert_exit(&folder, 2);
}

static void
undo_takes_the_file_away(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = bundle(w, "--yes"), u = { 0 };

	run_assert_exit(&r, 0);
	u = run_json(w->state, WORDS("--yes", "job", "undo", json_text(
	    json_object_get(r.json, "job"), "id")), NULL);
	run_assert_exit(&u, 0);
	assert_false(file_exists(AT_FDCWD, w->file));
}

static void
a_host_without_a_deployment_gives_a_bundle_too(void **state)
{
	struct world		*w = *state;
	AUTO_RUN struct run_result r = run_json(w->state, WORDS("--site",
	    w->bin, "support", "bundle", w->file, "--yes"), NULL);
	AUTO_JSON json_t	*all = NULL;

	run_assert_exit(&r, 0);
	all = contents(w);
	assert_entry(all, "host.txt", "kernel: Linux");
	assert_entry(all, "verbs/site.show.json", "\"error\"");
}

#define SUPPORT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		SUPPORT_TEST(no_byte_of_a_bundle_is_a_secret),
		SUPPORT_TEST(a_bundle_holds_what_helps),
		SUPPORT_TEST(
		    the_plan_lists_what_is_written_and_dry_writes_nothing),
		SUPPORT_TEST(names_from_outside_lead_nowhere),
		SUPPORT_TEST(
		    only_its_owner_can_read_it_and_nothing_else_is_left),
		SUPPORT_TEST(a_file_that_is_there_is_not_overwritten),
		SUPPORT_TEST(places_where_it_must_not_be_are_refused),
		SUPPORT_TEST(undo_takes_the_file_away),
		SUPPORT_TEST(a_host_without_a_deployment_gives_a_bundle_too)
	};
	int code;

	if (fake_program_main(argc, argv, &code))
		return code;
	return cmocka_run_group_tests_name("support bundle", tests, NULL,
	    NULL);
}
