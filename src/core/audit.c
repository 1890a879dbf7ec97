/*
 * The audit chain.  A line is canonical JSON; its "hash" is the SHA-256 of
 * the previous hash and the line without "hash".  STATE/audit/head is
 * written after the line: a kill between the two leaves one line more than
 * the head counts, which the next writer and the verifier accept.
 */
#include "stconsole/audit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <syslog.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

#include "text.def"

#define AUDIT_MAX	(512u << 20)
#define TAIL_BYTES	65536
#define YEAR_SIZE	16	/* 2026.jsonl */

struct chain {
	int64_t		 count;
	char		 hash[DIGEST_HEX_SIZE];
};

/* Walking: the head is held against the line that it counts. */
struct walk {
	struct chain	 c, head;
	bool		 head_fits;
};

/* Parses one line and holds it against the chain so far. */
static bool
chain_step(struct chain *c, const char *line, size_t len, char why[160])
{
	AUTO_JSON json_t	*j = json_parse(line, len, NULL);
	AUTO_FREE char		*hash = NULL, *text = NULL;
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			 made[DIGEST_HEX_SIZE];

	snprintf(why, 160, "%s", T_AUDIT_JSON);
	if (json_str(j, "hash") == NULL)
		return false;
	hash = strdup(json_str(j, "hash"));
	text = json_canonical(j);
	if (text == NULL || strlen(text) != len ||
	    memcmp(text, line, len) != 0)
		return false;
	free(TAKE(text));
	json_object_del(j, "hash");
	text = json_canonical(j);
	buf_printf(&b, "%s%s", c->hash, text != NULL ? text : "");
	digest_sha256(buf_str(&b), b.len, made);
	snprintf(why, 160, "%s", T_AUDIT_PREV);
	if (strcmp(json_text(j, "prev"), c->hash) != 0)
		return false;
	snprintf(why, 160, T_AUDIT_SEQ, (long long)json_int(j, "seq", -1),
	    (long long)c->count + 1);
	if (json_int(j, "seq", -1) != c->count + 1)
		return false;
	snprintf(why, 160, "%s", T_AUDIT_HASH);
	if (hash == NULL || b.failed || strcmp(hash, made) != 0)
		return false;
	c->count++;
	snprintf(c->hash, sizeof(c->hash), "%s", made);
	return true;
}

static bool
chain_file(struct walk *w, const char *path, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	const char		*p, *end, *nl;
	char			 why[160];
	long long		 number = 1;

	if (!file_read(AT_FDCWD, path, AUDIT_MAX, &text, e))
		return false;
	end = buf_str(&text) + text.len;
	for (p = buf_str(&text); p < end; p = nl + 1, number++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		/* Torn by a kill: it was never counted. */
		if (nl == NULL)
			break;
		if (!chain_step(&w->c, p, (size_t)(nl - p), why)) {
			err_set(e, ERR_AUDIT, (int)number, T_AUDIT_LINE, path,
			    number, why);
			return err_hint(e, T_AUDIT_HINT);
		}
		if (w->c.count == w->head.count)
			w->head_fits = strcmp(w->c.hash, w->head.hash) == 0;
	}
	return true;
}

static int
is_year(const struct dirent *d)
{
	return strlen(d->d_name) == 10 && str_ends(d->d_name, ".jsonl");
}

/*
 * Calls f for each year's file, oldest first (step 1) or newest first (-1),
 * until it sets *stop.  A folder that is not there yet has no files.
 */
static bool
each_year(const struct store *store, int step, bool (*f)(void *,
    const char *, bool *stop, struct err *), void *arg, struct err *e)
{
	AUTO_FREE char	*dir = store_path(store, "audit");
	struct dirent	**list = NULL;
	int		 n, i;
	bool		 ok = true, stop = false;

	if (dir == NULL)
		return err_nomem(e);
	n = scandir(dir, &list, is_year, alphasort);
	if (n < 0)
		return errno == ENOENT ? true : err_sys(e, "%s", dir);
	for (i = step > 0 ? 0 : n - 1; i >= 0 && i < n && ok && !stop;
	    i += step) {
		AUTO_FREE char *path = str_format("%s/%s", dir,
		    list[i]->d_name);

		ok = path != NULL ? f(arg, path, &stop, e) : err_nomem(e);
	}
	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return ok;
}

static bool
head_read(const struct store *store, struct chain *head, bool *there,
    struct err *e)
{
	AUTO_FREE char		*path = store_path(store, "audit/head");
	AUTO_BUF struct buf	 b = BUF_INIT;
	long long		 count = 0;
	struct err		 why = { 0 };

