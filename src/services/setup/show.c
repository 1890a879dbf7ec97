/*
 * setup.show: every step, looked at now.
 */
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"

#include "setup.h"
#include "text.def"

const struct setup_step setup_steps[] = {
	{ "site", look_site },
	{ "mongo", look_mongo },
	{ "directory", look_directory },
	{ "admin", look_admin },
	{ "me", look_me },
	{ "theme", look_theme },
	{ "roles", look_roles },
	{ "state", look_state },
};

const size_t setup_step_count = LENGTH(setup_steps);

static const char *const state_names[] = {
	[STEP_OPEN] = "open", [STEP_DONE] = "done", [STEP_SKIPPED] =
	"skipped", [STEP_BLOCKED] = "blocked"
};

/* Whether a word stands in a list of words parted by blanks. */
static bool
has_word(const char *list, const char *word)
{
	size_t n, len = strlen(word);

	for (; *list != '\0'; list += n + strspn(list + n, " ")) {
		n = strcspn(list, " ");
		if (n == len && strncmp(list, word, n) == 0)
			return true;
	}
	return false;
}

static bool
row_add(struct look *l, const struct setup_step *step, const char *skipped,
    json_t *rows, struct err *e)
{
	struct step_found	 f = { STEP_OPEN, BUF_INIT, BUF_INIT };
	json_t			*row = NULL;
	bool			 ok = step->look(l, &f, e);

	if (ok && (f.state == STEP_OPEN || f.state == STEP_BLOCKED) &&
	    has_word(skipped, step->id))
		f.state = STEP_SKIPPED;
	if (ok)
		row = json_pack("{s:s, s:s, s:o, s:o}", "id", step->id,
		    "state", state_names[f.state], "text",
		    json_lossy(buf_str(&f.text), f.text.len), "detail",
		    json_lossy(buf_str(&f.detail), f.detail.len));
	if (ok && json_array_append_new(rows, row) != 0)
		ok = err_nomem(e);
	buf_fini(&f.text);
	buf_fini(&f.detail);
	return ok;
}

static size_t
count_of(const json_t *rows, enum step_state state)
{
	const json_t	*row;
	size_t		 i, n = 0;

	json_array_foreach (rows, i, row)
		n += strcmp(json_text(row, "state"), state_names[state]) == 0;
	return n;
}

bool
setup_show_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	const char		*file = json_str(params, "roles_file");
	struct look		 l = { .ctx = ctx, .roles_file = file !=
	    NULL ? file : ROLES_FILE };
	AUTO_JSON json_t	*rows = json_array();
	AUTO_FREE char		*skipped = NULL;
	size_t			 i, left;

	/* A path outside the site; serve reads it with its own rights. */
	if (file != NULL && ctx->who->role < ROLE_ADMIN)
		return err_set(e, ERR_REFUSED, 0, T_ROLE_FILE_ADMIN,
		    role_name(ctx->who->role));
	if (!settings_get(ctx, "ui.setup_done", &skipped, e))
		return false;
	for (i = 0; i < setup_step_count; i++)
		if (!cancel_check(ctx->cancel, e) ||
		    !row_add(&l, &setup_steps[i], skipped, rows, e))
			return false;
	left = count_of(rows, STEP_OPEN) + count_of(rows, STEP_BLOCKED);
	*result = json_pack("{s:O, s:I, s:b}", "steps", rows, "left",
	    (json_int_t)left, "finished", left == 0);
	return *result != NULL || err_nomem(e);
}

/* --- setup.skip ---------------------------------------------------------- */

/* The list with the word, or without it. */
static void
list_with(const char *list, const char *word, bool with, struct buf *out)
{
	size_t i;

	for (i = 0; i < setup_step_count; i++) {
		const char	*id = setup_steps[i].id;
		bool		 wanted = strcmp(id, word) == 0 ? with :
		    has_word(list, id);

		if (wanted)
			buf_printf(out, "%s%s", out->len > 0 ? " " : "", id);
	}
}

bool
setup_skip_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	const char		*step = json_text(params, "step");
	const struct verb	*set;
	AUTO_BUF struct buf	 list = BUF_INIT;
	AUTO_FREE char		*old = NULL;
	AUTO_JSON json_t	*given = NULL;

	if (!settings_get(ctx, "ui.setup_done", &old, e))
		return false;
	list_with(old, step, !json_flag(params, "back"), &list);
	set = registry_verb(ctx->registry, list.len > 0 ? "settings.set" :
	    "settings.unset");
	given = json_pack("{s:s, s:s*}", "name", "ui.setup_done", "value",
	    list.len > 0 ? buf_str(&list) : NULL);
	if (set == NULL || given == NULL || !buf_ok(&list, e))
		return err_nomem(e);
	return plan_note_add(plan, e, json_flag(params, "back") ?
	    T_SKIP_BACK_NOTE : T_SKIP_NOTE, step) &&
	    set->plan(ctx, given, plan, e);
}
