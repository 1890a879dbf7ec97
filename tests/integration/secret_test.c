/*
 * Known secrets are found nowhere but in their place: not in what is printed,
 * not in state folder, locks and syslog lines, not in the words and the
 * environment of what is started.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../lab/lab.h"
#include "run.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define CONFIG_SECRET	"C0nf-sentinel-77&<x"
#define TYPED_SECRET	"Typ3d-sentinel-88"
#define API_SECRET	"Ap1-sentinel-99"
#define FORMS_MAX	64
#define FILE_MAX	(64u << 20)

static struct lab	 lab = LAB_INIT;
static char		*state_dir, *bin_dir, *record;
/* Each secret in every dress in which it could leak. */
static char		*forms[FORMS_MAX];
static size_t		 forms_len;

/* ---- what is looked for */

static char *
percent(const char *s)
{
	AUTO_BUF struct buf b = BUF_INIT;

	for (; *s != '\0'; s++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
		    "wxyz0123456789-._~", *s) != NULL)
			buf_putc(&b, *s);
		else
			buf_printf(&b, "%%%02X", (unsigned char)*s);
	return buf_take(&b);
}

static char *
xml(const char *s)
{
	AUTO_BUF struct buf b = BUF_INIT;

	for (; *s != '\0'; s++)
		if (*s == '&')
			buf_puts(&b, "&amp;");
		else if (*s == '<')
			buf_puts(&b, "&lt;");
		else if (*s == '"')
			buf_puts(&b, "&quot;");
		else
			buf_putc(&b, *s);
	return buf_take(&b);
}

static char *
json_form(const char *s)
{
	AUTO_JSON json_t	*j = json_string(s);
	char			*text = json_dumps(j, JSON_ENCODE_ANY);
	size_t			 len = strlen(text);

	memmove(text, text + 1, len - 2);
	text[len - 2] = '\0';
	return text;
}

static void
look_for(const char *secret)
{
	assert_true(strlen(secret) >= 8);
	assert_true(forms_len + 4 < FORMS_MAX);
	forms[forms_len++] = strdup(secret);
	forms[forms_len++] = percent(secret);
	forms[forms_len++] = xml(secret);
	forms[forms_len++] = json_form(secret);
}

static void
assert_clean(const struct buf *b, const char *where)
{
	size_t i;

	for (i = 0; i < forms_len; i++)
		if (b->len > 0 && memmem(b->data, b->len, forms[i],
		    strlen(forms[i])) != NULL)
			fail_msg("a secret stands in %s", where);
}

/* ---- runs */

/* A call that may fail in its own way; what it prints is clean. */
static void
try(const char *input, int want, const char *const *words)
{
	const char	*argv[24] = { "--site", lab_site(&lab) };
	size_t		 i;

	for (i = 0; words[i] != NULL && i < 20; i++)
		argv[2 + i] = words[i];
	AUTO_RUN struct run_result r = run_json(state_dir, argv, input);

	assert_clean(&r.out, words[1]);
	assert_clean(&r.err, words[1]);
	if (want >= 0)
		run_assert_exit(&r, want);
}

/* The same for a person's eyes. */
static void
try_plain(const char *const *words)
{
	const char	*argv[24] = { "--state", state_dir, "--site",
			    lab_site(&lab) };
	size_t		 i;

	for (i = 0; words[i] != NULL && i < 18; i++)
		argv[4 + i] = words[i];
	AUTO_RUN struct run_result r = run_stconsole(argv, NULL);

	assert_clean(&r.out, words[0]);
	assert_clean(&r.err, words[0]);
}

#define TRY(want, ...) \
	try(NULL, (want), (const char *const []){ __VA_ARGS__, NULL })
#define TRY_INPUT(input, want, ...) \
	try((input), (want), (const char *const []){ __VA_ARGS__, NULL })
#define TRY_PLAIN(...) \
	try_plain((const char *const []){ __VA_ARGS__, NULL })

/* ---- what is started: this program under another name */

static const char *const tools[] = { "docker", "docker-compose", "podman",
	"podman-compose", "kubectl", "helm", "systemctl" };

static void
dump(FILE *to, const char *path)
{
	AUTO_CLOSE int	fd = open(path, O_RDONLY | O_CLOEXEC);
	char		piece[4096];
	ssize_t		n;

	while (fd >= 0 && (n = read(fd, piece, sizeof(piece))) > 0)
		fwrite(piece, 1, (size_t)n, to);
	fputc('\n', to);
}

