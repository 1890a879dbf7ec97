/*
 * docker and podman asked: one call a question, in words that both take.
 */
#include <stdlib.h>
#include <string.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "how_container.h"
#include "how_parts.h"

#define RUN_TIMEOUT_MS	(15 * 60 * 1000)
#define WORDS_MAX	256

/* Not cancelled half-way: what is between remove and create is nothing. */
static bool
engine_run(const char *engine, const char *const *words,
    struct proc_result *r, bool merges_err, struct err *e)
{
	const char	*argv[WORDS_MAX] = { engine };
	size_t		 n = 0;

	while (words[n] != NULL && n + 2 < WORDS_MAX) {
		argv[n + 1] = words[n];
		n++;
	}
	return proc_run(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = RUN_TIMEOUT_MS, .merges_err = merges_err }, r, e);
}

bool
how_engine(const struct how_task *t, const char *engine,
    const char *const *words, struct proc_result *r, struct err *e)
{
	AUTO_PROC_RESULT struct proc_result	 mine = { 0 };
	const char				*argv[WORDS_MAX] = { engine };
	size_t					 n = 0;

	(void)t;
	while (words[n] != NULL && n + 2 < WORDS_MAX) {
		argv[n + 1] = words[n];
		n++;
	}
	return proc_run_ok(&(struct proc_spec){ .argv = argv,
	    .timeout_ms = RUN_TIMEOUT_MS }, r != NULL ? r : &mine, e);
}

/* Both say "no such" in words of their own and end with 1. */
static bool
says_none(const char *err)
{
	return strcasestr(err, "no such") != NULL ||
	    strcasestr(err, "not known") != NULL ||
	    strcasestr(err, "unable to find") != NULL;
}

bool
how_inspect(const struct how_task *t, const char *engine, const char *type,
    const char *name, json_t **out, struct err *e)
{
	const char *const	 words[] = { "inspect", "--type", type, name,
		NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	AUTO_JSON json_t	*list = NULL;

	(void)t;
	*out = NULL;
	if (!engine_run(engine, words, &r, false, e))
		return false;
	if (r.exit_code != 0 && says_none(buf_str(&r.err)))
		return true;
	if (r.exit_code != 0)
		return err_set(e, ERR_PROC, r.exit_code, "%s: %.200s", engine,
		    buf_str(&r.err));
	list = json_parse(buf_str(&r.out), r.out.len, e);
	if (list == NULL)
		return false;
	*out = json_incref(json_array_get(list, 0));
	return true;
}

/* podman says ImageName; docker only Config.Image. */
const char *
how_container_image(const json_t *c)
{
	const char *name = json_str(c, "ImageName");

	return name != NULL ? name :
	    json_text(json_object_get(c, "Config"), "Image");
}

bool
how_container_is_up(const json_t *c)
{
	return strcmp(json_text(json_object_get(c, "State"), "Status"),
	    "running") == 0;
}

char *
how_container_said(const struct how_task *t, const char *engine,
    const char *name)
{
	const char *const words[] = { "logs", "--tail", "200", name, NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	(void)t;
	if (!engine_run(engine, words, &r, true, NULL))
		return NULL;
	return how_words(buf_str(&r.out), r.out.len);
}

/* ---- mounts */

const json_t *
how_container_mount(const json_t *container, const char *path)
{
	const json_t	*m, *best = NULL;
	size_t		 i, len, longest = 0;

	json_array_foreach(json_object_get(container, "Mounts"), i, m) {
		const char *at = json_text(m, "Destination");

		len = strlen(at);
		if (len > longest && strncmp(path, at, len) == 0 &&
		    (path[len] == '/' || path[len] == '\0')) {
			best = m;
			longest = len;
		}
	}
	return best;
}

char *
how_container_host_path(const json_t *container, const char *path)
{
	const json_t *m = how_container_mount(container, path);

	if (m == NULL || strcmp(json_text(m, "Type"), "bind") != 0)
		return NULL;
	return str_format("%s%s", json_text(m, "Source"), path +
	    strlen(json_text(m, "Destination")));
}
