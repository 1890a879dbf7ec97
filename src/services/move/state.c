/*
 * The state of a move on disk:
 *
 *   {"format":1,"key","nonce","job","phase","dbs":[...],"from","to",
 *    "keeper"?,			blobs of the URLs
 *    "source":{"hosts","version"},"target":{...},
 *    "block","command"?,"cutover","workers",
 *    "begun_ms","t0","at",		operation times; at 0: no snapshot
 *    "items":[{"db","name","entry","done","again"?,"outside"?,"why"?,
 *      "hash","docs","bytes","compared"}],
 *    "streams":{DB:{"token"?,"time"}}, "lag_ms",
 *    "done":{STEP:true}, "remarks":[TEXT],
 *    "blocked_ms","quiet_ms","verified_ms","final", ...}
 *
 * It is written whole, so that a kill leaves the one before or the one after.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/blob.h"
#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/settings.h"
#include "stconsole/site.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "move.h"
#include "text.def"

#define STATE_MAX	(64u << 20)
#define SAVE_EVERY_MS	500
#define ANSWER_MS	3600000		/* an index takes its time */

char *
move_path(struct ctx *ctx, const char *key, struct err *e)
{
	AUTO_FREE char	*dir = store_site_path(ctx->store, ctx->site_id,
	    "moves", e);
	char		*path;

	if (dir == NULL)
		return NULL;
	path = str_format("%s/%s.json", dir, key);
	if (path == NULL)
		err_nomem(e);
	return path;
}

static json_t *
state_load(const char *path, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;

	if (!file_read(AT_FDCWD, path, STATE_MAX, &text, e))
		return NULL;
	return json_parse(buf_str(&text), text.len, e);
}

static bool
secret_load(struct ctx *ctx, const char *digest, struct secret **out,
    struct err *e)
{
	struct buf	 text = BUF_INIT;
	bool		 ok = blob_get(ctx, digest, &text, e);

	if (ok)
		ok = (*out = secret_new(text.data, text.len, e)) != NULL;
	buf_wipe(&text);
	return ok;
}

bool
move_peek(struct ctx *ctx, const char *key, struct move *m, struct err *e)
{
	struct site	*site;

	m->ctx = ctx;
	return site_need(ctx, &site, e) &&
	    (m->path = move_path(ctx, key, e)) != NULL &&
	    (m->state = state_load(m->path, e)) != NULL;
}

bool
move_open(struct ctx *ctx, const json_t *args, struct move *m,
    struct err *e)
{
	m->args = args;
	if (!move_peek(ctx, json_text(args, "key"), m, e))
		return false;
	return secret_load(ctx, json_text(m->state, "from"), &m->from, e) &&
	    secret_load(ctx, json_text(m->state, "to"), &m->to, e);
}

void
move_fini(struct move *m)
{
	mongo_close(m->source);
	mongo_close(m->target);
	secret_free(m->from);
	secret_free(m->to);
	json_decref(m->state);
	free(m->path);
	memset(m, 0, sizeof(*m));
}

/* Moves are few; the file that was begun last is the one that counts. */
bool
move_newest(struct ctx *ctx, json_t **state, struct err *e)
{
	AUTO_FREE char	*dir = NULL;
	struct site	*site;
	struct dirent	*entry;
	DIR		*d;

	*state = NULL;
	if (!site_need(ctx, &site, e) || (dir = store_site_path(ctx->store,
	    ctx->site_id, "moves", e)) == NULL)
		return false;
	if ((d = opendir(dir)) == NULL)
		return err_sys(e, "%s", dir);
	while ((entry = readdir(d)) != NULL) {
		AUTO_FREE char	*path = str_format("%s/%s", dir,
		    entry->d_name);
		AUTO_JSON json_t *one = NULL;

		if (!str_ends(entry->d_name, ".json") || path == NULL)
			continue;
		one = state_load(path, e);
		if (one == NULL) {
			closedir(d);
			json_decref(TAKE(*state));
			return err_context(e, "%s", path);
		}
		if (*state != NULL && json_int(one, "begun_ms", 0) <
		    json_int(*state, "begun_ms", 0))
			continue;
		json_decref(*state);
		*state = TAKE(one);
	}
	closedir(d);
	return true;
}

bool
move_save(struct move *m, struct err *e)
{
	AUTO_FREE char	*text = json_dumps(m->state, JSON_COMPACT);

	if (text == NULL)
		return err_nomem(e);
	m->saved_ms = clock_mono_ms(m->ctx->clock);
	return file_write(AT_FDCWD, m->path, text, strlen(text), 0600, e);
}

