/*
 * The command line from argv to exit status: options, reserved words, the
 * world a verb acts in, the verb.
 */
#include "stconsole/cli.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

/* A text for a person, or the same as a result. */
static int
text_show(const struct cli_options *o, const char *name, struct buf *text)
{
	json_t		*j;
	struct err	 e = { 0 };

	if (!buf_ok(text, &e))
		return report_error(o->json, &e, NULL);
	if (o->json) {
		while (text->len > 0 && text->data[text->len - 1] == '\n')
			text->len--;
		j = json_stringn(buf_str(text), text->len);
		return report_value("result", json_pack("{s:o}", name, j));
	}
	if (!out_text(STDOUT_FILENO, buf_str(text), text->len, &e))
		return report_error(false, &e, NULL);
	return EXIT_DONE;
}

static int
version_show(const struct cli_options *o)
{
	AUTO_BUF struct buf b = BUF_INIT;

	if (!o->json)
		buf_puts(&b, "stconsole ");
	buf_puts(&b, STCONSOLE_VERSION "\n");
	return text_show(o, "version", &b);
}

static bool
is_made(const char *word)
{
	return str_equal(word, "--man") || str_equal(word, "--completion");
}

static bool
page_put(void *arg, const char *page)
{
	buf_printf(arg, "%s\n", page);
	return true;
}

/*
 * What is made from the tables for other programs: "help --man [PAGE]",
 * "help --man --list", "help --completion bash".  False with *e for a page or
 * shell that is not known.
 */
static bool
help_made(const struct registry *r, const struct world_hooks *hooks,
    const struct cli_words *w, struct buf *out, struct err *e)
{
	const char *which = w->count > 1 ? w->word[1] : NULL;

	if (str_equal(w->word[0], "--completion")) {
		if (!str_equal(which, "bash"))
			return err_set(e, ERR_USAGE, 0, T_OPTION_CHOICE,
			    "completion", "bash", which != NULL ? which : "");
		completion_bash(r, out);
		return true;
	}
	if (str_equal(which, "--list"))
		return manual_each(r, hooks, page_put, out);
	if (manual_print(r, hooks, which != NULL ? which : "stconsole", out))
		return true;
	return err_set(e, ERR_USAGE, 0, T_MAN_UNKNOWN, which);
}

static int
help_show(const struct registry *r, const struct cli_options *o,
    const struct world_hooks *hooks, struct cli_words *w)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	const struct verb	*v;
	struct err		 e = { 0 };
	size_t			 used;

	if (w->count == 0)
		help_all(r, &b);
	else if (is_made(w->word[0]))
		(void)help_made(r, hooks, w, &b, &e);
	else if (str_equal(w->word[0], "serve"))
		buf_puts(&b, T_HELP_SERVE);
	else if (str_equal(w->word[0], "go"))
		buf_puts(&b, T_HELP_GO);
	else if ((v = cli_verb_find(r, w, &used, &e)) != NULL)
		help_verb(v, &b);
	else if (help_group(r, w->word[0], &b))
		err_clear(&e);
	return e.domain == ERR_NONE ? text_show(o, "help", &b) :
	    report_error(o->json, &e, NULL);
}

/* Drops the first word. */
static void
words_shift(struct cli_words *w)
{
	memmove(w->word, w->word + 1, w->count * sizeof(*w->word));
	w->count--;
	if (w->literal_from > 0)
		w->literal_from--;
}

static enum cli_progress_form
progress_form(const struct cli_options *o)
{
	if (o->progress_json)
		return PROGRESS_JSON;
	if (!isatty(STDERR_FILENO))
		return PROGRESS_QUIET;
	return o->linear ? PROGRESS_STEPS : PROGRESS_LINE;
}

static void
warn(const struct err *e)
{
	(void)report_error(false, e, NULL);
}

/* Reads the inputs, checks the values, calls. */
static int
call_run(struct cli_run *run, struct cli_call *call,
    const struct cli_options *o)
{
	AUTO_JSON json_t	*params = NULL;
	struct ctx		*ctx = run->ctx;
	struct err		 e = { 0 };

	if (ctx->store != NULL && !ctx->read_only && !job_recover(ctx, &e))
		warn(&e);
	if (!cli_input_read(ctx, call, !o->json, &e))
		return report_call_error(o->json, call->verb, &e);
	params = verb_params(call->verb, call->given, &e);
	if (params == NULL)
		return report_call_error(o->json, call->verb, &e);
	run->params = params;
	cli_progress_init(&run->progress, progress_form(o), stderr,
	    width_of_terminal(STDERR_FILENO));
	ctx->progress = &run->progress.progress;
	return run_verb(run);
}

/* Here, or in serve; there a state folder may be used that we cannot read. */
static int
world_call(const struct world *w, bool is_open, struct cli_run *run,
    struct cli_call *call, const struct err *why)
{
	int status;

	engine_attach(run, w);
	if (is_open || run->work != NULL)
		status = call_run(run, call, run->options);
	else
		status = report_error(run->options->json, why, NULL);
	engine_leave(run);
	return status;
}

