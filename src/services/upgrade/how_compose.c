/*
 * A container that compose made: its image in the compose file, and the call
 * that recreates this one service.  Files, project and program are read from
 * its labels.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/doc.h"
#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "how_docker.h"
#include "text_how.def"

#define FILE_MAX	(4u << 20)
#define RUN_TIMEOUT_MS	(15 * 60 * 1000)
#define LABEL(x)	"com.docker.compose." x

/* services["a.b"].image; the quotes are for any name. */
static char *
image_path(const char *service)
{
	return str_format("services[\"%s\"].image", service);
}

/* The image that a file names, malloc'd; NULL with *e: none, or trouble. */
static char *
image_read(const char *file, const char *service, struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_FREE char		*path = image_path(service);
	const struct doc_node	*node;
	struct doc		 doc;
	char			*value = NULL;

	if (path == NULL)
		err_nomem(e);
	if (path == NULL || !file_read(AT_FDCWD, file, FILE_MAX, &text, e) ||
	    !doc_parse(&doc, &doc_yaml, buf_str(&text), text.len, e))
		return NULL;
	node = doc_find(&doc, path);
	if (node != NULL && node->kind == DOC_SCALAR && node->value != NULL)
		value = strdup(node->value);
	doc_fini(&doc);
	if (value == NULL)
		err_set(e, ERR_REFUSED, 0, T_HOW_COMPOSE_NO_IMAGE, file,
		    service);
	return value;
}

static bool
image_write(const char *file, const char *service, const char *image,
    struct err *e)
{
	AUTO_BUF struct buf	 text = BUF_INIT, out = BUF_INIT;
	AUTO_FREE char		*path = image_path(service);
	struct doc		 doc;
	bool			 ok;

	if (path == NULL)
		return err_nomem(e);
	if (!file_read(AT_FDCWD, file, FILE_MAX, &text, e) ||
	    !doc_parse(&doc, &doc_yaml, buf_str(&text), text.len, e))
		return false;
	ok = doc_edit(&doc, DOC_SET, path, image, &out, NULL, e);
	doc_fini(&doc);
	return ok && file_replace(AT_FDCWD, file, buf_str(&out), out.len,
	    0644, e);
}

/* ---- plan */

/* The last of the files that gives the service an image counts. */
static bool
file_find(const struct how_task *t, const char *dir, const char *files,
    json_t *args, struct err *e)
{
	AUTO_FREE char	*list = strdup(files);
	char		*save = NULL, *one;
	struct err	 why = { .domain = ERR_NONE };

	for (one = list != NULL ? strtok_r(list, ",", &save) : NULL;
	    one != NULL; one = strtok_r(NULL, ",", &save)) {
		AUTO_FREE char *file = *one == '/' ? strdup(one) :
		    str_format("%s/%s", dir, one);
		AUTO_FREE char *was = file != NULL ? image_read(file,
		    json_text(args, "service"), &why) : NULL;

		if (was == NULL)
			continue;
		json_object_set_new(args, "file", json_string(file));
		json_object_set_new(args, "was", json_string(was));
	}
	if (json_str(args, "file") == NULL)
		return why.domain != ERR_NONE ? err_copy(e, &why) :
		    err_set(e, ERR_REFUSED, 0, T_HOW_COMPOSE_NO_FILE,
		    t->member);
	if (strchr(json_text(args, "was"), '$') == NULL)
		return true;
	err_set(e, ERR_REFUSED, 0, T_HOW_COMPOSE_VARIABLE,
	    json_text(args, "file"), json_text(args, "was"));
	return err_hint(e, T_HOW_COMPOSE_VARIABLE_HINT);
}

static bool
has_compose_v2(void)
{
	const char *const argv[] = { "docker", "compose", "version", NULL };
	AUTO_PROC_RESULT struct proc_result r = { 0 };

	return proc_exists("docker") && proc_run(&(struct proc_spec){
	    .argv = argv, .timeout_ms = 15000 }, &r, NULL) &&
	    r.exit_code == 0;
}

