/*
 * Toy verbs: they read and write one file that is named by a value, or end
 * in the way that a test wants to see.
 */
#include "cli_toy.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "stconsole/action.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/secret.h"
#include "stconsole/str.h"

#define WORDS_MAX	32

/* --- reading ---------------------------------------------------------- */

static bool
echo_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	const struct secret *s = ctx_secret(ctx, "password_file");

	*result = json_pack("{s:O, s:I}", "params", params, "secret_bytes",
	    (json_int_t)(s != NULL ? secret_len(s) : 0));
	return *result != NULL ? true : err_nomem(e);
}

static bool
list_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)ctx;
	(void)params;
	*result = json_pack("{s:s, s:[{s:s, s:i}, {s:s, s:n}]}", "when",
	    "now", "toys", "name", "bear", "age", 7, "name",
	    "caf\xc3\xa9\x1b[31m", "age");
	return *result != NULL ? true : err_nomem(e);
}

/* "test" says that what was tested fails; "exit_code" what to exit with. */
static bool
check_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	if (str_equal(json_str(params, "how"), "error"))
		return err_set(e, ERR_LDAP, 49, "The toy has no key");
	if (str_equal(json_str(params, "how"), "interrupt")) {
		raise(SIGINT);
		return cancel_check(ctx->cancel, e);
	}
	*result = json_pack("{s:b, s:i}", "ok",
	    !str_equal(json_str(params, "how"), "fail"), "exit_code", 2);
	return *result != NULL ? true : err_nomem(e);
}

static bool
follow_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)params;
	*result = json_pack("{s:[]}", "lines");
	if (ctx->on_line != NULL)
		ctx->on_line(ctx->on_line_arg, "one \x1b[31m line");
	else
		json_array_append_new(json_object_get(*result, "lines"),
		    json_string("one"));
	return *result != NULL ? true : err_nomem(e);
}

static bool
poke_direct(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	(void)ctx;
	(void)params;
	*result = json_pack("{s:s}", "poked", "yes");
	return *result != NULL ? true : err_nomem(e);
}

/* --- changing --------------------------------------------------------- */

static bool
write_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_BUF struct buf now = BUF_INIT;

	(void)ctx;
	(void)memo;
	(void)seen;
	*found = PROBE_TODO;
	if (file_exists(AT_FDCWD, json_text(args, "file")) &&
	    !file_read(AT_FDCWD, json_text(args, "file"), 4096, &now, e))
		return false;
	if (str_equal(buf_str(&now), json_text(args, "text")))
		*found = PROBE_DONE;
	return true;
}

static bool
write_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const char *text = json_text(args, "text");

	(void)ctx;
	(void)memo;
	return file_write(AT_FDCWD, json_text(args, "file"), text,
	    strlen(text), 0600, e);
}

static bool
write_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)memo;
	return file_remove(AT_FDCWD, json_text(args, "file"), e);
}

static bool
never_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	(void)seen;
	(void)e;
	*found = PROBE_TODO;
	return true;
}

/* The second look fails: done, but who knows. */
static bool
unsure_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	if (file_exists(AT_FDCWD, json_text(args, "file")))
		return err_set(e, ERR_SYS, 0, "The toy cannot be seen");
	return never_probe(ctx, args, memo, found, seen, e);
}

static bool
fail_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)ctx;
	(void)args;
	(void)memo;
	return err_set(e, ERR_SYS, 5, "The toy broke");
}

/* The terminal goes in the middle of the step. */
static bool
stop_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	(void)args;
	(void)memo;
	raise(SIGHUP);
	return cancel_check(ctx->cancel, e);
}

static const struct action toy_actions[] = {
	{ .name = "toy.write", .kind = STEP_WRITE, .probe = write_probe,
	  .act = write_act, .undo = write_undo },
	{ .name = "toy.fail", .kind = STEP_CALL, .probe = never_probe,
	  .act = fail_act },
	{ .name = "toy.unsure", .kind = STEP_CALL, .probe = unsure_probe,
	  .act = write_act },
	{ .name = "toy.stop", .kind = STEP_CALL, .probe = never_probe,
	  .act = stop_act },
	{ .name = "toy.hand", .kind = STEP_MANUAL, .probe = never_probe },
};