	memset(head, 0, sizeof(*head));
	*there = false;
	if (path == NULL)
		return err_nomem(e);
	if (!file_read(AT_FDCWD, path, 256, &b, &why))
		return why.code == ENOENT ? true : err_copy(e, &why);
	*there = true;
	if (sscanf(buf_str(&b), "%lld %64s", &count, head->hash) != 2)
		return err_set(e, ERR_AUDIT, 0, T_AUDIT_HEAD);
	head->count = count;
	return true;
}

static bool
verify_year(void *arg, const char *path, bool *stop, struct err *e)
{
	(void)stop;
	return chain_file(arg, path, e);
}

/*
 * Shared for readers, so that head and lines belong together.  -1 with *e;
 * *missing when there is no audit yet.
 */
static int
audit_lock(const struct store *store, int how, bool *missing, struct err *e)
{
	AUTO_FREE char	*dir = store_path(store, "audit");
	int		 fd = -1;

	*missing = false;
	if (dir == NULL) {
		err_nomem(e);
		return -1;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		*missing = true;
		return -1;
	}
	while (fd >= 0 && flock(fd, how) < 0)
		if (errno != EINTR) {
			close(fd);
			fd = -1;
		}
	if (fd < 0)
		err_sys(e, "%s", dir);
	return fd;
}

bool
audit_verify(const struct store *store, int64_t *lines, struct err *e)
{
	struct walk	 w = { .head_fits = true };
	bool		 there, missing;
	AUTO_CLOSE int	 lock = audit_lock(store, LOCK_SH, &missing, e);

	*lines = 0;
	if (lock < 0)
		return missing;
	if (!head_read(store, &w.head, &there, e) ||
	    !each_year(store, 1, verify_year, &w, e))
		return false;
	*lines = w.c.count;
	if (w.c.count < w.head.count) {
		err_set(e, ERR_AUDIT, 0, T_AUDIT_CUT, (long long)w.c.count,
		    (long long)w.head.count);
		return err_hint(e, T_AUDIT_HINT);
	}
	if (w.c.count > w.head.count + 1 || !w.head_fits) {
		err_set(e, ERR_AUDIT, 0, T_AUDIT_HEAD);
		return err_hint(e, T_AUDIT_HINT);
	}
	return true;
}

/*
 * The end of a file, from the line before the last newline on; a torn line
 * behind it does not count.  Reads no more than it needs: a year is long.
 */
static bool
tail_read(int fd, off_t size, struct buf *out, struct err *e)
{
	off_t	window = TAIL_BYTES, from;
	char	*nl;
	ssize_t	n;

	for (;; window *= 2) {
		from = size > window ? size - window : 0;
		buf_reset(out);
		buf_reserve(out, (size_t)(size - from));
		if (!buf_ok(out, e))
			return false;
		n = pread(fd, out->data, (size_t)(size - from), from);
		if (n < 0)
			return err_sys(e, T_AUDIT_TAIL);
		out->len = (size_t)n;
		out->data[out->len] = '\0';
		nl = memrchr(out->data, '\n', out->len);
		if (from == 0 || (nl != NULL && memrchr(out->data, '\n',
		    (size_t)(nl - out->data)) != NULL))
			return true;
	}
}

static bool
newest_year(void *arg, const char *path, bool *stop, struct err *e)
{
	const char *slash = strrchr(path, '/');

	(void)e;
	snprintf(arg, YEAR_SIZE, "%s", slash != NULL ? slash + 1 : path);
	return *stop = true;
}

/* The last whole line of the newest year that has one. */
static bool
last_of_year(void *arg, const char *path, bool *stop, struct err *e)
{
	AUTO_CLOSE int		 fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t			 size = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct chain		*c = arg;
	const char		*end, *start;
	AUTO_JSON json_t	*j = NULL;

	if (size < 0)
		return err_sys(e, "%s", path);
	if (!tail_read(fd, size, &text, e))
		return false;
	end = text.len > 0 ? memrchr(text.data, '\n', text.len) : NULL;
	if (end == NULL)
		return true;
	for (start = end; start > text.data && start[-1] != '\n'; start--)
		;
	*stop = true;
	j = json_parse(start, (size_t)(end - start), NULL);
	if (json_str(j, "hash") == NULL)
		return true;
	c->count = json_int(j, "seq", 0);
	snprintf(c->hash, sizeof(c->hash), "%s", json_text(j, "hash"));
	return true;
}

