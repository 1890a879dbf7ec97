/*
 * Rules about the upgrade itself: the backup, how each server gets another
 * binary, what HCL says of the target.
 */
#include "check_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "stconsole/clock.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo_copy.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_check.def"

#define DAY_MS	INT64_C(86400000)

static void
look_backup_last(struct check_run *r)
{
	AUTO_JSON json_t *last = NULL;
	struct err	 why;
	int64_t		 age_ms;

	if (!mongo_backup_last(r->ctx, &last, &why)) {
		found(r, VERDICT_BLOCK, NULL, T_CHECK_BACKUP_FIX, "%s",
		    why.msg);
		return;
	}
	if (last == NULL || !json_flag(last, "verified")) {
		found(r, VERDICT_BLOCK, NULL, T_CHECK_BACKUP_FIX,
		    T_CHECK_NO_BACKUP);
		found_verb(r, "mongo dump");
		return;
	}
	if (!file_exists(AT_FDCWD, json_text(last, "dir"))) {
		found(r, VERDICT_BLOCK, NULL, T_CHECK_BACKUP_FIX,
		    T_CHECK_BACKUP_GONE, json_text(last, "dir"));
		return;
	}
	age_ms = clock_wall_ms(r->ctx->clock) - json_int(last, "time_ms", 0);
	found(r, age_ms > DAY_MS ? VERDICT_WARN : VERDICT_OK, NULL,
	    age_ms > DAY_MS ? T_CHECK_BACKUP_FIX : NULL, T_CHECK_BACKUP,
	    json_text(last, "dir"), (double)age_ms / 3600000.0);
}

/* What the folder's file system has left; it may not be there yet. */
static void
look_backup_room(struct check_run *r, const char *dir)
{
	AUTO_FREE char	*at = strdup(dir);
	struct statvfs	 fs;
	char		*slash;

	while (at != NULL && statvfs(at, &fs) != 0 &&
	    (slash = strrchr(at, '/')) != NULL && slash != at)
		*slash = '\0';
	if (at == NULL || statvfs(at, &fs) != 0)
		found(r, VERDICT_UNKNOWN, NULL, NULL, T_CHECK_ROOM_UNKNOWN,
		    dir);
	else
		found(r, VERDICT_OK, NULL, NULL, T_CHECK_ROOM, dir,
		    (double)fs.f_bavail * (double)fs.f_frsize / 1e9);
}

static void
look_backup(struct check_run *r, const json_t *unused)
{
	(void)unused;
	if (r->wish->backup != NULL)
		look_backup_room(r, r->wish->backup);
	else if (r->wish->without_backup != NULL)
		found(r, VERDICT_WARN, NULL, NULL, T_CHECK_WITHOUT_BACKUP,
		    r->wish->without_backup);
	else
		look_backup_last(r);
}

/* The way, as the plan would choose it; NULL with what is found. */
static const struct how *
way_of(struct check_run *r, const json_t *m, json_t **args)
{
	const struct how_task task = { .ctx = r->ctx, .member = json_text(m,
	    "name"), .from = r->from, .to = r->to, .facts = m,
	    .wish = &r->wish->how };
	const struct how *how;
	struct err	 why;

	how = how_choose(&task, args, &why);
	if (how == NULL)
		found(r, VERDICT_BLOCK, m, why.hint[0] != '\0' ? why.hint :
		    NULL, "%s", why.msg);
	return how;
}

static void
look_trial(struct check_run *r, const json_t *m, const struct how *how,
    const json_t *args)
{
	const struct how_task task = { .ctx = r->ctx, .member = json_text(m,
	    "name"), .from = r->from, .to = r->to, .args = args };
	struct err	 why;

	if (how->try == NULL)
		found(r, VERDICT_WARN, m, NULL, T_CHECK_NO_TRIAL, how->name);
	else if (how->try(&task, &why))
		found(r, VERDICT_OK, m, NULL, T_CHECK_TRIAL, r->to);
	else
		found(r, VERDICT_BLOCK, m, why.hint[0] != '\0' ? why.hint :
		    NULL, "%s", why.msg);
}