/* Notes its words, environment and whether it may dump core; fails. */
static int
tool_main(void)
{
	FILE		*to = fopen(getenv("RECORD"), "a");
	struct rlimit	 core;

	if (to == NULL)
		return 1;
	dump(to, "/proc/self/cmdline");
	dump(to, "/proc/self/environ");
	if (getrlimit(RLIMIT_CORE, &core) == 0)
		fprintf(to, "core=%d\n", core.rlim_cur != 0);
	fclose(to);
	fprintf(stderr, "not here\n");
	return 1;
}

static void
tools_make(void)
{
	char	self[4096];
	ssize_t	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t	i;

	assert_true(n > 0);
	self[n] = '\0';
	bin_dir = run_state_new();
	record = str_format("%s/record", bin_dir);
	for (i = 0; i < LENGTH(tools); i++) {
		AUTO_FREE char *path = str_format("%s/%s", bin_dir,
		    tools[i]);

		assert_int_equal(symlink(self, path), 0);
	}
	AUTO_FREE char *path = str_format("%s:%s", bin_dir, getenv("PATH"));

	setenv("PATH", path, 1);
	setenv("RECORD", record, 1);
}

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (!lab_start(&lab, NULL, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	state_dir = run_state_new();
	tools_make();
	look_for(lab_secret_text(&lab, "ldap-bind"));
	look_for(lab_secret_text(&lab, "mongo-user"));
	look_for(lab_secret_text(&lab, "mongo-monitor"));
	look_for(CONFIG_SECRET);
	look_for(TYPED_SECRET);
	look_for(API_SECRET);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	while (forms_len > 0)
		free(forms[--forms_len]);
	run_state_end(state_dir);
	run_state_end(bin_dir);
	free(record);
	lab_stop(&lab);
	return 0;
}

/* ---- the walk through the state folder */

/* Snapshots hold what the site holds, secrets/ what was given to us. */
static bool
is_their_place(const char *path)
{
	const char *below = path + strlen(state_dir);

	return str_starts(below, "/secrets/") || (str_starts(below,
	    "/sites/") && strstr(below, "/objects/") != NULL);
}

static int
look_at(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	AUTO_BUF struct buf b = BUF_INIT;

	(void)ftw;
	assert_int_equal(st->st_mode & 077, 0);
	if (type != FTW_F || is_their_place(path))
		return 0;
	assert_true(file_read(AT_FDCWD, path, FILE_MAX, &b, NULL));
	assert_clean(&b, path);
	return 0;
}

static void
the_state_folder_is_clean(void)
{
	if (nftw(state_dir, look_at, 16, FTW_PHYS) != 0)
		fail_msg("cannot walk %s", state_dir);
}

/* ---- tests */

static void
reading_verbs_tell_no_secret(void **state)
{
	(void)state;
	TRY(0, "site", "show");
	TRY(0, "config", "get", "custom.env", "TURN_SECRET");
	TRY(-1, "config", "get", "StCommunityConfig.xml",
	    "LDAP/Connection[1]/@BindEntryPassword");
	TRY(0, "directory", "test");
	TRY(0, "directory", "search", "a");
	TRY(0, "mongo", "status");
	TRY(0, "admin", "list");
	TRY(0, "admin", "export");
	TRY(-1, "site", "services");
	TRY(-1, "site", "logs", "nginx");
	TRY(-1, "status", "--exit-code");
	TRY_PLAIN("site", "show");
	TRY_PLAIN("status");
	TRY_PLAIN("config", "get", "custom.env", "TURN_SECRET");
	the_state_folder_is_clean();
}

static void
given_secrets_reach_their_place_and_nothing_else(void **state)
{
	const char *url = lab_secret_text(&lab, "mongo-monitor-url");

	(void)state;
	TRY_INPUT(url, 0, "settings", "set", "mongo.admin_url",
	    "--value-file", "-", "--yes");
	TRY_INPUT("admin\n" API_SECRET "\n", 0, "settings", "set",
	    "admins.api_login", "--value-file", "-", "--yes");
	TRY(0, "mongo", "status");
	TRY(0, "settings", "list");
	/* Written, then the tool that would make it count fails. */
	TRY_INPUT(CONFIG_SECRET, -1, "config", "set", "custom.env",
	    "TURN_SECRET", "--value-file", "-", "--dry-run");
	TRY_INPUT(CONFIG_SECRET, -1, "config", "set", "custom.env",
	    "TURN_SECRET", "--value-file", "-", "--yes");
	TRY(-1, "config", "get", "custom.env", "TURN_SECRET");
	TRY(0, "snapshot", "take", "--yes");
	TRY(0, "settings", "unset", "admins.api_login", "--yes");
	TRY(0, "job", "list");
	TRY(0, "audit", "list");
	TRY_PLAIN("audit", "list");
	the_state_folder_is_clean();
}

/* Every job of the folder, shown and undone. */
static void
showing_and_undoing_jobs_tells_no_secret(void **state)
{
	static const char *const	 list[] = { "job", "list", NULL };
	AUTO_RUN struct run_result	 r = run_json(state_dir, list, NULL);
	const json_t			*job;
	size_t				 i;

	(void)state;
	json_array_foreach (json_object_get(json_object_get(r.json,
	    "result"), "jobs"), i, job) {
		TRY(0, "job", "show", json_text(job, "id"));
		TRY(-1, "job", "resume", json_text(job, "id"));
		TRY(-1, "job", "undo", json_text(job, "id"), "--dry-run");
		TRY(-1, "job", "undo", json_text(job, "id"), "--yes");
	}
	assert_true(i > 0);
	the_state_folder_is_clean();
}

/* What is typed where it must not be is not repeated, nor kept. */
static void
a_secret_on_the_command_line_is_refused_and_forgotten(void **state)
{
	(void)state;
	TRY(2, "settings", "set", "mongo.admin_url",
	    "mongodb://kim:" TYPED_SECRET "@db", "--yes");
	TRY(2, "config", "set", "custom.env", "TURN_SECRET", TYPED_SECRET,
	    "--yes");
	TRY(3, "--read-only", "settings", "set", "mongo.admin_url",
	    "mongodb://kim:" TYPED_SECRET "@db", "--yes");
	TRY(3, "--read-only", "config", "set", "custom.env", "TURN_SECRET",
	    TYPED_SECRET, "--yes");
	the_state_folder_is_clean();
}

/* Servers that say no are quoted, their questions' passwords are not. */
static void
failing_peers_tell_no_secret(void **state)
{
	(void)state;
	TRY_INPUT("mongodb://kim:" TYPED_SECRET "@127.0.0.1:1/?tls=true", -1,
	    "mongo", "status", "--admin-url-file", "-");
	TRY_INPUT("mongodb://kim:" TYPED_SECRET "@[bad", -1, "mongo",
	    "status", "--admin-url-file", "-");
	TRY_INPUT("nonsense " TYPED_SECRET, -1, "mongo", "status",
	    "--admin-url-file", "-");
	TRY_INPUT("admin\n" TYPED_SECRET "\n", -1, "admin", "list",
	    "--route", "api", "--api-login-file", "-");
	the_state_folder_is_clean();
}

static void
what_was_started_was_told_no_secret(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;

	(void)state;
	assert_true(file_read(AT_FDCWD, record, FILE_MAX, &b, NULL));
	assert_true(b.len > 0);
	assert_clean(&b, "the words or environment of a child");
	assert_null(memmem(b.data, b.len, "core=1", 6));
	assert_non_null(memmem(b.data, b.len, "core=0", 6));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_verbs_tell_no_secret),
		cmocka_unit_test(
		    given_secrets_reach_their_place_and_nothing_else),
		cmocka_unit_test(showing_and_undoing_jobs_tells_no_secret),
		cmocka_unit_test(
		    a_secret_on_the_command_line_is_refused_and_forgotten),
		cmocka_unit_test(failing_peers_tell_no_secret),
		cmocka_unit_test(what_was_started_was_told_no_secret)
	};
	const char	*name = strrchr(argv[0], '/');
	size_t		 i;

	(void)argc;
	name = name != NULL ? name + 1 : argv[0];
	for (i = 0; i < LENGTH(tools); i++)
		if (str_equal(name, tools[i]))
			return tool_main();
	return cmocka_run_group_tests_name("known secrets", tests, set_up,
	    tear_down);
}
