/*
 * How a call ends: one JSON document on standard output, or words, and
 * always the words of an error on standard error.
 */
#include "parts.h"

#include <string.h>
#include <unistd.h>

#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define TYPED_MAX	96

static json_t *
error_json(const struct err *e)
{
	json_t *j = json_object();

	json_object_set_new(j, "domain",
	    json_string(err_domain_name(e->domain)));
	json_object_set_new(j, "code", json_integer(e->code));
	/* Words may quote bytes from outside. */
	json_object_set_new(j, "message", json_string_nocheck(e->msg));
	json_object_set_new(j, "hint", json_string_nocheck(e->hint));
	return j;
}

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
report_error(bool json, const struct err *e, const json_t *plan,
    const json_t *job)
{
	struct err	 shown = *e, why = { 0 };
	json_t		*doc;

	str_strip_control(shown.msg);
	str_strip_control(shown.hint);
	words_print(&shown);
	if (!json)
		return exit_from_err(e);
	doc = json_object();
	json_object_set_new(doc, "ok", json_false());
	json_object_set_new(doc, "error", error_json(&shown));
	if (plan != NULL)
		json_object_set_new(doc, "plan", json_deep_copy(plan));
	if (job != NULL)
		json_object_set_new(doc, "job", json_deep_copy(job));
	if (!out_json(doc, &why))
		words_print(&why);
	return exit_from_err(e);
}

int
report_call_error(bool json, const struct verb *v, const struct err *e)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	int			 status = report_error(json, e, NULL, NULL);
	char			 typed[TYPED_MAX];

	if (e->domain != ERR_USAGE ||
	    !cli_verb_typed(v->name, typed, sizeof(typed)))
		return status;
	buf_printf(&b, T_ERROR_SEE, typed);
	buf_putc(&b, '\n');
	(void)out_text(STDERR_FILENO, buf_str(&b), b.len, NULL);
	return status;
}

int
report_document(json_t *document)
{
	struct err e = { 0 };

	if (out_json(document, &e))
		return EXIT_DONE;
	return report_error(false, &e, NULL, NULL);
}

int
report_value(const char *name, json_t *value)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "ok", json_true());
	if (json_object_set_new(doc, name, value) < 0) {
		json_decref(doc);
		doc = NULL;
	}
	return report_document(doc);
}

void
report_banner(struct cli_run *run)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	const char		*line = NULL;

	if (run->banner_shown)
		return;
	run->banner_shown = true;
	if (run->hooks != NULL && run->hooks->banner != NULL)
		line = run->hooks->banner(run->ctx);
	if (line == NULL)
		return;
	buf_puts(&b, line);
	buf_putc(&b, '\n');
	(void)out_text(run->options->json || print_is_raw(run->verb) ?
	    STDERR_FILENO : STDOUT_FILENO, buf_str(&b), b.len, NULL);
}

json_t *
report_job(const struct job_result *job)
{
	return json_pack("{s:s, s:s, s:b}", "id", job->id, "state",
	    job_state_name(job->state), "verified", job->verified);
}
