/*
 * When the support of a MongoDB version ends, from the data file beside this
 * one, which carries its own date.  It is built in byte for byte, so that it
 * is there without an installation; an administrator's own in /etc/stconsole
 * takes its place.
 */
#include "stconsole/mongo_version.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_version.def"

#define TABLE_MAX	(256u << 10)

/* The path is that of the source tree, where make runs the compiler. */
__asm__(
    ".pushsection .rodata\n"
    "lifecycle_table:\n"
    ".incbin \"src/services/mongo/mongodb-lifecycle.yaml\"\n"
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

/* What is only shown. */
static bool
table_text(const struct doc *doc, const char *version, const char *name,
    char *out, size_t size, struct err *e)
{
	AUTO_FREE char		*path = str_format("%s.%s", version, name);
	const struct doc_node	*node;

	if (path == NULL)
		return err_nomem(e);
	node = doc_find(doc, path);
	snprintf(out, size, "%s", node == NULL || node->value == NULL ? "" :
	    node->value);
	str_cut(out, size - 1);
	str_strip_control(out);
	return true;
}

static bool
table_version(const struct doc *doc, const char *version,
    struct mongo_lifecycle *out, struct err *e)
{
	AUTO_FREE char *end = str_format("%s.end_of_support", version);

	if (end == NULL)
		return err_nomem(e);
	return table_date(doc, end, out->end, &out->end_s, e) &&
	    table_text(doc, version, "ga", out->ga, sizeof(out->ga), e) &&
	    table_text(doc, version, "newest_patch", out->newest_patch,
	    sizeof(out->newest_patch), e) &&
	    table_text(doc, version, "note", out->note, sizeof(out->note), e);
}

static bool
table_read(const struct doc *doc, const char *version,
    struct mongo_lifecycle *out, struct err *e)
{
	char		 major[MONGO_MAJOR_SIZE];
	AUTO_FREE char	*path = NULL;

	if (!table_date(doc, "as_of", out->as_of, &out->as_of_s, e))
		return false;
	if (out->as_of[0] == '\0')
		return err_set(e, ERR_YAML, 0, T_TABLE_UNDATED);
	if (!mongo_major_of(version, major))
		return true;
	path = str_format("versions[\"%s\"]", major);
	return path != NULL ? table_version(doc, path, out, e) :
	    err_nomem(e);
}

bool
mongo_lifecycle_read(const char *text, size_t len, const char *version,
    struct mongo_lifecycle *out, struct err *e)
{
	struct doc	doc = { 0 };
	bool		ok;

	memset(out, 0, sizeof(*out));
	ok = doc_parse(&doc, &doc_yaml, text, len, e) &&
	    table_read(&doc, version, out, e);
	doc_fini(&doc);
	return ok;
}

bool
mongo_lifecycle(const char *version, struct mongo_lifecycle *out,
    struct err *e)
{
	AUTO_BUF struct buf own = BUF_INIT;

	if (!file_exists(AT_FDCWD, MONGO_LIFECYCLE_FILE))
		return mongo_lifecycle_read(lifecycle_table,
		    strlen(lifecycle_table), version, out, e);
	if (!file_read(AT_FDCWD, MONGO_LIFECYCLE_FILE, TABLE_MAX, &own, e))
		return false;
	if (!mongo_lifecycle_read(buf_str(&own), own.len, version, out, e))
		return err_context(e, MONGO_LIFECYCLE_FILE);
	return true;
}
