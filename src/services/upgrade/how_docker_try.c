/*
 * The next image tried: fetched where it is not here, so that this costs no
 * time while the member is down, asked for its version, and started with the
 * member's own words on an empty folder without a network.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stconsole/clock.h"
#include "stconsole/digest.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "how_docker.h"
#include "how_options.h"
#include "text_how.def"

#define TRY_MS		40000
#define LOOK_MS		200
#define CONFIG_MAX	(1u << 20)
#define SCRATCH		"/stconsole-try"

static bool
image_fetch(const struct how_task *t, const char *engine, const char *image,
    struct err *e)
{
	const char *const	 pull[] = { "pull", image, NULL };
	AUTO_JSON json_t	*here = NULL;

	if (!how_inspect(t, engine, "image", image, &here, e))
		return false;
	return here != NULL || how_engine(t, engine, pull, NULL, e);
}

static bool
version_check(const struct how_task *t, const char *engine,
    const char *image, struct err *e)
{
	static const char	 label[] = "db version v";
	const char *const	 words[] = { "run", "--rm", "--network",
		"none", "--entrypoint", "mongod", image, "--version", NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	char			 major[MONGO_MAJOR_SIZE];
	const char		*at;

	if (!how_engine(t, engine, words, &r, e))
		return false;
	at = strstr(buf_str(&r.out), label);
	if (at == NULL || !mongo_major_of(at + strlen(label), major))
		return err_set(e, ERR_PROC, 0, T_HOW_NO_VERSION, image);
	return strcmp(major, t->to) == 0 ? true : err_set(e, ERR_REFUSED, 0,
	    T_HOW_OTHER_MAJOR, image, major, t->to);
}

/* The configuration file, when it lies on this host, without its places. */
static bool
config_copy(const struct how_task *t, const json_t *container,
    const json_t *cmd, char **copy, struct err *e)
{
	const struct how_options places = { how_places, how_places_count,
		t->to };
	const char	*inside = how_argv_config(cmd);
	AUTO_FREE char	*file = inside != NULL ?
	    how_container_host_path(container, inside) : NULL;
	AUTO_BUF struct buf old = BUF_INIT, out = BUF_INIT;

	*copy = NULL;
	if (file == NULL)
		return true;
	*copy = how_state_path(t, ".conf", e);
	return *copy != NULL && file_read(AT_FDCWD, file, CONFIG_MAX, &old,
	    e) && how_config_without(buf_str(&old), old.len, &places, &out,
	    NULL, e) && file_write(AT_FDCWD, *copy, buf_str(&out), out.len,
	    0644, e);
}

static bool
add(json_t *argv, const char *a, const char *b)
{
	return json_array_append_new(argv, json_string(a)) == 0 &&
	    (b == NULL || json_array_append_new(argv, json_string(b)) == 0);
}

/* Key files and certificates are mounted as they are, to be read only; what
 * holds data is not. */
static bool
mounts_add(json_t *argv, const json_t *container)
{
	const json_t	*m;
	size_t		 i;
	bool		 ok = true;

	json_array_foreach(json_object_get(container, "Mounts"), i, m) {
		AUTO_FREE char *text = NULL;

		if (strcmp(json_text(m, "Type"), "bind") != 0 ||
		    m == how_container_mount(container, "/data/db"))
			continue;
		text = str_format("%s:%s:ro", json_text(m, "Source"),
		    json_text(m, "Destination"));
		ok = ok && text != NULL && add(argv, "--volume", text);
	}
	return ok;
}

/* "run" with the container's own words; cmd[0] may be mongod or an option. */
static json_t *
run_make(const struct how_task *t, const json_t *container,
    const json_t *cmd, const char *name, const char *config)
{
	const struct how_options places = { how_places, how_places_count,
		t->to };
	const char		*entry = json_string_value(json_array_get(
	    json_object_get(json_object_get(container, "Config"),
	    "Entrypoint"), 0));
	AUTO_JSON json_t	*kept = how_argv_without(cmd, &places, NULL);
	AUTO_JSON json_t	*argv = json_pack("[s,s,s,s,s,s,s,s]", "run",
	    "-d", "--name", name, "--network", "none", "--tmpfs",
	    SCRATCH ":rw,mode=1777");
	AUTO_JSON json_t	*ours = json_pack("[s,s,s,s,s,s,s]",
	    "--dbpath", SCRATCH, "--bind_ip", "127.0.0.1",
	    "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket");
	AUTO_FREE char		*mount = config != NULL ?
	    str_format("%s:/stconsole-try.conf:ro", config) : NULL;
	bool			 ok = kept != NULL && argv != NULL &&
	    ours != NULL && mounts_add(argv, container);

	if (mount != NULL)
		ok = ok && add(argv, "--volume", mount) && add(ours,
		    "--config", "/stconsole-try.conf");
	if (entry != NULL)
		ok = ok && add(argv, "--entrypoint", entry);
	ok = ok && add(argv, json_text(t->args, "image"), NULL) &&
	    json_array_extend(argv, kept) == 0 &&
	    json_array_extend(argv, ours) == 0;
	return ok ? TAKE(argv) : NULL;
}

