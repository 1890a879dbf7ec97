/*
 * banner.show and banner.write.  Args of the step are {"path","text"}: all
 * that is written but for the time; the memo keeps what was there.
 */
#include "parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/action.h"
#include "stconsole/diff.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/str.h"

#include "text.def"

static bool
show_read(struct ctx *ctx, const json_t *params, json_t **result,
    struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	(void)params;
	if (!banner_text(ctx, &text, e))
		return false;
	banner_stamp(&text, clock_wall_ms(ctx->clock));
	*result = json_pack("{s:s}", "text", buf_str(&text));
	return *result != NULL || err_nomem(e);
}

/* ---- banner.write */

bool
banner_path(struct ctx *ctx, const char *given, char **path, struct err *e)
{
	if (given != NULL)
		*path = strdup(given);
	else if (!settings_get(ctx, "banner.path", path, e))
		return false;
	if (*path == NULL)
		return err_nomem(e);
	return (**path == '/' && !str_ends(*path, "/")) ||
	    err_set(e, ERR_USAGE, 0, T_BANNER_PATH, *path);
}

static bool
write_probe(struct ctx *ctx, const json_t *args, const json_t *memo,
    enum probe *found, json_t *seen, struct err *e)
{
	AUTO_BUF struct buf now = BUF_INIT;

	(void)ctx;
	(void)memo;
	(void)seen;
	if (!banner_read(json_text(args, "path"), &now, e))
		return false;
	*found = str_equal(buf_str(&now), json_text(args, "text")) ?
	    PROBE_DONE : PROBE_TODO;
	return true;
}

/* null: there was none. */
static bool
write_prepare(struct ctx *ctx, const json_t *args, json_t *memo,
    struct err *e)
{
	const char		*path = json_text(args, "path");
	AUTO_BUF struct buf	 now = BUF_INIT;

	(void)ctx;
	if (!banner_read(path, &now, e))
		return false;
	return json_object_set_new(memo, "before", file_exists(AT_FDCWD,
	    path) ? json_lossy(buf_str(&now), now.len) : json_null()) == 0 ||
	    err_nomem(e);
}

static bool
write_act(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const char *path = json_text(args, "path");

	(void)memo;
	if (!banner_put_file(ctx, path, json_text(args, "text"), e))
		return false;
	banner_tell_agetty(path);
	return true;
}

static bool
write_undo(struct ctx *ctx, const json_t *args, const json_t *memo,
    struct err *e)
{
	const char *path = json_text(args, "path");
	const char *before = json_str(memo, "before");

	if (before == NULL)
		return banner_remove(path, e);
	if (!banner_put_file(ctx, path, before, e))
		return false;
	banner_tell_agetty(path);
	return true;
}

static const struct action write_action = {
	.name = "banner.write", .kind = STEP_WRITE, .probe = write_probe,
	.prepare = write_prepare, .act = write_act, .undo = write_undo
};

static bool
add_step(struct plan *plan, const char *path, const struct buf *now,
    const struct buf *text, struct err *e)
{
	AUTO_BUF struct buf diff = BUF_INIT;

	return diff_unified(path, path, buf_str(now), now->len,
	    buf_str(text), text->len, NULL, NULL, &diff, e) &&
	    plan_lock_add(plan, "banner", e) &&
	    plan_step_add(plan, &(struct step_spec){
	    .action = "banner.write", .args = json_pack("{s:s, s:s}", "path",
	    path, "text", buf_str(text)), .risk = RISK_LOW,
	    .undo = T_BANNER_UNDO, .diff = buf_str(&diff) }, e,
	    T_BANNER_TITLE, path);
}

static bool
write_plan(struct ctx *ctx, const json_t *params, struct plan *plan,
    struct err *e)
{
	AUTO_FREE char		*path = NULL;
	AUTO_BUF struct buf	 text = BUF_INIT, now = BUF_INIT;

	if (!banner_path(ctx, json_str(params, "path"), &path, e))
		return false;
	if (!banner_text(ctx, &text, e) || !banner_read(path, &now, e))
		return false;
	if (str_equal(buf_str(&text), buf_str(&now)))
		return true;
	return add_step(plan, path, &now, &text, e);
}

static const struct verb_param write_params[] = {
	{ .name = "path", .type = PARAM_TEXT,
	  .help = "Another file than the setting banner.path says" }
};

static const struct verb verbs[] = {
	{ .name = "banner.show", .role = ROLE_VIEWER,
	  .help = "Show what the banner before a login would say",
	  .read = show_read, .schema = "{\"text\":\"string\"}",
	  .view = "raw: text" },
	{ .name = "banner.write", .role = ROLE_ADMIN, .risk = RISK_LOW,
	  .help = "Write the banner that is shown before a login",
	  .detail = "Host, addresses, public URL, version and which parts of "
	  "Sametime need a look, for agetty(8) on a kiosk console.  Anybody "
	  "who sees that screen can read it.  The files in "
	  "share/stconsole/kiosk make agetty show it; serve writes it again "
	  "every banner.refresh_s seconds, as the setting was when it "
	  "started.",
	  .params = write_params, .param_count = LENGTH(write_params),
	  .writes_elsewhere = true, .plan = write_plan },
	{ .name = "banner.keep", .role = ROLE_ADMIN,
	  .help = "Write the banner every banner.refresh_s seconds until "
	  "stopped (started by serve)", .follows = true,
	  .writes_elsewhere = true, .direct = banner_keep_direct,
	  .schema = "{\"written\":\"int\"}" }
};

const struct service banner_service = {
	.name = "banner", .verbs = verbs, .verb_count = LENGTH(verbs),
	.actions = &write_action, .action_count = 1
};
