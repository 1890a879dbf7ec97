/*
 * The steps about the console itself.
 */
#include "setup.h"

#include <fcntl.h>
#include <string.h>

#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/store.h"

#include "text.def"

#define ROLES_MAX	(1u << 20)

bool
look_theme(struct look *l, struct step_found *f, struct err *e)
{
	AUTO_FREE char *theme = NULL, *profile = NULL;

	if (!settings_get(l->ctx, "ui.theme", &theme, e) ||
	    !settings_get(l->ctx, "ui.profile", &profile, e))
		return false;
	found_set(f, strcmp(theme, "auto") == 0 &&
	    strcmp(profile, "auto") == 0 ? STEP_OPEN : STEP_DONE, T_THEME,
	    theme, profile);
	if (f->state == STEP_OPEN)
		found_detail(f, T_THEME_AUTO);
	return true;
}

/* How many names the file gives a role. */
static size_t
names_count(const struct doc *doc)
{
	size_t i, n = 0;

	for (i = 0; i < doc->n; i++)
		n += doc->nodes[i].kind == DOC_SCALAR;
	return n;
}

bool
look_roles(struct look *l, struct step_found *f, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct doc		 doc = { 0 };
	struct err		 why = { 0 };
	enum role		 role;

	if (!file_exists(AT_FDCWD, l->roles_file)) {
		found_set(f, STEP_OPEN, T_ROLES_NONE, l->roles_file);
		return true;
	}
	if (!file_read(AT_FDCWD, l->roles_file, ROLES_MAX, &text, &why) ||
	    !role_in(buf_str(&text), text.len, l->roles_file, l->ctx->who,
	    &role, &why))
		return found_why(f, &why, e);
	if (!doc_parse(&doc, &doc_yaml, buf_str(&text), text.len, e))
		return false;
	found_set(f, STEP_DONE, T_ROLES, names_count(&doc), l->roles_file,
	    role_name(role));
	doc_fini(&doc);
	return true;
}

bool
look_state(struct look *l, struct step_found *f, struct err *e)
{
	(void)e;
	found_set(f, STEP_DONE, T_STATE, store_dir(l->ctx->store));
	if (!store_is_read_only(l->ctx->store))
		return true;
	f->state = STEP_BLOCKED;
	found_detail(f, T_STATE_NEWER, store_format(l->ctx->store));
	return true;
}