static int
world_run(const struct registry *r, struct cli_call *call,
    const struct cli_options *o, const struct world_hooks *hooks)
{
	struct cancel	 cancel = { .fd = -1 };
	struct world	 w = {
		.registry = r, .hooks = hooks, .state_wanted = o->state,
		.site_wanted = o->site, .read_only = o->read_only
	};
	struct ctx	 ctx;
	struct cli_run	 run = {
		.ctx = &ctx, .options = o, .hooks = hooks, .verb = call->verb
	};
	struct err	 e = { 0 };
	bool		 is_open;
	int		 status;

	if (!cancel_init(&cancel, &e))
		return report_error(o->json, &e, NULL);
	is_open = world_open(&w, &e);
	world_ctx(&w, &cancel, &ctx);
	cli_signals_set(&cancel);
	status = world_call(&w, is_open, &run, call, &e);
	cli_signals_set(NULL);
	cli_input_fini(&ctx);
	ctx_close(&ctx);
	world_close(&w);
	cancel_fini(&cancel);
	return status;
}

/* Without words: how the site is, and where to go on. */
static int
no_words(const struct registry *r, const struct cli_options *o,
    const struct world_hooks *hooks)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct cli_call		 call = { registry_verb(r, "status"),
				    json_object(), json_object() };
	int			 status;

	if (call.verb == NULL || call.given == NULL || call.files == NULL) {
		cli_call_fini(&call);
		help_all(r, &b);
		return text_show(o, "help", &b);
	}
	status = world_run(r, &call, o, hooks);
	cli_call_fini(&call);
	buf_puts(&b, T_WHERE_NEXT);
	buf_putc(&b, '\n');
	(void)out_text(o->json ? STDERR_FILENO : STDOUT_FILENO, buf_str(&b),
	    b.len, NULL);
	return status;
}

/* Somebody sits there. */
static bool
wants_console(const struct cli_options *o, const struct cli_faces *faces)
{
	if (faces == NULL || faces->console == NULL || o->json)
		return false;
	return o->linear || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
}

static int
console_run(const struct registry *r, const struct cli_options *o,
    const struct world_hooks *hooks, const struct cli_faces *faces,
    const char *screen)
{
	struct world	 w = {
		.registry = r, .hooks = hooks, .state_wanted = o->state,
		.site_wanted = o->site, .read_only = o->read_only
	};
	struct err	 e = { 0 };
	bool		 ok;

	if (!world_open(&w, &e))
		return report_error(false, &e, NULL);
	ok = faces->console(&w, screen, o->theme, o->profile, o->linear, &e);
	world_close(&w);
	return ok ? EXIT_DONE : report_error(false, &e, NULL);
}

/* "go SCREEN". */
static int
go_run(const struct registry *r, const struct cli_words *w,
    const struct cli_options *o, const struct world_hooks *hooks,
    const struct cli_faces *faces)
{
	struct err e = { 0 };

	if (w->count != 2)
		err_set(&e, ERR_USAGE, 0, T_GO_SCREEN);
	else if (!wants_console(o, faces))
		err_set(&e, ERR_REFUSED, 0, T_GO_TERMINAL);
	else
		return console_run(r, o, hooks, faces, w->word[1]);
	return report_error(o->json, &e, NULL);
}

static int
words_run(const struct registry *r, struct cli_words *w,
    const struct cli_options *o, const struct world_hooks *hooks,
    const struct cli_faces *faces)
{
	struct cli_call	 call = { 0 };
	struct err	 e = { 0 };
	int		 status;

	if (o->version || (w->count == 1 && str_equal(w->word[0], "version")))
		return version_show(o);
	if (w->count > 0 && str_equal(w->word[0], "help")) {
		words_shift(w);
		return help_show(r, o, hooks, w);
	}
	if (o->help)
		return help_show(r, o, hooks, w);
	if (w->count == 0 && wants_console(o, faces))
		return console_run(r, o, hooks, faces, NULL);
	if (w->count == 0)
		return no_words(r, o, hooks);
	if (str_equal(w->word[0], "go"))
		return go_run(r, w, o, hooks, faces);
	if (w->count == 1 && str_equal(w->word[0], "serve"))
		return serve_run(r, o, hooks);
	if (cli_call_parse(r, w, &call, &e))
		status = world_run(r, &call, o, hooks);
	else
		status = report_error(o->json, &e, NULL);
	cli_call_fini(&call);
	return status;
}

/* Columns of text can only be counted where characters are UTF-8. */
static void
locale_set(void)
{
	if (setlocale(LC_CTYPE, "") == NULL ||
	    !str_equal(nl_langinfo(CODESET), "UTF-8"))
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

int
cli_main(int argc, char **argv, const struct registry *registry,
    const struct world_hooks *hooks, const struct cli_faces *faces)
{
	struct cli_options	 o;
	struct cli_words	 w;
	struct err		 e = { 0 };
	int			 status;

	locale_set();
	cli_signals_set(NULL);
	if (cli_options_parse(argc, argv, &o, &w, &e))
		status = words_run(registry, &w, &o, hooks, faces);
	else
		status = report_error(cli_wants_json(argc, argv), &e, NULL);
	cli_words_fini(&w);
	return status;
}