/* Where the last whole line ends: a torn one must not swallow the next. */
static off_t
whole_end(int fd)
{
	off_t	end = lseek(fd, 0, SEEK_END);
	char	c;

	for (; end > 0; end--)
		if (pread(fd, &c, 1, end - 1) != 1 || c == '\n')
			break;
	return end;
}

static bool
append(const char *path, const char *text, struct err *e)
{
	AUTO_CLOSE int	fd = open(path, O_RDWR | O_CREAT | O_APPEND |
	    O_CLOEXEC, 0600);
	off_t		end = fd >= 0 ? whole_end(fd) : -1;
	int		ignored;

	if (end < 0 || ftruncate(fd, end) < 0)
		return err_sys(e, "%s", path);
	if (file_write_all(fd, text, strlen(text), e) &&
	    (fdatasync(fd) == 0 || err_sys(e, "%s", path)))
		return true;
	ignored = ftruncate(fd, end);
	(void)ignored;
	return err_context(e, "%s", path);
}

static json_t *
lossy(const char *s)
{
	return s != NULL ? json_lossy(s, strlen(s)) : NULL;
}

/*
 * What is written of the parameters: of a file its digest, since it may be
 * long, and of a refused call no "value", since nobody has looked yet whether
 * a secret was typed there.
 */
static json_t *
shown_params(const struct verb *v, const json_t *params, bool was_refused)
{
	json_t		*out = json_copy((json_t *)(uintptr_t)params);
	const char	*text;
	char		 hex[DIGEST_HEX_SIZE];
	size_t		 i;

	for (i = 0; out != NULL && i < v->param_count; i++) {
		text = json_str(out, v->params[i].name);
		if (text == NULL)
			continue;
		if (v->params[i].type == PARAM_INPUT) {
			digest_sha256(text, strlen(text), hex);
			json_object_set_new(out, v->params[i].name,
			    json_pack("{s:s}", "$sha256", hex));
		} else if (was_refused && strcmp(v->params[i].name,
		    "value") == 0) {
			json_object_set_new(out, v->params[i].name,
			    json_string("..."));
		}
	}
	return out;
}

static json_t *
make_line(struct ctx *ctx, const struct verb *v, const json_t *params,
    const char *plan_hash, const char *job, const char *outcome,
    const struct err *why, const char *command, const struct chain *c)
{
	char now[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(ctx->clock), now);
	return json_pack("{s:I, s:s, s:o, s:I, s:o, s:s, s:s, s:O, s:o, "
	    "s:s*, s:s*, s:s, s:s*, s:o*, s:s}", "seq",
	    (json_int_t)c->count + 1, "time", now, "user",
	    lossy(ctx->who->user), "uid", (json_int_t)ctx->who->uid,
	    "sudo_user", lossy(ctx->who->sudo_user), "site", ctx->site_id,
	    "verb", v->name, "params", params, "command", lossy(command),
	    "plan", plan_hash, "job", job, "outcome", outcome, "error",
	    why != NULL ? err_domain_name(why->domain) : NULL, "message",
	    why != NULL ? lossy(why->msg) : NULL, "prev", c->hash);
}

static bool
seal_line(json_t *line, struct chain *c, char **text)
{
	AUTO_FREE char		*bare = json_canonical(line);
	AUTO_FREE char		*whole = NULL;
	AUTO_BUF struct buf	 b = BUF_INIT;

	if (bare == NULL)
		return false;
	buf_printf(&b, "%s%s", c->hash, bare);
	digest_sha256(buf_str(&b), b.len, c->hash);
	c->count++;
	json_object_set_new(line, "hash", json_string(c->hash));
	whole = json_canonical(line);
	*text = whole != NULL ? str_format("%s\n", whole) : NULL;
	return *text != NULL && !b.failed;
}

static bool
head_write(struct ctx *ctx, const struct chain *c, struct err *e)
{
	AUTO_FREE char	*path = store_path(ctx->store, "audit/head");
	char		 text[128];

	if (path == NULL)
		return err_nomem(e);
	snprintf(text, sizeof(text), "%lld %s\n", (long long)c->count,
	    c->hash);
	if (!file_write(AT_FDCWD, path, text, strlen(text), 0600, e))
		return false;
	openlog("stconsole", 0, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "audit %lld %s", (long long)c->count, c->hash);
	closelog();
	return true;
}

/*
 * The script can be run again as it is: what was not done stands there as a
 * comment, all of its lines.
 */
static void
script_command(struct buf *b, const char *command, bool is_done)
{
	if (!is_done)
		buf_puts(b, "# ");
	for (; *command != '\0'; command++) {
		buf_putc(b, *command);
		if (*command == '\n' && !is_done)
			buf_puts(b, "# ");
	}
}