static void
look_way(struct check_run *r, const json_t *m)
{
	AUTO_JSON json_t *args = NULL;
	const struct how *how;

	/* Already there: nothing of this hop touches its binary. */
	if (mongo_version_compare(json_text(m, "major"), r->to) >= 0)
		return;
	how = way_of(r, m, &args);
	if (how == NULL)
		return;
	found(r, how->is_by_hand ? VERDICT_WARN : VERDICT_OK, m, NULL,
	    how->is_by_hand ? T_CHECK_BY_HAND : T_CHECK_WAY, how->name);
	if (r->wish->wants_trial && !how->is_by_hand)
		look_trial(r, m, how, args);
}

static void
look_sametime(struct check_run *r, const json_t *unused)
{
	const struct mongo_sametime *list;
	size_t		 count, i;

	(void)unused;
	list = mongo_sametime_list(&count);
	for (i = 0; i < count; i++)
		if (str_equal(list[i].major, r->to)) {
			found(r, list[i].is_statement ? VERDICT_OK :
			    VERDICT_WARN, NULL, NULL, T_CHECK_SAMETIME,
			    list[i].release, r->to, list[i].source);
			return;
		}
	if (r->wish->hcl_statement != NULL)
		found(r, VERDICT_WARN, NULL, NULL, T_CHECK_STATEMENT,
		    r->wish->hcl_statement);
	else if (mongo_version_compare(r->to, "8.0") >= 0 &&
	    str_equal(r->to, r->wish->to))
		found(r, VERDICT_BLOCK, NULL, T_CHECK_STATEMENT_FIX,
		    T_CHECK_NO_STATEMENT, r->to);
	else
		found(r, VERDICT_WARN, NULL, NULL, T_CHECK_NO_STATEMENT,
		    r->to);
}

#define TABLE_OLD_S	(INT64_C(90) * 86400)

static void
look_lifecycle(struct check_run *r, const json_t *unused)
{
	int64_t		 now_s = clock_wall_ms(r->ctx->clock) / 1000;
	struct mongo_lifecycle life;
	struct err	 why;

	(void)unused;
	if (!mongo_lifecycle(r->wish->to, &life, &why)) {
		found(r, VERDICT_UNKNOWN, NULL, NULL, "%s", why.msg);
		return;
	}
	if (life.end[0] == '\0')
		found(r, VERDICT_UNKNOWN, NULL, NULL, T_CHECK_NO_END,
		    r->wish->to, life.as_of);
	else if (life.end_s < now_s)
		found(r, VERDICT_WARN, NULL, T_CHECK_ENDED_FIX, T_CHECK_ENDED,
		    r->wish->to, life.end);
	else
		found(r, VERDICT_OK, NULL, NULL, T_CHECK_ENDS, r->wish->to,
		    life.end);
	if (now_s - life.as_of_s > TABLE_OLD_S)
		found(r, VERDICT_WARN, NULL, NULL, T_CHECK_TABLE_OLD,
		    life.as_of, MONGO_LIFECYCLE_FILE);
}

const struct check_rule check_plan_rules[] = {
	{ .id = "C13", .scope = RULE_ONCE, .unknown_blocks = true,
	  .rule = T_RULE_C13, .look = look_backup },
	{ .id = "C17", .scope = RULE_HOP_MEMBER, .rule = T_RULE_C17,
	  .look = look_way },
	{ .id = "S1", .scope = RULE_HOP, .rule = T_RULE_S1,
	  .look = look_sametime },
	{ .id = "L1", .scope = RULE_ONCE, .rule = T_RULE_L1,
	  .look = look_lifecycle },
};
const size_t check_plan_count = LENGTH(check_plan_rules);
