/*
 * Where the deployments of this host are, and of which kind.
 *
 * A folder is recognised by the names of its files and a look into the
 * compose file as plain text: one that does not parse must still be found,
 * so that the administrator is told what is wrong with it.
 */
#include "site_private.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/file.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/proc.h"
#include "stconsole/str.h"

#include "text.def"

#define COMPOSE_MAX	(1u << 20)
#define ENGINE_TIMEOUT_MS	4000
#define FOLDERS_MAX	4096	/* children of one folder that are looked at */

static const char *const compose_names[] = {
	"docker-compose.yml", "docker-compose.yaml", "compose.yaml",
	"compose.yml"
};

/* The names of HCL's images and of services that only Sametime has. */
static const char *const compose_marks[] = {
	"st/chat-server", "st/chat-proxy", "st/meetings-", "sametime"
};

struct roots {
	char	**paths;
	size_t	 count;
};

static bool
is_sametime_text(int dirfd, const char *name)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (!file_read(dirfd, name, COMPOSE_MAX, &text, NULL))
		return false;
	for (size_t i = 0; i < LENGTH(compose_marks); i++)
		if (strstr(buf_str(&text), compose_marks[i]) != NULL)
			return true;
	return false;
}

static const char *
compose_in(int dirfd)
{
	for (size_t i = 0; i < LENGTH(compose_names); i++)
		if (is_sametime_text(dirfd, compose_names[i]))
			return compose_names[i];
	return NULL;
}

/* "helm" below the folder, or the folder itself. */
static const char *
chart_in(int dirfd)
{
	if (file_exists(dirfd, "helm/values.yaml") &&
	    (file_exists(dirfd, "helm/templates/sametime-secrets.yaml") ||
	    is_sametime_text(dirfd, "helm/Chart.yaml")))
		return "helm";
	if (file_exists(dirfd, "values.yaml") &&
	    (file_exists(dirfd, "templates/sametime-secrets.yaml") ||
	    is_sametime_text(dirfd, "Chart.yaml")))
		return ".";
	return NULL;
}

static bool
is_windows_folder(int dirfd)
{
	return file_exists(dirfd, "sametime.ini") &&
	    (file_exists(dirfd, "StCommunityConfig.xml") ||
	    file_exists(dirfd, "custom.env") ||
	    file_exists(dirfd, "traefik-windows-amd64"));
}

bool
site_recognise(const char *folder, enum site_kind *kind, char **compose,
    char **chart)
{
	AUTO_CLOSE int	 fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char	*found;

	*compose = NULL;
	*chart = NULL;
	if (fd < 0)
		return false;
	if ((found = compose_in(fd)) != NULL) {
		*kind = SITE_DOCKER;
		*compose = strdup(found);
		return *compose != NULL;
	}
	if ((found = chart_in(fd)) != NULL) {
		*kind = SITE_KUBERNETES;
		*chart = strdup(found);
		return *chart != NULL;
	}
	*kind = SITE_WINDOWS;
	return is_windows_folder(fd);
}

/* ---- what docker and podman say about running compose projects */

static const char *const project_labels[] = {
	"com.docker.compose.project.working_dir",
	"io.podman.compose.project.working_dir"
};

/* Adds a folder unless it is listed; takes path. */
static bool
folder_add(struct roots *r, char *path)
{
	char **paths;

	for (size_t i = 0; path != NULL && i < r->count; i++) {
		if (strcmp(r->paths[i], path) == 0) {
			free(path);
			return true;
		}
	}
	paths = path == NULL ? NULL :
	    realloc(r->paths, (r->count + 1) * sizeof(*paths));
	if (paths == NULL) {
		free(path);
		return false;
	}
	r->paths = paths;
	r->paths[r->count++] = path;
	return true;
}

static void
roots_fini(struct roots *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->paths[i]);
	free(r->paths);
	*r = (struct roots){ 0 };
}

/* The folders of podman's containers: Labels is an object. */
static bool
podman_folders(struct roots *out)
{
	static const char *const argv[] = {
		"podman", "ps", "--format", "json", NULL
	};
	const struct proc_spec spec = {
		.argv = argv, .timeout_ms = ENGINE_TIMEOUT_MS
	};
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	AUTO_JSON json_t *list = NULL;
	const char	*folder;
	json_t		*one;
	size_t		 i;

	if (!proc_exists("podman") || !proc_run_ok(&spec, &r, NULL))
		return true;
	list = json_parse(buf_str(&r.out), r.out.len, NULL);
	json_array_foreach(list, i, one) {
		json_t *labels = json_object_get(one, "Labels");

		for (size_t k = 0; k < LENGTH(project_labels); k++) {
			folder = json_str(labels, project_labels[k]);
			if (folder != NULL && !folder_add(out, strdup(folder)))
				return false;
		}
	}
	return true;
}