/* The program that made it, else what is there. */
static json_t *
program(const json_t *labels)
{
	if (json_str(labels, "io.podman.compose.version") != NULL &&
	    proc_exists("podman-compose"))
		return json_pack("[s]", "podman-compose");
	if (str_starts(json_text(labels, LABEL("version")), "1.") &&
	    proc_exists("docker-compose"))
		return json_pack("[s]", "docker-compose");
	if (has_compose_v2())
		return json_pack("[s, s]", "docker", "compose");
	if (proc_exists("docker-compose"))
		return json_pack("[s]", "docker-compose");
	return proc_exists("podman-compose") ?
	    json_pack("[s]", "podman-compose") : NULL;
}

/* --force-recreate: podman-compose does not compare (1.0.3). */
static json_t *
up_make(const json_t *labels, const char *dir)
{
	AUTO_JSON json_t	*argv = program(labels);
	AUTO_JSON json_t	*tail = json_pack("[s,s,s,s,s]", "up", "-d",
	    "--no-deps", "--force-recreate", json_text(labels,
	    LABEL("service")));
	AUTO_FREE char		*list = strdup(json_text(labels,
	    LABEL("project.config_files")));
	char			*save = NULL, *one;

	if (argv == NULL || tail == NULL || list == NULL)
		return NULL;
	json_array_append_new(argv, json_string("-p"));
	json_array_append_new(argv, json_string(json_text(labels,
	    LABEL("project"))));
	for (one = strtok_r(list, ",", &save); one != NULL;
	    one = strtok_r(NULL, ",", &save)) {
		json_array_append_new(argv, json_string("-f"));
		json_array_append_new(argv, *one == '/' ? json_string(one) :
		    json_sprintf("%s/%s", dir, one));
	}
	return json_array_extend(argv, tail) == 0 ? TAKE(argv) : NULL;
}

bool
how_compose_plan(const struct how_task *t, const json_t *labels,
    json_t *args, struct err *e)
{
	const char	*dir = json_text(labels, LABEL("project.working_dir"));
	json_t		*up;

	json_object_set_new(args, "service", json_string(json_text(labels,
	    LABEL("service"))));
	json_object_set_new(args, "dir", json_string(dir));
	if (!file_find(t, dir, json_text(labels,
	    LABEL("project.config_files")), args, e))
		return false;
	up = up_make(labels, dir);
	if (up == NULL)
		return err_set(e, ERR_REFUSED, 0, T_HOW_COMPOSE_NONE,
		    t->member);
	return json_object_set_new(args, "up", up) == 0 ? true : err_nomem(e);
}

/* ---- swap */

bool
how_compose_is_swapped(const struct how_task *t, bool *yes, struct err *e)
{
	AUTO_FREE char *image = image_read(json_text(t->args, "file"),
	    json_text(t->args, "service"), e);

	*yes = image != NULL && strcmp(image, json_text(t->args, "image")) ==
	    0;
	return image != NULL;
}

bool
how_compose_swap(const struct how_task *t, struct err *e)
{
	return image_write(json_text(t->args, "file"), json_text(t->args,
	    "service"), json_text(t->args, "image"), e);
}

bool
how_compose_unswap(const struct how_task *t, struct err *e)
{
	return image_write(json_text(t->args, "file"), json_text(t->args,
	    "service"), json_text(t->args, "was"), e);
}

/* The file may say mongo:5.0 where the engine says docker.io/.../mongo:5.0. */
static bool
is_image(const char *engines, const char *files)
{
	size_t a = strlen(engines), b = strlen(files);

	return a >= b && strcmp(engines + a - b, files) == 0 &&
	    (a == b || engines[a - b - 1] == '/');
}

bool
how_compose_up(const struct how_task *t, struct err *e)
{
	AUTO_FREE const char	**argv = proc_argv_from_json(
	    json_object_get(t->args, "up"));
	AUTO_FREE char		*image = image_read(json_text(t->args,
	    "file"), json_text(t->args, "service"), e);
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	AUTO_JSON json_t	*now = NULL;

	if (image == NULL || !how_docker_now(t, &now, e))
		return false;
	if (argv == NULL)
		return err_nomem(e);
	if (now != NULL && how_container_is_up(now) &&
	    is_image(how_container_image(now), image))
		return true;
	return proc_run_ok(&(struct proc_spec){ .argv = argv,
	    .cwd = json_text(t->args, "dir"),
	    .timeout_ms = RUN_TIMEOUT_MS }, &r, e);
}
