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

struct chain {
	int64_t		 count;
	char		 hash[DIGEST_HEX_SIZE];
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
chain_file(struct chain *c, const char *path, struct err *e)
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
		if (!chain_step(c, p, (size_t)(nl - p), why)) {
			err_set(e, ERR_AUDIT, (int)number, T_AUDIT_LINE, path,
			    number, why);
			return err_hint(e, T_AUDIT_HINT);
		}
	}
	return true;
}

static int
is_year(const struct dirent *d)
{
	return strlen(d->d_name) == 10 && str_ends(d->d_name, ".jsonl");
}

/* Calls f for each year's file, oldest first. */
static bool
each_year(const struct store *store, bool (*f)(void *, const char *,
    struct err *), void *arg, struct err *e)
{
	AUTO_FREE char	*dir = store_path(store, "audit");
	struct dirent	**list = NULL;
	int		 n, i;
	bool		 ok = true;

	if (dir == NULL)
		return err_nomem(e);
	n = scandir(dir, &list, is_year, alphasort);
	for (i = 0; i < n; i++) {
		AUTO_FREE char *path = str_format("%s/%s", dir,
		    list[i]->d_name);

		ok = ok && (path != NULL ? f(arg, path, e) : err_nomem(e));
		free(list[i]);
	}
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

	memset(head, 0, sizeof(*head));
	*there = path != NULL && file_exists(AT_FDCWD, path);
	if (!*there)
		return path != NULL ? true : err_nomem(e);
	if (!file_read(AT_FDCWD, path, 256, &b, e))
		return false;
	if (sscanf(buf_str(&b), "%lld %64s", &count, head->hash) != 2)
		return err_set(e, ERR_AUDIT, 0, T_AUDIT_HEAD);
	head->count = count;
	return true;
}

static bool
verify_year(void *arg, const char *path, struct err *e)
{
	return chain_file(arg, path, e);
}

bool
audit_verify(const struct store *store, int64_t *lines, struct err *e)
{
	struct chain	 head, c = { 0 };
	bool		 there;

	*lines = 0;
	if (!head_read(store, &head, &there, e) ||
	    !each_year(store, verify_year, &c, e))
		return false;
	*lines = c.count;
	if (c.count < head.count) {
		err_set(e, ERR_AUDIT, 0, T_AUDIT_CUT, (long long)c.count,
		    (long long)head.count);
		return err_hint(e, T_AUDIT_HINT);
	}
	if (c.count > head.count + 1 || (c.count == head.count &&
	    strcmp(c.hash, head.hash) != 0)) {
		err_set(e, ERR_AUDIT, 0, T_AUDIT_HEAD);
		return err_hint(e, T_AUDIT_HINT);
	}
	return true;
}

/* The last whole line of the newest year, to find a line beyond the head. */
static bool
last_of_year(void *arg, const char *path, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	struct chain		*c = arg;
	const char		*end, *start;
	AUTO_JSON json_t	*j = NULL;

	if (!file_read(AT_FDCWD, path, AUDIT_MAX, &text, e))
		return false;
	end = text.data != NULL ? memrchr(text.data, '\n', text.len) : NULL;
	if (end == NULL)
		return true;
	for (start = end; start > text.data && start[-1] != '\n'; start--)
		;
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
make_line(struct ctx *ctx, const struct verb *v, const json_t *params,
    const char *plan_hash, const char *job, const char *outcome,
    const struct err *why, const char *command, const struct chain *c)
{
	char now[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(ctx->clock), now);
	return json_pack("{s:I, s:s, s:s, s:I, s:s, s:s, s:s, s:O, s:s, "
	    "s:s*, s:s*, s:s, s:s*, s:s*, s:s}", "seq",
	    (json_int_t)c->count + 1, "time", now, "user", ctx->who->user,
	    "uid", (json_int_t)ctx->who->uid, "sudo_user",
	    ctx->who->sudo_user, "site", ctx->site_id, "verb", v->name,
	    "params", params, "command", command, "plan", plan_hash, "job",
	    job, "outcome", outcome, "error",
	    why != NULL ? err_domain_name(why->domain) : NULL, "message",
	    why != NULL ? why->msg : NULL, "prev", c->hash);
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

static bool
script_add(struct ctx *ctx, const struct verb *v, const char *command,
    const char *job, const char *outcome, struct err *e)
{
	AUTO_FREE char		*path = store_path(ctx->store,
	    "audit/script.log");
	AUTO_BUF struct buf	 b = BUF_INIT;
	char			 now[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(ctx->clock), now);
	buf_printf(&b, "# %s %s: %s%s%s\n%s%s\n", now, ctx->who->user,
	    outcome, job != NULL ? ", job " : "", job != NULL ? job : "",
	    command, v->plan != NULL ? " --yes" : "");
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
	    !each_year(ctx->store, last_of_year, &last, e))
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
	char		 now[CLOCK_ISO_SIZE];

	clock_iso(clock_wall_ms(ctx->clock), now);
	path = store_path(ctx->store, "audit/%.4s.jsonl", now);
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
	AUTO_JSON json_t	*line = NULL;
	AUTO_CLOSE int		 lock = -1;
	struct chain		 c;

	verb_command(ctx, v, params, &command);
	if (dir == NULL || !buf_ok(&command, e))
		return err_nomem(e);
	if (!file_make_dirs(dir, 0700, e))
		return false;
	lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_sys(e, "%s", dir);
	if (!chain_load(ctx, &c, e))
		return false;
	line = make_line(ctx, v, params, plan_hash, job, outcome, why,
	    buf_str(&command), &c);
	return audit_append(ctx, &c, line, e) && script_add(ctx, v,
	    buf_str(&command), job, outcome, e);
}

static bool
read_year(void *arg, const char *path, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	const char		*p, *end, *nl;
	json_t			*j;

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
	if (!each_year(store, read_year, all, e))
		return NULL;
	for (i = json_array_size(all); i-- > 0 &&
	    json_array_size(out) < limit;)
		json_array_append(out, json_array_get(all, i));
	return TAKE(out);
}