static bool
set_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const char	*how = json_text(params, "how");
	struct step_spec spec = {
		.action = str_equal(how, "fail") ? "toy.fail" :
		    str_equal(how, "unsure") ? "toy.unsure" :
		    str_equal(how, "hand") ? "toy.hand" :
		    str_equal(how, "stop") ? "toy.stop" : "toy.write",
		.args = json_pack("{s:s, s:s}", "file",
		    json_text(params, "file"), "text",
		    json_text(params, "text")),
		.risk = RISK_ACCESS, .undo = "remove the file",
		.diff = "--- old\n+++ new\n@@ -0,0 +1 @@\n+text\n"
	};
	enum probe	 found;

	if (str_equal(how, "block")) {
		json_decref(spec.args);
		return plan_block(plan, "Ask the owner", e,
		    "This toy is somebody else's");
	}
	if (!write_probe(ctx, spec.args, NULL, &found, NULL, e) ||
	    found == PROBE_DONE) {
		json_decref(spec.args);
		return found == PROBE_DONE;
	}
	return plan_lock_add(plan, "toy:box", e) &&
	    plan_step_add(plan, &spec, e, "Write %s",
	    json_text(params, "file"));
}

/* --- the table -------------------------------------------------------- */

static const struct verb_param echo_params[] = {
	{ .name = "key", .type = PARAM_TEXT, .positional = true,
	  .help = "a key" },
	{ .name = "long_name", .type = PARAM_TEXT, .help = "a long name" },
	{ .name = "size", .type = PARAM_INT, .min = -5, .max = 9,
	  .help = "a number" },
	{ .name = "loud", .type = PARAM_FLAG, .help = "loudly" },
	{ .name = "mode", .type = PARAM_CHOICE, .choices = "soft|hard",
	  .help = "how" },
	{ .name = "text_file", .type = PARAM_INPUT, .help = "a text" },
	{ .name = "password_file", .type = PARAM_SECRET,
	  .help = "the password" },
	{ .name = "rest", .type = PARAM_TEXT, .positional = true,
	  .many = true, .help = "more words" },
};
static const struct verb_param check_params[] = {
	{ .name = "how", .type = PARAM_CHOICE,
	  .choices = "ok|fail|error|interrupt",
	  .positional = true, .required = true, .help = "how it ends" },
	{ .name = "exit_code", .type = PARAM_FLAG, .help = "exit with it" },
};
static const struct verb_param set_params[] = {
	{ .name = "file", .type = PARAM_TEXT, .positional = true,
	  .required = true, .help = "which file" },
	{ .name = "text", .type = PARAM_TEXT, .positional = true,
	  .required = true, .help = "what to write" },
	{ .name = "how", .type = PARAM_CHOICE,
	  .choices = "ok|fail|unsure|hand|stop|block", .help = "how it ends" },
};
static const struct verb_param login_params[] = {
	{ .name = "password_file", .type = PARAM_SECRET, .required = true,
	  .help = "Password of the toy" },
};

#define PARAMS(p)	.params = (p), .param_count = LENGTH(p)