/* Written in all majors once it listens; by 4.2 in small letters. */
static bool
is_waiting(const struct how_task *t, const char *engine, const char *name)
{
	const char *const words[] = { "logs", name, NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	return how_engine(t, engine, words, &r, NULL) &&
	    (strstr(buf_str(&r.out), "aiting for connections") != NULL ||
	    strstr(buf_str(&r.err), "aiting for connections") != NULL);
}

static bool
refused(const struct how_task *t, const char *engine, const char *name,
    const json_t *now, struct err *e)
{
	AUTO_FREE char *said = how_container_said(t, engine, name);
	int code = (int)json_int(json_object_get(now, "State"), "ExitCode",
	    -1);

	err_set(e, ERR_REFUSED, code, T_HOW_TRY_ENDED, t->to, t->member,
	    said != NULL ? said : T_HOW_NO_WORDS, code);
	return err_hint(e, T_HOW_TRY_HINT);
}

static bool
judge(const struct how_task *t, const char *engine, const char *name,
    struct err *e)
{
	int64_t end = clock_mono_ms(&clock_system) + TRY_MS;

	do {
		AUTO_JSON json_t *now = NULL;

		if (!how_inspect(t, engine, "container", name, &now, e))
			return false;
		if (now == NULL || !how_container_is_up(now))
			return refused(t, engine, name, now, e);
		if (is_waiting(t, engine, name))
			return true;
		if (!cancel_wait(t->ctx->cancel, LOOK_MS))
			return cancel_check(t->ctx->cancel, e);
	} while (clock_mono_ms(&clock_system) < end);
	return err_set(e, ERR_REFUSED, 0, T_HOW_TRY_SILENT, json_text(t->args,
	    "image"), TRY_MS / 1000);
}

static bool
options_try(const struct how_task *t, const char *engine,
    const json_t *container, struct err *e)
{
	const json_t	*cmd = json_object_get(json_object_get(container,
	    "Config"), "Cmd");
	char		 random[17], name[64];
	AUTO_FREE char	*copy = NULL;
	AUTO_JSON json_t *argv = NULL;
	AUTO_FREE const char **words = NULL;
	const char *const rm[] = { "rm", "-f", name, NULL };
	bool		 ok;

	if (!config_copy(t, container, cmd, &copy, e) ||
	    !digest_random_hex(8, random, e))
		return false;
	snprintf(name, sizeof(name), "stconsole-try-%s", random);
	argv = run_make(t, container, cmd, name, copy);
	words = proc_argv_from_json(argv);
	if (argv == NULL || words == NULL)
		return err_nomem(e);
	ok = how_engine(t, engine, words, NULL, e) &&
	    judge(t, engine, name, e);
	ok = how_engine(t, engine, rm, NULL, ok ? e : NULL) && ok;
	return copy == NULL || (file_remove(AT_FDCWD, copy, ok ? e : NULL) &&
	    ok) ? ok : false;
}

bool
how_docker_try(const struct how_task *t, struct err *e)
{
	const char		*engine = json_text(t->args, "engine");
	const char		*image = json_text(t->args, "image");
	AUTO_JSON json_t	*container = NULL;

	if (!how_docker_now(t, &container, e))
		return false;
	if (container == NULL)
		return err_set(e, ERR_REFUSED, 0, T_HOW_NO_CONTAINER,
		    t->member, json_text(t->args, "container"));
	return image_fetch(t, engine, image, e) &&
	    version_check(t, engine, image, e) &&
	    options_try(t, engine, container, e);
}
