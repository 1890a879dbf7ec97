#include "plan_text.h"

#include <string.h>
#include <time.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

const char *
plan_loses(const json_t *answer)
{
	const json_t	*steps = json_object_get(json_object_get(answer,
			    "plan"), "steps");
	const json_t	*step;
	size_t		 i;

	json_array_foreach(steps, i, step)
		if (json_text(step, "loses")[0] != '\0')
			return json_text(step, "loses");
	return NULL;
}

/* Lines of a diff or a command below their step. */
static void
indented(const char *text, struct buf *out)
{
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, "\n");
		buf_puts(out, "      ");
		buf_add(out, text, len);
		buf_putc(out, '\n');
		text += len + (text[len] == '\n');
	}
}

static void
argv_tell(const json_t *argv, struct buf *out)
{
	AUTO_FREE const char	**words = proc_argv_from_json(argv);

	if (words == NULL)
		return;
	buf_puts(out, "      ");
	proc_argv_show(words, out);
	buf_putc(out, '\n');
}

/* Whether the job is past, at or before a step (from 1). */
static const char *
step_mark(const struct plan_told *told, int64_t number)
{
	int64_t at = json_int(told->progress, "step", 0);

	if (told->end != NULL && json_flag(told->end, "ok"))
		return "ok";
	if (!told->is_applied && told->end == NULL)
		return "";
	if (number < at)
		return "ok";
	if (number == at)
		return told->end != NULL ? "x" : "..";
	return "";
}

static void
step_tell(const struct plan_told *told, const json_t *step, int64_t number,
    struct buf *out)
{
	const char *undo = json_text(step, "undo");

	buf_printf(out, "%-2s %lld %-8s %s", step_mark(told, number),
	    (long long)number, json_text(step, "kind"), json_text(step,
	    "title"));
	if (undo[0] != '\0' && !str_equal(undo, "-"))
		buf_printf(out, T_PLAN_STEP_UNDO, undo);
	buf_putc(out, '\n');
	if (json_is_array(json_object_get(step, "argv")))
		argv_tell(json_object_get(step, "argv"), out);
	indented(json_text(step, "diff"), out);
}

static void
notes_tell(const json_t *plan, const char *member, const char *before,
    struct buf *out)
{
	const json_t	*notes = json_object_get(plan, member);
	const json_t	*note;
	size_t		 i;

	json_array_foreach(notes, i, note)
		buf_printf(out, "%s%s\n", before, json_is_string(note) ?
		    json_string_value(note) : json_text(note, "message"));
}

static void
steps_tell(const struct plan_told *told, const json_t *plan,
    struct buf *out)
{
	const json_t	*steps = json_object_get(plan, "steps"), *step;
	size_t		 i;

	buf_printf(out, T_PLAN_HEAD, json_text(plan, "hash"),
	    json_array_size(steps));
	buf_puts(out, "\n\n");
	json_array_foreach(steps, i, step)
		step_tell(told, step, (int64_t)i + 1, out);
	buf_putc(out, '\n');
	notes_tell(plan, "notes", "", out);
	notes_tell(plan, "blocked", T_PLAN_BLOCKED_BY, out);
}

static void
error_tell(const json_t *answer, struct buf *out)
{
	const json_t	*error = json_object_get(answer, "error");
	const char	*hint = json_text(error, "hint");

	if (error == NULL)
		return;
	buf_printf(out, "%s.", json_text(error, "message"));
	if (hint[0] != '\0')
		buf_printf(out, " %s.", hint);
}

static void
clock_add(int64_t at_ms, struct buf *out)
{
	time_t		 at = (time_t)(at_ms / 1000);
	struct tm	 tm;
	char		 text[16];

	if (localtime_r(&at, &tm) == NULL)
		return;
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	buf_puts(out, text);
}

void
plan_end_tell(const json_t *answer, struct buf *out)
{
	AUTO_BUF struct buf	 at = BUF_INIT;
	const json_t		*job = json_object_get(answer, "job");
	const char		*state = json_text(job, "state");

	if (json_object_get(answer, "error") != NULL) {
		error_tell(answer, out);
		return;
	}
	clock_add(json_int(answer, "at", 0), &at);
	if (str_equal(state, "done"))
		buf_printf(out, json_flag(job, "verified") ? T_END_DONE :
		    T_END_UNVERIFIED, buf_str(&at));
	else if (str_equal(state, "undone"))
		buf_printf(out, T_END_UNDONE, buf_str(&at));
	else
		buf_printf(out, T_END_STATE, state, json_text(job, "id"));
}

void
progress_tell(const json_t *progress, struct buf *out)
{
	int64_t	 done = json_int(progress, "done", 0);
	int64_t	 total = json_int(progress, "total", 0);
	int64_t	 left = json_int(progress, "left_s", -1);
	double	 rate = json_number_value(json_object_get(progress,
	    "per_second"));

	if (progress == NULL)
		return;
	buf_printf(out, T_PROGRESS_AT, (long long)json_int(progress, "step",
	    0), (long long)json_int(progress, "steps", 0), json_text(progress,
	    "title"));
	if (total > 0)
		buf_printf(out, ": %lld/%lld %s", (long long)done,
		    (long long)total, json_text(progress, "unit"));
	if (rate > 0)
		buf_printf(out, T_PROGRESS_RATE, rate);
	if (left >= 0)
		buf_printf(out, T_PROGRESS_LEFT, (long long)left);
}

void
plan_tell(const struct plan_told *told, struct buf *out)
{
	const json_t	*plan = json_object_get(told->answer, "plan");
	const char	*command = json_text(told->answer, "command");

	if (told->is_asked)
		buf_printf(out, T_PLAN_ASKED, (long long)told->seconds);
	if (plan == NULL) {
		error_tell(told->answer, out);
		return;
	}
	if (told->is_undone) {
		buf_printf(out, "%s\n\n", T_PLAN_UNDONE);
	} else if (told->waits) {
		buf_printf(out, "%s\n\n", T_PLAN_WAITS);
	} else if (told->end != NULL) {
		plan_end_tell(told->end, out);
		buf_puts(out, "\n\n");
	}
	if (json_flag(plan, "empty")) {
		buf_printf(out, "%s\n\n", T_PLAN_NOTHING);
		notes_tell(plan, "notes", "", out);
	} else {
		steps_tell(told, plan, out);
	}
	if (!json_flag(told->answer, "ok") && told->end == NULL) {
		error_tell(told->answer, out);
		buf_putc(out, '\n');
	}
	if (command[0] != '\0' && !json_flag(plan, "empty"))
		buf_printf(out, "\n%s --yes=%.8s\n", command, json_text(plan,
		    "hash"));
}