static const struct verb toy_verbs[] = {
	{ .name = "toy", .help = "Say what toys are", .role = ROLE_VIEWER,
	  .no_site = true, .read = list_read,
	  .view = "toys: name=Name,age=Age" },
	{ .name = "toy.echo", .help = "Give back what was said.",
	  .detail = "It changes nothing. It says what it heard.\n\n"
	  ".A dot and a 'quote' begin lines, and C:\\toys is a path.\n\n"
	  "    stconsole toy echo a --loud\n    stconsole toy echo b",
	  .role = ROLE_VIEWER, .no_site = true, .read = echo_read,
	  PARAMS(echo_params) },
	{ .name = "toy.echo.deep", .help = "Give it back from deep below.",
	  .role = ROLE_VIEWER, .no_site = true, .read = echo_read,
	  PARAMS(echo_params) },
	{ .name = "toy.check", .help = "Check a toy.", .role = ROLE_VIEWER,
	  .no_site = true, .read = check_read, PARAMS(check_params) },
	{ .name = "toy.set", .help = "Write a file.", .role = ROLE_VIEWER,
	  .risk = RISK_ACCESS, .no_site = true, .plan = set_plan,
	  PARAMS(set_params) },
	{ .name = "toy.admin", .help = "Write a file as administrator.",
	  .role = ROLE_ADMIN, .risk = RISK_LOW, .no_site = true,
	  .plan = set_plan, PARAMS(set_params) },
	{ .name = "toy.login", .help = "Log in.", .role = ROLE_VIEWER,
	  .no_site = true, .read = echo_read, PARAMS(login_params) },
	{ .name = "toy.follow", .help = "Say lines.", .role = ROLE_VIEWER,
	  .no_site = true, .follows = true, .read = follow_read },
	{ .name = "toy.poke", .help = "Poke it.", .role = ROLE_VIEWER,
	  .no_site = true, .direct = poke_direct },
};
static const struct service toy_service = {
	"toy", toy_verbs, LENGTH(toy_verbs), toy_actions, LENGTH(toy_actions)
};
static const struct service *const toy_services[] = {
	&toy_service, &core_service, &undo_service, &settings_service
};
const struct registry toy_registry = { toy_services, LENGTH(toy_services) };

/* --- running ---------------------------------------------------------- */

static void
child_run(const char *state, char *words, int in, int out, int err)
{
	char	*argv[WORDS_MAX + 4] = {
		(char *)(uintptr_t)"stconsole", (char *)(uintptr_t)"--state",
		(char *)(uintptr_t)state
	};
	char	*save = NULL, *word;
	int	 argc = 3, status;

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	for (word = strtok_r(words, " ", &save);
	    word != NULL && argc < WORDS_MAX;
	    word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	status = cli_main(argc, argv, &toy_registry, NULL, NULL);
	fflush(NULL);
	_exit(status);
}

/* Files and no pipes: whatever the child writes, nobody waits. */
static int
stream_new(const char *text)
{
	int fd = memfd_create("toy", 0);

	if (fd < 0)
		fail_msg("no memory file");
	if (text != NULL)
		(void)file_write_all(fd, text, strlen(text), NULL);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
stream_take(int fd, struct buf *into)
{
	off_t	 len = lseek(fd, 0, SEEK_END);

	buf_reserve(into, (size_t)len);
	if (pread(fd, into->data, (size_t)len, 0) == len)
		into->len = (size_t)len;
	into->data[into->len] = '\0';
	close(fd);
}

struct toy_run
toy_run(const char *state, const char *words, const char *input)
{
	struct toy_run	 r = { 0, BUF_INIT, BUF_INIT, NULL };
	AUTO_FREE char	*copy = strdup(words);
	int		 in = stream_new(input), out = stream_new(NULL);
	int		 err = stream_new(NULL), status = 0;
	pid_t		 pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		child_run(state, copy, in, out, err);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		fail_msg("no child");
	close(in);
	stream_take(out, &r.out);
	stream_take(err, &r.err);
	r.status = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
	r.json = json_loadb(buf_str(&r.out), r.out.len,
	    JSON_REJECT_DUPLICATES, NULL);
	return r;
}

void
toy_run_fini(struct toy_run *r)
{
	buf_fini(&r->out);
	buf_fini(&r->err);
	json_decref(r->json);
}

void
toy_assert_status_at(const struct toy_run *r, int status, const char *file,
    int line)
{
	if (r->status == status)
		return;
	print_error("exit %d instead of %d\nstdout: %s\nstderr: %s\n",
	    r->status, status, buf_str(&r->out), buf_str(&r->err));
	_fail(file, line);
}

char *
toy_folder_new(void)
{
	char *dir = strdup("/tmp/stconsole-toy-XXXXXX");

	if (dir == NULL || mkdtemp(dir) == NULL)
		fail_msg("no folder");
	return dir;
}

void
toy_folder_end(char *dir)
{
	(void)file_remove_tree(dir, NULL);
	free(dir);
}
