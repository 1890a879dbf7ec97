/*
 * How a call ends: one JSON document on standard output, or words, and
 * always the words of an error on standard error.
 */
#include "parts.h"

#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define TYPED_MAX	96

static void
words_print(const struct err *e)
{
	AUTO_BUF struct buf b = BUF_INIT;

	buf_printf(&b, T_ERROR, e->msg);
	buf_putc(&b, '\n');
	if (e->hint[0] != '\0') {
		buf_printf(&b, T_ERROR_HINT, e->hint);
		buf_putc(&b, '\n');
	}
	(void)out_text(STDERR_FILENO, buf_str(&b), b.len, NULL);
}

int
report_answer(bool json, const struct answer *a)
{
	struct err	e = { 0 };
	int		status = a->status;

	if (!answer_is_ok(a, &e)) {
		words_print(&e);
		status = a->doc != NULL ? status : EXIT_FAILED;
	}
	if (!json || a->doc == NULL)
		return status;
	err_clear(&e);
	if (out_json(json_incref(a->doc), &e))
		return status;
	words_print(&e);
	return json_flag(a->doc, "ok") ? EXIT_FAILED : status;
}

int
report_error(bool json, const struct err *e, const json_t *plan)
{
	AUTO_ANSWER struct answer a = { 0 };

	answer_error(e, plan, NULL, &a);
	return report_answer(json, &a);
}

/* Wrong usage points at the verb's help. */
void
report_see(const struct verb *v)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			 typed[TYPED_MAX];

	if (!cli_verb_typed(v->name, typed, sizeof(typed)))
		return;
	buf_printf(&b, T_ERROR_SEE, typed);
	buf_putc(&b, '\n');
	(void)out_text(STDERR_FILENO, buf_str(&b), b.len, NULL);
}

int
report_call_error(bool json, const struct verb *v, const struct err *e)
{
	int status = report_error(json, e, NULL);

	if (e->domain == ERR_USAGE)
		report_see(v);
	return status;
}

int
report_value(const char *name, json_t *value)
{
	AUTO_ANSWER struct answer a = {
		.doc = answer_value(name, value)
	};

	return report_answer(true, &a);
}

void
report_banner(struct cli_run *run)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	const char		*line = run->banner;

	if (run->banner_shown)
		return;
	run->banner_shown = true;
	if (line == NULL && run->hooks != NULL && run->hooks->banner != NULL)
		line = run->hooks->banner(run->ctx);
	if (line == NULL)
		return;
	buf_puts(&b, line);
	buf_putc(&b, '\n');
	(void)out_text(run->options->json || print_is_raw(run->verb) ?
	    STDERR_FILENO : STDOUT_FILENO, buf_str(&b), b.len, NULL);
}
