/*
 * The folder of a job and what its journal says.  Nothing here acts.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "core.h"
#include "text.def"

#define PLAN_MAX	(64u << 20)

static const char *const state_names[] = {
	[JOB_RUNNING] = "running", [JOB_WAITING] = "waiting",
	[JOB_HELD] = "held", [JOB_DONE] = "done", [JOB_UNDONE] = "undone",
	[JOB_FAILED] = "failed", [JOB_CANCELLED] = "cancelled",
	[JOB_INTERRUPTED] = "interrupted"
};

const char *
job_state_name(enum job_state state)
{
	return state_names[state];
}

bool
job_id_is_valid(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len < JOB_ID_SIZE &&
	    strspn(id, "0123456789abcdef-") == len;
}

char *
job_file_path(const struct job_file *f, const char *name)
{
	return str_format("%s/%s", f->dir, name);
}

void
job_file_fini(struct job_file *f)
{
	free(f->dir);
	json_decref(f->meta);
	json_decref(f->lines);
	json_decref(f->last);
	memset(f, 0, sizeof(*f));
}

/* Sorts by time as a name; the random digits keep two apart. */
bool
job_id_make(struct ctx *ctx, char id[JOB_ID_SIZE], struct err *e)
{
	int64_t		 now_ms = clock_wall_ms(ctx->clock);
	time_t		 now = (time_t)(now_ms / 1000);
	char		 random[7], head[20];
	struct tm	 tm;

	if (!digest_random_hex(3, random, e))
		return false;
	gmtime_r(&now, &tm);
	strftime(head, sizeof(head), "%Y%m%d-%H%M%S", &tm);
	snprintf(id, JOB_ID_SIZE, "%s-%03u%s", head,
	    (unsigned)(now_ms % 1000) % 1000u, random);
	return true;
}

/* What is carried out is what was written, or nothing is. */
static bool
plan_digest(const json_t *saved, char digest[DIGEST_HEX_SIZE])
{
	AUTO_FREE char *text = saved != NULL ? json_canonical(saved) : NULL;

	if (text != NULL)
		digest_sha256(text, strlen(text), digest);
	return text != NULL;
}

static json_t *
make_meta(struct ctx *ctx, const struct plan *plan,
    const struct job_options *options, const char *id)
{
	AUTO_JSON json_t	*saved = plan_save(plan);
	const char		*site = ctx->site_wanted != NULL ?
	    ctx->site_wanted : "";
	char			 now[CLOCK_ISO_SIZE], digest[DIGEST_HEX_SIZE];

	if (!plan_digest(saved, digest))
		return NULL;
	clock_iso(clock_wall_ms(ctx->clock), now);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:i, s:s, s:O}",
	    "format", STORE_FORMAT, "id", id, "created", now, "user",
	    ctx->who->user, "sudo_user", ctx->who->sudo_user, "site",
	    ctx->site_id, "site_wanted", json_lossy(site, strlen(site)),
	    "confirm_within_s", options->confirm_within_s, "digest", digest,
	    "plan", saved);
}

static bool
write_meta(const struct job_file *f, struct err *e)
{
	AUTO_FREE char *path = job_file_path(f, "plan.json");
	AUTO_FREE char *text = json_dumps(f->meta, JSON_INDENT(1));

	if (path == NULL || text == NULL)
		return err_nomem(e);
	return file_write(AT_FDCWD, path, text, strlen(text), 0600, e);
}

bool
job_file_make(struct ctx *ctx, const struct plan *plan,
    const struct job_options *options, const char *id, struct job_file *f,
    struct err *e)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->id, sizeof(f->id), "%s", id);
	f->dir = store_path(ctx->store, "jobs/%s", f->id);
	f->meta = make_meta(ctx, plan, options, f->id);
	f->lines = json_array();
	if (f->dir == NULL || f->meta == NULL || f->lines == NULL)
		err_nomem(e);
	else if (file_make_dirs(f->dir, 0700, e) && write_meta(f, e))
		return true;
	job_file_fini(f);
	return false;
}

static char *
line_key(const char *step, const char *phase)
{
	return str_format("%s %s", phase, step);
}

/* A later line of the same phase and step takes the place of an earlier. */
static json_t *
index_lines(json_t *lines)
{
	AUTO_JSON json_t	*last = json_object();
	json_t			*line;
	size_t			 i;

	json_array_foreach (lines, i, line) {
		AUTO_FREE char *key = line_key(json_text(line, "step"),
		    json_text(line, "phase"));

		if (key == NULL || json_object_set(last, key, line) < 0)
			return NULL;
	}
	return TAKE(last);
}

bool
job_file_reload(struct job_file *f, struct err *e)
{
	AUTO_FREE char		*path = job_file_path(f, "journal");
	AUTO_JSON json_t	*lines = NULL;
	json_t			*last;

	if (path == NULL)
		return err_nomem(e);
	lines = journal_read(path, e);
	if (lines == NULL)
		return false;
	last = index_lines(lines);
	if (last == NULL)
		return err_nomem(e);
	json_decref(f->lines);
	json_decref(f->last);
	f->lines = TAKE(lines);
	f->last = last;
	return true;
}

