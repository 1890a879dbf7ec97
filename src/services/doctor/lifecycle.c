/*
 * When the support of a MongoDB version ends, from the data file beside this
 * one, which carries its own date.  It is built in byte for byte, so that it
 * is there without an installation; an administrator's own in /etc/stconsole
 * takes its place.
 */
#include "doctor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text.def"

#define TABLE_MAX	(256u << 10)
#define SOON_DAYS	180
#define OLD_DAYS	90

/* The path is that of the source tree, where make runs the compiler. */
__asm__(
    ".pushsection .rodata\n"
    "lifecycle_table:\n"
    ".incbin \"src/services/doctor/mongodb-lifecycle.yaml\"\n"
    ".byte 0\n"
    ".popsection\n");
extern const char lifecycle_table[] __attribute__((visibility("hidden")));

/* Midnight, UTC; -1 when it is no date. */
static int64_t
date_s(const char *date)
{
	struct tm	 tm = { .tm_sec = 0 };
	const char	*end = strptime(date, "%Y-%m-%d", &tm);

	return end != NULL && *end == '\0' ? (int64_t)timegm(&tm) : -1;
}

/* A date below path; "" in out when the table does not have it. */
static bool
table_date(const struct doc *doc, const char *path, char out[16],
    int64_t *out_s, struct err *e)
{
	const struct doc_node *node = doc_find(doc, path);

	out[0] = '\0';
	*out_s = 0;
	if (node == NULL || node->value == NULL)
		return true;
	*out_s = date_s(node->value);
	if (*out_s < 0 || strlen(node->value) > 15)
		return err_set(e, ERR_YAML, 0, T_TABLE_DATE, node->value,
		    path);
	snprintf(out, 16, "%s", node->value);
	return true;
}

static bool
table_read(const struct doc *doc, const char *version,
    struct lifecycle *out, struct err *e)
{
	size_t		 major = strcspn(version, ".");
	size_t		 len = major + (version[major] == '.' ? 1 +
	    strspn(version + major + 1, "0123456789") : 0);
	AUTO_FREE char	*path = str_format(
	    "versions[\"%.*s\"].end_of_support", (int)len, version);

	if (path == NULL)
		return err_nomem(e);
	if (!table_date(doc, "as_of", out->as_of, &out->as_of_s, e))
		return false;
	if (out->as_of[0] == '\0')
		return err_set(e, ERR_YAML, 0, T_TABLE_UNDATED);
	return table_date(doc, path, out->end, &out->end_s, e);
}

bool
lifecycle_read(const char *text, size_t len, const char *version,
    struct lifecycle *out, struct err *e)
{
	struct doc	doc = { 0 };
	bool		ok;

	memset(out, 0, sizeof(*out));
	ok = strchr(version, '"') == NULL &&
	    doc_parse(&doc, &doc_yaml, text, len, e) &&
	    table_read(&doc, version, out, e);
	doc_fini(&doc);
	return ok;
}

bool
lifecycle_find(const char *version, struct lifecycle *out, struct err *e)
{
	AUTO_BUF struct buf own = BUF_INIT;

	if (!file_exists(AT_FDCWD, LIFECYCLE_FILE))
		return lifecycle_read(lifecycle_table,
		    strlen(lifecycle_table), version, out, e);
	if (!file_read(AT_FDCWD, LIFECYCLE_FILE, TABLE_MAX, &own, e))
		return false;
	if (!lifecycle_read(buf_str(&own), own.len, version, out, e))
		return err_context(e, LIFECYCLE_FILE);
	return true;
}

void
lifecycle_judge(const struct lifecycle *l, const char *version,
    int64_t now_s, struct finding *f)
{
	/* From today's date to the last one: 0 on the last day. */
	int64_t	left_days = (l->end_s - (now_s - now_s % DAY_S)) / DAY_S;
	int64_t	table_days = (now_s - l->as_of_s) / DAY_S;

	if (l->end[0] == '\0') {
		finding_set(f, MARK_UNKNOWN, T_MONGO_VERSION, version);
		finding_why(f, T_MONGO_NO_END, l->as_of);
	} else if (left_days < 0) {
		finding_set(f, MARK_WARN, T_MONGO_ENDED, version, l->end);
		finding_why(f, T_MONGO_ENDED_WHY);
	} else if (left_days <= SOON_DAYS) {
		finding_set(f, MARK_WARN, T_MONGO_ENDS, version, l->end);
		finding_why(f, T_MONGO_SOON_WHY, (long long)left_days);
	} else {
		finding_set(f, MARK_OK, T_MONGO_ENDS, version, l->end);
	}
	if (table_days <= OLD_DAYS)
		return;
	if (f->mark == MARK_OK)
		f->mark = MARK_WARN;
	finding_why(f, T_TABLE_OLD, l->as_of, (long long)table_days,
	    LIFECYCLE_FILE);
}
