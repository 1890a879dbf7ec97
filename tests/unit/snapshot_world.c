/* The world that snapshot_world.h describes. */
#include "snapshot_world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/site/site_private.h"
#include "../../src/site/snapshot.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

/* Of site.*, the step that writes a file is all that is needed here. */
static const struct service file_service = {
	.name = "file", .actions = &site_file_write, .action_count = 1
};

static const struct service *const services[] = {
	&core_service, &undo_service, &settings_service, &file_service,
	&snapshot_service, &site_daily_service
};
static const struct registry registry = { services, LENGTH(services) };

int
snapshot_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	site_tree_make(&w->tree);
	/* No container engine: what runs on this machine is not asked. */
	setenv("PATH", w->tree.dir, 1);
	site_tree_compose(&w->tree, "site");
	w->root = site_tree_path(&w->tree, "site");
	w->state = site_tree_path(&w->tree, "state");
	w->clock = clock_system;
	assert_true(cancel_init(&w->cancel, NULL));
	snprintf(w->who.user, sizeof(w->who.user), "kim");
	w->who.role = ROLE_ADMIN;
	w->ctx = (struct ctx){ .registry = &registry, .clock = &w->clock,
	    .cancel = &w->cancel, .who = &w->who, .site_wanted = w->root,
	    .prologue = site_prologue };
	w->ctx.store = store_open(w->state, NULL);
	assert_non_null(w->ctx.store);
	*state = w;
	return 0;
}

int
snapshot_teardown(void **state)
{
	struct world *w = *state;

	site_free(w->ctx.site);
	store_close(w->ctx.store);
	cancel_fini(&w->cancel);
	site_tree_remove(&w->tree);
	free(w->root);
	free(w->state);
	free(w);
	return 0;
}

/* ---- calls as a user makes them */

/* A new call: the site is read again. */
static void
forget_site(struct world *w)
{
	site_free(w->ctx.site);
	w->ctx.site = NULL;
	w->ctx.site_id[0] = '\0';
}

json_t *
world_ask(struct world *w, const char *verb, json_t *params, struct err *e)
{
	AUTO_JSON json_t	*given = params;
	AUTO_JSON json_t	*checked = NULL;
	const struct verb	*v = registry_verb(&registry, verb);
	json_t			*result = NULL;
	struct plan		*plan = NULL;

	forget_site(w);
	err_clear(e);
	assert_non_null(v);
	checked = verb_params(v, given, e);
	assert_non_null(checked);
	if (!verb_call(&w->ctx, v, checked, &result, &plan, e))
		return NULL;
	assert_null(plan);
	return result;
}

struct plan *
world_plan_of(struct world *w, const char *verb, const json_t *params,
    struct err *e)
{
	AUTO_JSON json_t	*checked = NULL;
	const struct verb	*v = registry_verb(&registry, verb);
	json_t			*result = NULL;
	struct plan		*plan = NULL;

	forget_site(w);
	assert_non_null(v);
	checked = verb_params(v, params, e);
	assert_non_null(checked);
	return verb_call(&w->ctx, v, checked, &result, &plan, e) ? plan :
	    NULL;
}

/* Plans and applies; false when the job did not end well. */
bool
world_try(struct world *w, const char *verb, json_t *params,
    struct job_result *result, struct err *e)
{
	AUTO_JSON json_t	*given = params, *checked = NULL;
	const struct verb	*v = registry_verb(&registry, verb);
	struct job_options	 options = { 0 };
	struct plan		*now = NULL, *plan;
	bool			 ok;

	err_clear(e);
	plan = world_plan_of(w, verb, given, e);
	if (plan == NULL)
		return false;
	forget_site(w);
	checked = verb_params(v, given, e);
	ok = job_apply(&w->ctx, v, checked, plan_hash(plan), &options, &now,
	    result, e);
	plan_free(plan);
	plan_free(now);
	return ok;
}

/* The job must end well. */
void
world_apply(struct world *w, const char *verb, json_t *params)
{
	struct job_result	 result;
	struct err		 e;

	if (!world_try(w, verb, params, &result, &e))
		fail_msg("%s: %s", verb, e.msg);
}

json_t *
world_snapshots(struct world *w)
{
	struct err	 e;
	json_t		*list = world_ask(w, "snapshot.list", json_object(),
	    &e);

	assert_non_null(list);
	return list;
}

size_t
world_count(struct world *w)
{
	AUTO_JSON json_t *list = world_snapshots(w);

	return json_array_size(json_object_get(list, "snapshots"));
}

/* The newest one's id; malloc'd. */
char *
world_newest(struct world *w)
{
	AUTO_JSON json_t *list = world_snapshots(w);

	return strdup(json_text(json_array_get(json_object_get(list,
	    "snapshots"), 0), "id"));
}

/* The oldest one's id, until the next call. */
const char *
world_oldest(struct world *w)
{
	static char		 id[SNAPSHOT_ID_SIZE];
	AUTO_JSON json_t	*list = world_snapshots(w);
	json_t			*all = json_object_get(list, "snapshots");

	snprintf(id, sizeof(id), "%s", json_text(json_array_get(all,
	    json_array_size(all) - 1), "id"));
	return id;
}

void
world_take(struct world *w)
{
	world_apply(w, "snapshot.take", json_object());
}

/* Seconds later, so that ids and ages differ. */
void
world_later(struct world *w, int64_t seconds)
{
	w->clock.offset_ms += seconds * 1000;
}

/* "changed custom.env\nmode .env\n" */
static void
changes(struct world *w, const char *id, struct buf *out)
{
	struct err		 e;
	AUTO_JSON json_t	*diff = world_ask(w, "snapshot.diff",
	    json_pack("{s:s}", "id", id), &e);
	json_t			*c;
	size_t			 i;

	if (diff == NULL)
		fail_msg("%s", e.msg);
	buf_reset(out);
	json_array_foreach(json_object_get(diff, "changes"), i, c)
		buf_printf(out, "%s %s\n", json_text(c, "change"),
		    json_text(c, "path"));
}

void
world_assert_changes(struct world *w, const char *id, const char *wanted)
{
	AUTO_BUF struct buf got = BUF_INIT;

	changes(w, id, &got);
	assert_string_equal(buf_str(&got), wanted);
}

void
world_stat_of(struct world *w, const char *path, struct stat *st)
{
	AUTO_FREE char *full = str_format("%s/%s", w->root, path);

	assert_int_equal(lstat(full, st), 0);
}

void
world_assert_content(struct world *w, const char *path, const char *wanted)
{
	AUTO_FREE char	*full = str_format("%s/%s", w->root, path);
	AUTO_BUF struct buf text = BUF_INIT;

	assert_true(file_read(AT_FDCWD, full, 1 << 20, &text, NULL));
	assert_string_equal(buf_str(&text), wanted);
}

void
world_put(struct world *w, const char *path, const char *text)
{
	AUTO_FREE char *below = str_format("site/%s", path);

	site_tree_put(&w->tree, below, text);
}

void
world_set_mode(struct world *w, const char *path, mode_t mode, time_t mtime)
{
	AUTO_FREE char		*full = str_format("%s/%s", w->root, path);
	const struct timespec	 times[2] = {
		{ .tv_nsec = UTIME_OMIT }, { mtime, 123456789 }
	};

	assert_int_equal(chmod(full, mode), 0);
	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}
