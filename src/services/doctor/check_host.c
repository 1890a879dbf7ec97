/*
 * This host: how full its disks are, and what its clock is worth.  A token
 * or a TURN password that is made here is refused there when the clocks
 * differ.
 */
#include "doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/mongo.h"
#include "stconsole/msg.h"
#include "stconsole/store.h"

#include "text.def"

#define DISK_WARN	85	/* percent */
#define DISK_FAIL	95
#define CLOCK_WARN_MS	1000	/* facts: C16 */

/* ---- disk */

void
disk_judge(const char *path, unsigned percent, struct finding *f)
{
	enum mark mark = percent > DISK_FAIL ? MARK_FAIL :
	    percent > DISK_WARN ? MARK_WARN : MARK_OK;

	finding_set(f, mark, T_DISK, percent, path);
	if (mark != MARK_OK)
		finding_why(f, T_DISK_WHY);
}

/* As df counts: what root alone may use is used.  -1 with errno. */
static int
percent_used(const char *path)
{
	struct statvfs	 s;
	uint64_t	 used, all;

	if (statvfs(path, &s) != 0)
		return -1;
	used = s.f_blocks - s.f_bfree;
	all = used + s.f_bavail;
	return all == 0 ? 0 : (int)((used * 100 + all - 1) / all);
}

void
check_disk(const struct probe *p, struct finding *f)
{
	const char	*paths[2] = { store_dir(p->ctx->store),
	    p->site != NULL ? site_root(p->site) : NULL };
	int		 worst = -1, percent;
	const char	*where = NULL;
	size_t		 i;

	for (i = 0; i < LENGTH(paths) && paths[i] != NULL; i++) {
		percent = percent_used(paths[i]);
		if (percent < 0)
			finding_why(f, "%s: %s", paths[i], strerror(errno));
		else if (percent >= worst) {
			worst = percent;
			where = paths[i];
		}
	}
	if (where != NULL)
		disk_judge(where, (unsigned)worst, f);
}

/* ---- clock */

int64_t
http_date_ms(const char *date)
{
	struct tm	 tm = { .tm_sec = 0 };
	const char	*end = strptime(date, "%a, %d %b %Y %H:%M:%S GMT",
	    &tm);

	return end != NULL && *end == '\0' ? (int64_t)timegm(&tm) * 1000 : -1;
}

int64_t
iso_date_ms(const char *date)
{
	struct tm	 tm = { .tm_sec = 0 };
	const char	*p = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t		 ms = 0, unit = 100;

	if (p == NULL)
		return -1;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			ms += (*p - '0') * unit;
	return strcmp(p, "Z") == 0 ? (int64_t)timegm(&tm) * 1000 + ms : -1;
}

/* How far the two may be apart in truth, at the least. */
static int64_t
sure_ms(const struct clock_sample *s)
{
	int64_t far = s->offset_ms < 0 ? -s->offset_ms : s->offset_ms;

	return far > s->slack_ms ? far - s->slack_ms : 0;
}

void
clock_judge(const struct clock_sample *samples, size_t count,
    struct finding *f)
{
	const struct clock_sample	*worst = NULL;
	size_t				 i;

	for (i = 0; i < count; i++)
		if (worst == NULL || sure_ms(&samples[i]) > sure_ms(worst))
			worst = &samples[i];
	if (worst == NULL)
		return;
	if (sure_ms(worst) > CLOCK_WARN_MS) {
		finding_set(f, MARK_WARN, worst->offset_ms < 0 ?
		    T_CLOCK_AHEAD : T_CLOCK_BEHIND,
		    (double)sure_ms(worst) / 1000.0, worst->from);
		finding_why(f, T_CLOCK_WHY);
	} else {
		finding_set(f, MARK_OK, T_CLOCK, worst->from);
	}
}

/* theirs was told between before and now. */
static struct clock_sample
sample_of(const char *from, int64_t theirs_ms, int64_t before_ms,
    int64_t now_ms, int64_t step_ms)
{
	return (struct clock_sample){
		.from = from,
		.offset_ms = theirs_ms + step_ms / 2 -
		    (before_ms + now_ms) / 2,
		.slack_ms = (now_ms - before_ms + step_ms + 1) / 2,
	};
}

static bool
sample_mongo(const struct probe *p, struct clock_sample *out, struct err *e)
{
	AUTO_MONGO struct mongo	*m = NULL;
	AUTO_JSON json_t	*reply = NULL;
	int64_t			 before_ms, theirs_ms;

	if (!mongo_reach(p, p->limit_ms / 5, &m, e))
		return false;
	before_ms = clock_wall_ms(p->ctx->clock);
	/* Every version that is spoken to knows the old name. */
	if (!mongo_command(m, "admin", "{\"isMaster\":1}", "", &reply, e))
		return false;
	theirs_ms = iso_date_ms(json_text(json_object_get(reply,
	    "localTime"), "$date"));
	if (theirs_ms < 0)
		return err_set(e, ERR_MONGO, 0, T_CLOCK_NO_DATE, "MongoDB");
	*out = sample_of("MongoDB", theirs_ms, before_ms,
	    clock_wall_ms(p->ctx->clock), 0);
	return true;
}

/* The header has whole seconds, cut off. */
static bool
sample_public(const struct probe *p, struct clock_sample *out, struct err *e)
{
	AUTO_FREE char	*date = NULL;
	int64_t		 before_ms = clock_wall_ms(p->ctx->clock);
	int64_t		 theirs_ms;

	if (!public_date(p, p->limit_ms / 5, &date, e))
		return false;
	theirs_ms = http_date_ms(date);
	if (theirs_ms < 0)
		return err_set(e, ERR_HTTP, 0, T_CLOCK_NO_DATE,
		    T_CLOCK_PUBLIC);
	*out = sample_of(T_CLOCK_PUBLIC, theirs_ms, before_ms,
	    clock_wall_ms(p->ctx->clock), 1000);
	return true;
}

void
check_clock(const struct probe *p, struct finding *f)
{
	struct clock_sample	samples[2];
	struct err		why[2] = { 0 };
	size_t			count = 0;

	count += sample_mongo(p, &samples[count], &why[0]);
	count += sample_public(p, &samples[count], &why[1]);
	clock_judge(samples, count, f);
	if (count > 0)
		return;
	finding_why(f, T_CLOCK_NOTHING);
	finding_why(f, "%s", why[0].msg);
	finding_why(f, "%s", why[1].msg);
}
