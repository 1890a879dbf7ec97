/*
 * Which documents were touched since T0, as lines of JSON in a file:
 * ["db","name",ID].  A document that is not among them is what the copy
 * proved it to be; one that is among them is compared on both sides.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "move.h"
#include "parts.h"

#define TOUCHED_MAX	(1u << 30)

static bool
ids_put(json_t *ids, const char *place, const char *id, struct err *e)
{
	json_t	*set = json_object_get(ids, place);

	if (set == NULL) {
		set = json_object();
		if (json_object_set_new(ids, place, set) < 0)
			return err_nomem(e);
	}
	return json_object_set_new(set, id, json_true()) == 0 ||
	    err_nomem(e);
}

/* A torn last line was never followed by its token: it comes again. */
static bool
lines_read(struct touched *t, char *text, struct err *e)
{
	char	*line, *end;

	for (line = text; (end = strchr(line, '\n')) != NULL;
	    line = end + 1) {
		AUTO_JSON json_t *row = NULL;

		*end = '\0';
		row = json_loads(line, 0, NULL);
		if (row == NULL)
			continue;
		if (!ids_put(t->ids, json_string_value(json_array_get(row,
		    0)), json_string_value(json_array_get(row, 1)), e))
			return false;
	}
	return true;
}

bool
touched_open(struct move *m, struct touched *t, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	t->fd = -1;
	t->ids = json_object();
	t->path = str_format("%.*s.touched", (int)(strlen(m->path) -
	    strlen(".json")), m->path);
	if (t->ids == NULL || t->path == NULL)
		return err_nomem(e);
	if (file_exists(AT_FDCWD, t->path) &&
	    !file_read(AT_FDCWD, t->path, TOUCHED_MAX, &text, e))
		return false;
	if (text.data != NULL && !lines_read(t, text.data, e))
		return false;
	t->fd = open(t->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
	    0600);
	return t->fd >= 0 || err_sys(e, "%s", t->path);
}

void
touched_fini(struct touched *t)
{
	if (t->fd >= 0)
		close(t->fd);
	json_decref(t->ids);
	free(t->path);
	*t = (struct touched){ NULL, -1, NULL };
}

static bool
rows_put(const json_t *ids, struct buf *out, struct err *e)
{
	const char	*place, *id;
	json_t		*set, *yes;

	json_object_foreach ((json_t *)ids, place, set)
		json_object_foreach (set, id, yes) {
			AUTO_JSON json_t *row = json_pack("[s, s]", place,
			    id);
			AUTO_FREE char	*text = move_text(row);

			if (text == NULL)
				return err_nomem(e);
			buf_puts(out, text);
			buf_putc(out, '\n');
		}
	return buf_ok(out, e);
}

bool
touched_add(struct touched *t, const json_t *batch, struct err *e)
{
	AUTO_BUF struct buf	 rows = BUF_INIT;
	const char		*place, *id;
	json_t			*set, *yes;

	json_object_foreach ((json_t *)batch, place, set)
		json_object_foreach (set, id, yes)
			if (!ids_put(t->ids, place, id, e))
				return false;
	if (!rows_put(batch, &rows, e))
		return false;
	if (rows.len == 0)
		return true;
	if (!file_write_all(t->fd, rows.data, rows.len, e))
		return err_context(e, "%s", t->path);
	return fdatasync(t->fd) == 0 || err_sys(e, "%s", t->path);
}

bool
touched_rewrite(struct touched *t, struct err *e)
{
	AUTO_BUF struct buf	rows = BUF_INIT;

	if (!rows_put(t->ids, &rows, e) || !file_write(AT_FDCWD, t->path,
	    buf_str(&rows), rows.len, 0600, e))
		return false;
	/* The name leads to a new file now. */
	close(t->fd);
	t->fd = open(t->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return t->fd >= 0 || err_sys(e, "%s", t->path);
}

size_t
touched_count(const json_t *ids)
{
	const char	*place;
	json_t		*set;
	size_t		 n = 0;

	json_object_foreach ((json_t *)ids, place, set)
		n += json_object_size(set);
	return n;
}

/* --- comparing both sides ----------------------------------------------- */

struct comparing {
	struct move	*m;
	const char	*db, *name;
	json_t		*differ;	/* ids; new */
	uint64_t	 equal;
};

static bool
hash_add(void *arg, struct mongo_bytes doc, struct err *e)
{
	(void)e;
	mongo_hash_add(arg, doc.data, doc.len);
	return true;
}

static bool
chunk_compare(void *arg, const json_t *chunk, struct err *e)
{
	struct comparing	*c = arg;
	struct mongo_hash	 a = { 0, 0, 0, 0 }, b = { 0, 0, 0, 0 };

	if (!apply_fetch(c->m->source, c->db, c->name, chunk, hash_add, &a,
	    e) || !apply_fetch(c->m->target, c->db, c->name, chunk, hash_add,
	    &b, e))
		return false;
	if (!mongo_hash_is_equal(&a, &b))
		return json_object_update(c->differ, (json_t *)chunk) == 0 ||
		    err_nomem(e);
	c->equal += json_object_size(chunk);
	return true;
}

static bool
place_compare(struct comparing *c, const char *place, const json_t *set,
    struct err *e)
{
	AUTO_FREE char	*db = strdup(place);
	char		*tab = db == NULL ? NULL : strchr(db, '\t');

	if (tab == NULL)
		return err_nomem(e);
	*tab = '\0';
	c->db = db;
	c->name = tab + 1;
	return apply_chunks(set, chunk_compare, c, e);
}

bool
touched_compare(struct move *m, struct touched *t, uint64_t *equal,
    struct err *e)
{
	struct comparing	 c = { .m = m };
	AUTO_JSON json_t	*left = json_object();
	const char		*place;
	json_t			*set;

	if (left == NULL)
		return err_nomem(e);
	json_object_foreach (t->ids, place, set) {
		AUTO_JSON json_t *differ = json_object();

		c.differ = differ;
		if (differ == NULL || !place_compare(&c, place, set, e))
			return false;
		if (json_object_size(differ) > 0 &&
		    json_object_set(left, place, differ) < 0)
			return err_nomem(e);
	}
	*equal = c.equal;
	json_decref(t->ids);
	t->ids = TAKE(left);
	return touched_rewrite(t, e);
}

bool
begin_forget(struct move *m, struct err *e)
{
	AUTO_FREE char *path = str_format("%.*s.touched",
	    (int)(strlen(m->path) - strlen(".json")), m->path);

	return path != NULL ? file_remove(AT_FDCWD, path, e) : err_nomem(e);
}