static bool
read_meta(struct job_file *f, struct err *e)
{
	AUTO_FREE char		*path = job_file_path(f, "plan.json");
	AUTO_BUF struct buf	 text = BUF_INIT;
	char			 digest[DIGEST_HEX_SIZE];

	if (path == NULL)
		return err_nomem(e);
	if (!file_exists(AT_FDCWD, path)) {
		err_set(e, ERR_JOB, 0, T_JOB_UNKNOWN, f->id);
		return err_hint(e, T_JOB_UNKNOWN_HINT);
	}
	if (!file_read(AT_FDCWD, path, PLAN_MAX, &text, e))
		return false;
	f->meta = json_parse(buf_str(&text), text.len, e);
	if (f->meta == NULL)
		return err_context(e, "%s", path);
	if (json_int(f->meta, "format", 0) != STORE_FORMAT)
		return err_set(e, ERR_JOB, 0, T_JOB_FORMAT, f->id);
	if (!plan_digest(json_object_get(f->meta, "plan"), digest) ||
	    strcmp(digest, json_text(f->meta, "digest")) != 0)
		return err_set(e, ERR_JOB, 0, T_PLAN_BAD, f->id);
	return job_file_reload(f, e);
}

bool
job_file_open(struct ctx *ctx, const char *id, struct job_file *f,
    struct err *e)
{
	memset(f, 0, sizeof(*f));
	if (!job_id_is_valid(id)) {
		err_set(e, ERR_JOB, 0, T_JOB_UNKNOWN, id);
		return err_hint(e, T_JOB_UNKNOWN_HINT);
	}
	snprintf(f->id, sizeof(f->id), "%s", id);
	f->dir = store_path(ctx->store, "jobs/%s", id);
	if (f->dir == NULL)
		return err_nomem(e);
	if (read_meta(f, e))
		return true;
	job_file_fini(f);
	return false;
}

const json_t *
job_file_line(const struct job_file *f, const char *step, const char *phase)
{
	AUTO_FREE char	*key = line_key(step, phase);
	const json_t	*line;
	size_t		 i;

	if (key != NULL)
		return json_object_get(f->last, key);
	/* Lost memory must not make a step look as if it had never begun. */
	for (i = json_array_size(f->lines); i-- > 0;) {
		line = json_array_get(f->lines, i);
		if (strcmp(json_text(line, "phase"), phase) == 0 &&
		    strcmp(json_text(line, "step"), step) == 0)
			return line;
	}
	return NULL;
}

enum job_state
job_file_last_state(const struct job_file *f)
{
	const json_t	*line = job_file_line(f, "", "state");
	const char	*name = json_text(json_object_get(line, "data"),
	    "state");
	enum job_state	 s;

	for (s = JOB_WAITING; s <= JOB_INTERRUPTED; s++)
		if (strcmp(name, state_names[s]) == 0)
			return s;
	return JOB_INTERRUPTED;
}

enum job_state
job_file_state(const struct job_file *f)
{
	AUTO_FREE char *journal = job_file_path(f, "journal");

	if (journal != NULL && journal_is_held(journal))
		return JOB_RUNNING;
	return job_file_last_state(f);
}

bool
job_file_verified(const struct job_file *f)
{
	return json_flag(json_object_get(job_file_line(f, "", "state"),
	    "data"), "verified");
}

void
job_file_step(const struct job_file *f, const char *step,
    struct step_record *out)
{
	const json_t	*intent = job_file_line(f, step, "intent");
	const json_t	*end = job_file_line(f, step, "done");
	const json_t	*data = json_object_get(end, "data");

	memset(out, 0, sizeof(*out));
	out->has_intent = intent != NULL;
	out->memo = json_object_get(json_object_get(intent, "data"), "memo");
	out->is_done = end != NULL;
	out->was_done_before = json_flag(data, "already");
	out->is_verified = json_flag(data, "verified");
}

static bool
add_with_expanded(const struct job_file *f, const json_t *steps, json_t *out)
{
	const json_t	*step, *sub;
	size_t		 i;

	json_array_foreach (steps, i, step) {
		if (json_array_append(out, (json_t *)(uintptr_t)step) < 0)
			return false;
		sub = job_file_line(f, json_text(step, "id"), "expand");
		sub = json_object_get(json_object_get(sub, "data"), "steps");
		if (sub != NULL && !add_with_expanded(f, sub, out))
			return false;
	}
	return true;
}

json_t *
job_file_steps(const struct job_file *f)
{
	AUTO_JSON json_t *out = json_array();

	if (out == NULL || !add_with_expanded(f, json_object_get(
	    json_object_get(f->meta, "plan"), "steps"), out))
		return NULL;
	return TAKE(out);
}

static int
newest_first(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

json_t *
job_file_ids(struct ctx *ctx, struct err *e)
{
	AUTO_FREE char		*path = store_path(ctx->store, "jobs");
	AUTO_JSON json_t	*out = json_array();
	struct dirent		**list = NULL;
	AUTO_FREE const char	**names = NULL;
	int			 n, i, k = 0;

	if (path == NULL || out == NULL) {
		err_nomem(e);
		return NULL;
	}
	n = scandir(path, &list, NULL, NULL);
	names = calloc((size_t)(n > 0 ? n : 0) + 1, sizeof(*names));
	for (i = 0; i < n; i++)
		if (names != NULL && job_id_is_valid(list[i]->d_name) &&
		    strlen(list[i]->d_name) > 8)
			names[k++] = list[i]->d_name;
	if (names != NULL)
		qsort(names, (size_t)k, sizeof(*names), newest_first);
	for (i = 0; i < k; i++)
		json_array_append_new(out, json_string(names[i]));
	for (i = 0; i < n; i++)
		free(list[i]);
	free(list);
	return TAKE(out);
}
