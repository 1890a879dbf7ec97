/*
 * The words of the banner.  They come from the verb status, asked like
 * anybody asks it, and from the facts of the site.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/site.h"
#include "stconsole/str.h"

#include "text.def"

#define HOST_MAX	256
#define COLUMNS		78

void
banner_put(struct buf *out, const char *text)
{
	AUTO_FREE char	*clean = strdup(text);
	const char	*s;

	if (clean == NULL) {
		out->failed = true;
		return;
	}
	str_strip_control(clean);
	for (s = clean; *s != '\0'; s++) {
		if (*s == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *s == '\t' ? ' ' : *s);
	}
}

/* "replica_set" as "replica set". */
static void
id_put(const char *id, struct buf *out)
{
	for (; *id != '\0'; id++)
		buf_putc(out, *id == '_' ? ' ' : *id);
}

/* The lines with one of two marks, by name; a line of its own when long. */
static void
names_put(const json_t *lines, const char *mark, const char *heading,
    struct buf *out)
{
	const json_t	*line;
	const char	*id;
	size_t		 i, used = 0;

	json_array_foreach ((json_t *)(uintptr_t)lines, i, line) {
		id = json_text(line, "id");
		if (!str_equal(json_text(line, "mark"), mark))
			continue;
		if (used == 0) {
			buf_puts(out, heading);
			used = strlen(heading);
		} else if (used + 2 + strlen(id) > COLUMNS) {
			buf_printf(out, ",\n%*s", (int)strlen(heading), "");
			used = strlen(heading);
		} else {
			buf_puts(out, ", ");
			used += 2;
		}
		id_put(id, out);
		used += strlen(id);
	}
	if (used > 0)
		buf_putc(out, '\n');
}

static size_t
count_of(const json_t *lines, const char *mark)
{
	const json_t	*line;
	size_t		 i, n = 0;

	json_array_foreach ((json_t *)(uintptr_t)lines, i, line)
		n += str_equal(json_text(line, "mark"), mark);
	return n;
}

/* Unknown alone is not "well": it says so. */
static void
health_put(const json_t *status, struct buf *out)
{
	const json_t	*lines = json_object_get(status, "lines");
	size_t		 fail = count_of(lines, "fail");
	size_t		 warn = count_of(lines, "warn");
	size_t		 ok = count_of(lines, "ok");

	if (ok + warn + fail == 0)
		buf_puts(out, T_BANNER_UNKNOWN);
	else if (fail > 0)
		buf_puts(out, T_BANNER_FAIL);
	else if (warn > 0)
		buf_puts(out, T_BANNER_WARN);
	else
		buf_puts(out, T_BANNER_OK);
	buf_putc(out, '\n');
	names_put(lines, "fail", T_BANNER_BROKEN, out);
	names_put(lines, "warn", T_BANNER_LOOK, out);
	names_put(lines, "unknown", T_BANNER_ASK, out);
}

void
banner_compose(const char *host, const char *addresses, const char *url,
    const char *version, const json_t *status, struct buf *out)
{
	banner_put(out, host);
	buf_puts(out, *addresses != '\0' ? "  " : "");
	banner_put(out, addresses);
	buf_putc(out, '\n');
	if (url != NULL) {
		banner_put(out, url);
		buf_putc(out, '\n');
	}
	if (version != NULL) {
		buf_puts(out, T_BANNER_SAMETIME);
		banner_put(out, version);
		buf_puts(out, ", ");
	}
	buf_puts(out, "stconsole " STCONSOLE_VERSION "\n\n");
	health_put(status, out);
}

static bool
status_ask(struct ctx *ctx, json_t **status, struct err *e)
{
	const struct verb	*v = registry_verb(ctx->registry, "status");
	AUTO_JSON json_t	*none = json_object();
	struct plan		*plan = NULL;

	if (v == NULL)
		return err_set(e, ERR_USAGE, 0, T_BANNER_NO_STATUS);
	return verb_call(ctx, v, none, status, &plan, e);
}

bool
banner_text(struct ctx *ctx, struct buf *out, struct err *e)
{
	AUTO_BUF struct buf	 addresses = BUF_INIT;
	AUTO_JSON json_t	*status = NULL;
	char			 host[HOST_MAX] = "";
	const char		*url = NULL, *version = NULL;

	if (!banner_addresses(&addresses, e) || !status_ask(ctx, &status, e))
		return false;
	if (gethostname(host, sizeof(host) - 1) != 0)
		return err_sys(e, T_BANNER_HOST);
	if (ctx->site != NULL) {
		url = site_fact(ctx->site, "public_url", NULL);
		version = site_fact(ctx->site, "version", NULL);
	}
	banner_compose(host, buf_str(&addresses), url, version, status, out);
	return buf_ok(out, e);
}