/* docker prints one label for each container, a line each. */
static bool
docker_folders(struct roots *out)
{
	static const char *const argv[] = {
		"docker", "ps", "--format",
		"{{.Label \"com.docker.compose.project.working_dir\"}}", NULL
	};
	const struct proc_spec spec = {
		.argv = argv, .timeout_ms = ENGINE_TIMEOUT_MS
	};
	AUTO_PROC_RESULT struct proc_result r = { 0 };
	char		*line, *save = NULL;

	if (!proc_exists("docker") || !proc_run_ok(&spec, &r, NULL) ||
	    r.out.len == 0)
		return true;
	for (line = strtok_r(r.out.data, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		if (line[0] == '/' && !folder_add(out, strdup(line)))
			return false;
	return true;
}

/* podman-docker's "docker" is a script or a link to podman. */
static bool
docker_is_podman(void)
{
	static const char *const folders[] = {
		"/usr/local/bin/docker", "/usr/bin/docker", "/bin/docker"
	};
	char	 target[PATH_MAX];

	for (size_t i = 0; i < LENGTH(folders); i++) {
		AUTO_CLOSE int	 fd = open(folders[i], O_RDONLY | O_CLOEXEC);
		char		 head[2];

		if (fd < 0)
			continue;
		if (realpath(folders[i], target) != NULL &&
		    str_ends(target, "/podman"))
			return true;
		return read(fd, head, sizeof(head)) == sizeof(head) &&
		    memcmp(head, "#!", 2) == 0;
	}
	return false;
}

/*
 * Where both commands are, the running containers decide.  The answer is not
 * part of the site's id: stopping everything must not make another site.
 */
enum site_kind
site_engine_of(const char *root)
{
	struct roots	 folders = { 0 };
	enum site_kind	 kind = SITE_DOCKER;

	if (!proc_exists("podman"))
		return SITE_DOCKER;
	if (!proc_exists("docker") || docker_is_podman())
		return SITE_PODMAN;
	if (podman_folders(&folders))
		for (size_t i = 0; i < folders.count; i++)
			if (strcmp(folders.paths[i], root) == 0)
				kind = SITE_PODMAN;
	roots_fini(&folders);
	return kind;
}

/* ---- the search */

static bool
root_try(struct roots *r, const char *folder)
{
	AUTO_FREE char	*compose = NULL, *chart = NULL;
	enum site_kind	 kind;

	if (!site_recognise(folder, &kind, &compose, &chart))
		return true;
	return folder_add(r, realpath(folder, NULL));
}

static bool
children_try(struct roots *r, const char *folder)
{
	DIR		*dir = opendir(folder);
	struct dirent	*d;
	bool		 ok = true;

	if (dir == NULL)
		return true;
	for (int n = 0; ok && n < FOLDERS_MAX; n++) {
		AUTO_FREE char *child = NULL;

		if ((d = readdir(dir)) == NULL)
			break;
		if (d->d_name[0] == '.' ||
		    (d->d_type != DT_DIR && d->d_type != DT_LNK &&
		    d->d_type != DT_UNKNOWN))
			continue;
		child = str_format("%s%s", folder, d->d_name);
		ok = child != NULL && root_try(r, child);
	}
	closedir(dir);
	return ok;
}

static int
path_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool
site_find(const struct site_places *places, char ***roots, size_t *count,
    struct err *e)
{
	struct roots	 r = { 0 }, running = { 0 };
	bool		 ok = true;

	for (size_t i = 0; ok && places->folders[i] != NULL; i++) {
		const char *folder = places->folders[i];

		ok = root_try(&r, folder);
		if (ok && str_ends(folder, "/"))
			ok = children_try(&r, folder);
	}
	if (ok && places->ask_engines)
		ok = docker_folders(&running) && podman_folders(&running);
	for (size_t i = 0; ok && i < running.count; i++)
		ok = root_try(&r, running.paths[i]);
	roots_fini(&running);
	if (!ok) {
		roots_fini(&r);
		return err_nomem(e);
	}
	if (r.count > 1)
		qsort(r.paths, r.count, sizeof(*r.paths), path_order);
	*roots = r.paths;
	*count = r.count;
	return true;
}
