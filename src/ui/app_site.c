/*
 * Which deployment this console is about, where there are several.
 */
#include "app_private.h"

#include "stconsole/json.h"
#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

struct view *
app_site_use(struct app *app, const char *folder, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (!work_site_set(app->o.work, folder, e))
		return NULL;
	json_decref(app->site);
	app->site = NULL;
	buf_printf(&text, T_SITE_USED, folder);
	return view_text_new(app, T_SITE, buf_str(&text), e);
}

void
app_site_ask(struct app *app, const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");

	if (app->is_site_asked || json_int(error, "code", 0) !=
	    ERR_CODE_WHICH_SITE)
		return;
	app->is_site_asked = true;
	app_open_screen(app, "site_list", json_object());
	app_say(app, "%s", T_SITE_WHICH);
}
