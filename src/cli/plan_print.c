/*
 * A plan as a person reads it before saying yes: every step with what it
 * does exactly as it will run, its risk and its undo.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define HASH_SHOWN	8

static void
line_add(struct buf *out, const char *lead, const char *text)
{
	buf_puts(out, lead);
	(void)width_add(out, text, width_of(text));
	buf_putc(out, '\n');
}

static void
diff_add(struct buf *out, const char *diff)
{
	size_t n;

	for (; *diff != '\0'; diff += n) {
		AUTO_FREE char *line = NULL;

		n = strcspn(diff, "\n");
		line = strndup(diff, n);
		if (line == NULL) {
			out->failed = true;
			return;
		}
		width_clean_line(line);
		buf_printf(out, "       %s\n", line);
		n += diff[n] == '\n';
	}
}

static void
argv_add(struct buf *out, const json_t *argv)
{
	AUTO_FREE const char	**words = proc_argv_from_json(argv);
	AUTO_BUF struct buf	  line = BUF_INIT;

	if (words == NULL) {
		out->failed = true;
		return;
	}
	proc_argv_show(words, &line);
	line_add(out, "       $ ", buf_str(&line));
}

static void
step_add(struct buf *out, size_t number, const json_t *step)
{
	const char *undo = json_text(step, "undo");
	const char *risk = json_text(step, "risk");

	buf_printf(out, "%3zu. %-6s ", number, json_text(step, "kind"));
	line_add(out, "", json_text(step, "title"));
	if (json_str(step, "diff") != NULL)
		diff_add(out, json_str(step, "diff"));
	if (json_is_array(json_object_get(step, "argv")))
		argv_add(out, json_object_get(step, "argv"));
	if (undo[0] != '\0' && !str_equal(undo, "-"))
		line_add(out, T_PLAN_UNDO, undo);
	if (risk[0] != '\0' && !str_equal(risk, risk_name(RISK_NONE)))
		line_add(out, T_PLAN_RISK, risk);
}

/* A sentence, or an object that has one with its hint. */
static void
sentences_add(struct buf *out, const char *lead, const json_t *list)
{
	const json_t	*v;
	const char	*hint;
	size_t		 i;

	json_array_foreach(list, i, v) {
		line_add(out, lead, json_is_string(v) ?
		    json_string_value(v) : json_text(v, "message"));
		hint = json_text(v, "hint");
		if (hint[0] != '\0')
			line_add(out, "  ", hint);
	}
}

void
print_plan(const json_t *plan, const char *command, struct buf *out)
{
	const json_t	*steps = json_object_get(plan, "steps"), *step;
	const json_t	*blocked = json_object_get(plan, "blocked");
	size_t		 i;

	/* A single reason is the error that ends the call. */
	if (json_array_size(blocked) > 1)
		sentences_add(out, T_PLAN_BLOCKED, blocked);
	if (json_array_size(steps) == 0) {
		sentences_add(out, T_PLAN_NOTE, json_object_get(plan,
		    "notes"));
		if (json_array_size(blocked) == 0)
			line_add(out, "", T_PLAN_EMPTY);
		return;
	}
	buf_printf(out, T_PLAN_HEAD, HASH_SHOWN, json_text(plan, "hash"));
	buf_putc(out, '\n');
	json_array_foreach(steps, i, step)
		step_add(out, i + 1, step);
	sentences_add(out, T_PLAN_NOTE, json_object_get(plan, "notes"));
	if (command != NULL)
		line_add(out, T_PLAN_COMMAND, command);
}