static bool
script_add(struct ctx *ctx, const struct verb *v, const char *command,
    const char *job, const char *outcome, struct err *e)
{
	AUTO_FREE char		*path = store_path(ctx->store,
	    "audit/script.log");
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			 now[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(ctx->clock), now);
	buf_printf(&b, "# %s %s: %s%s%s\n", now, ctx->who->user, outcome,
	    job != NULL ? ", job " : "", job != NULL ? job : "");
	script_command(&b, command, strcmp(outcome, "done") == 0 ||
	    strcmp(outcome, "waiting") == 0);
	buf_printf(&b, "%s\n", v->plan != NULL ? " --yes" : "");
	if (path == NULL || !buf_ok(&b, e))
		return err_nomem(e);
	return append(path, buf_str(&b), e);
}

static bool
chain_load(struct ctx *ctx, struct chain *c, struct err *e)
{
	struct chain	last = { 0 };
	bool		there;

	if (!head_read(ctx->store, c, &there, e) ||
	    !each_year(ctx->store, -1, last_of_year, &last, e))
		return false;
	if (last.count == c->count + 1)
		*c = last;
	return true;
}

static bool
audit_append(struct ctx *ctx, struct chain *c, json_t *line, struct err *e)
{
	AUTO_FREE char	*text = NULL;
	AUTO_FREE char	*path = NULL;
	char		 now[CLOCK_ISO_SIZE], newest[YEAR_SIZE] = "";

	/* A clock that was set back must not put a line before older ones. */
	clock_iso(clock_wall_ms(ctx->clock), now);
	if (!each_year(ctx->store, -1, newest_year, newest, e))
		return false;
	path = strncmp(newest, now, 4) > 0 ?
	    store_path(ctx->store, "audit/%s", newest) :
	    store_path(ctx->store, "audit/%.4s.jsonl", now);
	if (path == NULL || line == NULL || !seal_line(line, c, &text))
		return err_nomem(e);
	return append(path, text, e) && head_write(ctx, c, e);
}

bool
audit_add(struct ctx *ctx, const struct verb *v, const json_t *params,
    const char *plan_hash, const char *job, const char *outcome,
    const struct err *why, struct err *e)
{
	AUTO_FREE char		*dir = store_path(ctx->store, "audit");
	AUTO_BUF struct buf	 command = BUF_INIT;
	AUTO_JSON json_t	*shown = shown_params(v, params,
	    strcmp(outcome, "refused") == 0);
	AUTO_JSON json_t	*line = NULL;
	AUTO_CLOSE int		 lock = -1;
	struct chain		 c;
	bool			 missing;

	if (dir == NULL || shown == NULL)
		return err_nomem(e);
	verb_command(ctx, v, shown, &command);
	if (!buf_ok(&command, e) || !file_make_dirs(dir, 0700, e))
		return false;
	lock = audit_lock(ctx->store, LOCK_EX, &missing, e);
	if (lock < 0)
		return missing ? err_sys(e, "%s", dir) : false;
	if (!chain_load(ctx, &c, e))
		return false;
	line = make_line(ctx, v, shown, plan_hash, job, outcome, why,
	    buf_str(&command), &c);
	return audit_append(ctx, &c, line, e) &&
	    (strcmp(outcome, AUDIT_BEGUN) == 0 || script_add(ctx, v,
	    buf_str(&command), job, outcome, e));
}

static bool
read_year(void *arg, const char *path, bool *stop, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	const char		*p, *end, *nl;
	json_t			*j;

	(void)stop;
	if (!file_read(AT_FDCWD, path, AUDIT_MAX, &text, e))
		return false;
	end = buf_str(&text) + text.len;
	for (p = buf_str(&text); p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			break;
		j = json_parse(p, (size_t)(nl - p), NULL);
		if (j != NULL && json_array_append_new(arg, j) < 0)
			return err_nomem(e);
	}
	return true;
}

json_t *
audit_read(const struct store *store, size_t limit, struct err *e)
{
	AUTO_JSON json_t	*all = json_array();
	AUTO_JSON json_t	*out = json_array();
	size_t			 i;

	if (all == NULL || out == NULL) {
		err_nomem(e);
		return NULL;
	}
	if (!each_year(store, 1, read_year, all, e))
		return NULL;
	for (i = json_array_size(all); i-- > 0 &&
	    json_array_size(out) < limit;)
		json_array_append(out, json_array_get(all, i));
	return TAKE(out);
}
