/*
 * Progress on standard error: a line that redraws itself without escape
 * sequences, one line for each step, JSON lines for programs, or nothing.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

static void
amount_add(struct buf *b, const struct progress_event *ev)
{
	const char *unit = ev->unit != NULL ? ev->unit : "";

	if (ev->total > 0)
		buf_printf(b, T_PROGRESS_OF, (long long)ev->done,
		    (long long)ev->total, unit);
	else if (ev->done > 0)
		buf_printf(b, T_PROGRESS_DONE, (long long)ev->done, unit);
	if (ev->per_second > 0)
		buf_printf(b, T_PROGRESS_RATE, ev->per_second);
	if (ev->left_s >= 60)
		buf_printf(b, T_PROGRESS_LEFT_MIN,
		    (long long)(ev->left_s + 59) / 60);
	else if (ev->left_s >= 0 && ev->total > 0)
		buf_printf(b, T_PROGRESS_LEFT_S, (long long)ev->left_s);
}

static void
line_report(struct cli_progress *p, const struct progress_event *ev)
{
	AUTO_BUF struct buf	 text = BUF_INIT, line = BUF_INIT;
	size_t			 columns = p->columns > 1 ? p->columns - 1 : 79;
	size_t			 used;

	buf_printf(&text, T_PROGRESS_STEP, ev->step, ev->steps,
	    ev->title != NULL ? ev->title : "");
	amount_add(&text, ev);
	buf_putc(&line, '\r');
	used = width_add(&line, buf_str(&text), columns);
	if (used < p->shown)
		buf_printf(&line, "%*s", (int)(p->shown - used), "");
	p->shown = used;
	fputs(buf_str(&line), p->to);
	fflush(p->to);
}

static void
step_report(struct cli_progress *p, const struct progress_event *ev)
{
	AUTO_BUF struct buf text = BUF_INIT, line = BUF_INIT;

	if (ev->step == p->last_step)
		return;
	p->last_step = ev->step;
	buf_printf(&text, T_PROGRESS_STEP, ev->step, ev->steps,
	    ev->title != NULL ? ev->title : "");
	(void)width_add(&line, buf_str(&text), width_of(buf_str(&text)));
	fprintf(p->to, "%s\n", buf_str(&line));
	fflush(p->to);
}

static void
json_report(struct cli_progress *p, const struct progress_event *ev)
{
	AUTO_JSON json_t	*j = json_pack(
	    "{s:s?, s:i, s:i, s:s?, s:s?, s:I, s:I, s:s?, s:f, s:I}",
	    "job", ev->job, "step", (int)ev->step, "steps", (int)ev->steps,
	    "title", ev->title, "phase", ev->phase, "done",
	    (json_int_t)ev->done, "total", (json_int_t)ev->total, "unit",
	    ev->unit, "per_second", ev->per_second, "left_s",
	    (json_int_t)ev->left_s);
	AUTO_FREE char		*text = j != NULL ?
				    json_dumps(j, JSON_COMPACT) : NULL;

	if (text == NULL)
		return;
	fprintf(p->to, "%s\n", text);
	fflush(p->to);
}

static void
report(void *arg, const struct progress_event *ev)
{
	static void (*const forms[])(struct cli_progress *,
	    const struct progress_event *) = {
		[PROGRESS_QUIET] = NULL, [PROGRESS_LINE] = line_report,
		[PROGRESS_STEPS] = step_report, [PROGRESS_JSON] = json_report
	};
	struct cli_progress *p = arg;

	if (forms[p->form] != NULL)
		forms[p->form](p, ev);
}

void
cli_progress_init(struct cli_progress *p, enum cli_progress_form form,
    FILE *to, size_t columns)
{
	*p = (struct cli_progress){
		.form = form, .to = to, .columns = columns
	};
	p->progress.report = report;
	p->progress.arg = p;
}

void
cli_progress_clear(struct cli_progress *p)
{
	if (p->shown == 0)
		return;
	fprintf(p->to, "\r%*s\r", (int)p->shown, "");
	fflush(p->to);
	p->shown = 0;
}