bool
move_save_soon(struct move *m, struct err *e)
{
	if (clock_mono_ms(m->ctx->clock) - m->saved_ms < SAVE_EVERY_MS)
		return true;
	return move_save(m, e);
}

bool
move_set(struct move *m, const char *name, json_t *taken, struct err *e)
{
	return json_object_set_new(m->state, name, taken) == 0 ||
	    err_nomem(e);
}

bool
move_phase(struct move *m, const char *phase, struct err *e)
{
	return move_set(m, "phase", json_string(phase), e) &&
	    move_save(m, e);
}

bool
move_done(struct move *m, const char *step, struct err *e)
{
	json_t	*done = json_object_get(m->state, "done");

	return (json_object_set_new(done, step, json_true()) == 0 ||
	    err_nomem(e)) && move_save(m, e);
}

bool
move_is_done(const struct move *m, const char *step)
{
	return json_flag(json_object_get(m->state, "done"), step);
}

bool
move_remark(struct move *m, struct err *e, const char *fmt, ...)
{
	AUTO_BUF struct buf	 line = BUF_INIT;
	json_t			*list = json_object_get(m->state, "remarks");
	const json_t		*have;
	size_t			 i;
	va_list			 ap;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	if (!buf_ok(&line, e))
		return false;
	/* A step that is taken up again would say it twice. */
	json_array_foreach (list, i, have)
		if (str_equal(json_string_value(have), buf_str(&line)))
			return true;
	return json_array_append_new(list, json_lossy(buf_str(&line),
	    line.len)) == 0 || err_nomem(e);
}

static bool
side_open(struct move *m, const struct secret *url, struct mongo **side,
    struct err *e)
{
	int64_t			 ms;
	struct mongo_open_spec	 spec = { .url = url,
		.wants = MONGO_PRIMARY, .answer_ms = ANSWER_MS };

	if (*side != NULL)
		return true;
	if (!settings_get_int(m->ctx, "mongo.timeout_ms", &ms, e))
		return false;
	spec.timeout_ms = ms < 100 ? 100 : ms > 600000 ? 600000 : (int)ms;
	return mongo_open_as(&spec, side, e);
}

bool
move_source(struct move *m, struct err *e)
{
	return side_open(m, m->from, &m->source, e) ||
	    err_context(e, T_SOURCE);
}

/* Whoever else moves into it put a marker of another move there. */
static bool
marker_check(struct move *m, struct err *e)
{
	AUTO_MONGO_DOC struct mongo_doc found = { .text = NULL };
	AUTO_JSON json_t	*doc = NULL;
	struct mongo_where	 w = { json_string_value(json_array_get(
	    json_object_get(m->state, "dbs"), 0)), MOVE_MARKER };

	/* Before it is ours to write, and after it has been removed. */
	if (!move_is_done(m, "begin") || str_equal(json_str(m->state,
	    "phase"), "done"))
		return true;
	if (!mongo_find_one(m->target, &w, "{\"_id\":\"move\"}", &found, e))
		return false;
	if (found.text == NULL)
		return err_set(e, ERR_CHANGED, 0, T_MARKER_GONE,
		    mongo_hosts(m->target));
	if ((doc = move_parse(found.text, e)) == NULL)
		return false;
	if (str_equal(json_str(doc, "nonce"), json_str(m->state, "nonce")))
		return true;
	err_set(e, ERR_HELD, 0, T_MARKER_OTHER, mongo_hosts(m->target),
	    json_text(doc, "user"), json_text(doc, "host"),
	    json_text(doc, "time"));
	return err_hint(e, T_MARKER_OTHER_HINT);
}

bool
move_target(struct move *m, struct err *e)
{
	if (m->target != NULL)
		return true;
	if (!side_open(m, m->to, &m->target, e))
		return err_context(e, T_TARGET);
	return marker_check(m, e);
}

bool
move_keeper(struct move *m, struct mongo **out, struct err *e)
{
	AUTO_SECRET struct secret *url = NULL;

	*out = NULL;
	return secret_load(m->ctx, json_text(m->state, "keeper"), &url, e) &&
	    side_open(m, url, out, e);
}

const char **
move_dbs(const struct move *m, struct err *e)
{
	const json_t	*list = json_object_get(m->state, "dbs"), *name;
	const char	**dbs = calloc(json_array_size(list) + 1,
	    sizeof(*dbs));
	size_t		 i;

	if (dbs == NULL) {
		err_nomem(e);
		return NULL;
	}
	json_array_foreach (list, i, name)
		dbs[i] = json_string_value(name);
	return dbs;
}
