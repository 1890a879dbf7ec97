/*
 * Command line and mongod.conf: what getCmdLineOpts shows of them, and what a
 * version no longer takes (manual, release notes "compatibility changes" of
 * each major; exit codes and words as seen on 4.4, 5.0 and 6.0).
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stconsole/str.h"
#include "stconsole/yaml_tree.h"

/* A word of argv and where it is in the parsed options. */
static const struct {
	const char	*word;
	const char	*path;
	char		 kind;	/* 's' text, 'n' number, 't' true, 'f' false */
} words[] = {
	{ "--dbpath", "storage.dbPath", 's' },
	{ "--port", "net.port", 'n' },
	{ "--bind_ip", "net.bindIp", 's' },
	{ "--replSet", "replication.replSet", 's' },
	{ "--oplogSize", "replication.oplogSizeMB", 'n' },
	{ "--wiredTigerCacheSizeGB",
	  "storage.wiredTiger.engineConfig.cacheSizeGB", 'n' },
	{ "--nounixsocket", "net.unixDomainSocket.enabled", 'f' },
	{ "--ipv6", "net.ipv6", 't' },
	{ "--journal", "storage.journal.enabled", 't' },
	{ "--nojournal", "storage.journal.enabled", 'f' },
	{ "--logpath", "systemLog.path", 's' },
	{ "--setParameter", "setParameter", 's' },
	{ "--config", "config", 's' },
	{ "-f", "config", 's' },
};

/* Gone from a major on. */
static const struct {
	const char	*path;
	const char	*since;
	int		 exit_code;
	const char	*source;
} gone[] = {
	{ "storage.journal.enabled", "7.0", 2,
	  "manual release-notes/6.1 and 7.0-compatibility" },
	{ "net.serviceExecutor", "5.0", 2,
	  "manual release-notes/5.0-compatibility; seen" },
	{ "cloud.monitoring.free.state", "7.0", 2,
	  "manual release-notes/7.0-compatibility" },
	{ "setParameter.shouldMultiDocTxnCreateCollectionAndIndexes", "5.0",
	  1, "manual release-notes/5.0-compatibility; seen" },
	{ "setParameter.storeFindAndModifyImagesInSideCollection", "8.0", 1,
	  "manual release-notes/8.0-compatibility" },
};

static void
path_put(json_t *at, const char *path, json_t *value)
{
	const char	*dot = strchr(path, '.');
	char		 key[128];
	json_t		*next;

	if (dot == NULL) {
		json_object_set_new(at, path, value);
		return;
	}
	snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
	next = json_object_get(at, key);
	if (next == NULL) {
		next = json_object();
		json_object_set_new(at, key, next);
	}
	path_put(next, dot + 1, value);
}

static const json_t *
path_get(const json_t *at, const char *path)
{
	const char	*dot = strchr(path, '.');
	char		 key[128];

	if (dot == NULL)
		return json_object_get(at, path);
	snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
	return path_get(json_object_get(at, key), dot + 1);
}

static json_t *
scalar(const char *text)
{
	char	*end;
	double	 d = strtod(text, &end);

	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return json_boolean(*text == 't');
	if (*text == '\0' || *end != '\0')
		return json_string(text);
	return strchr(text, '.') != NULL ? json_real(d) :
	    json_integer((json_int_t)d);
}

static void
config_put(json_t *at, const struct yaml_node *map)
{
	for (const struct yaml_node *n = map->children; n != NULL;
	    n = n->next) {
		if (n->kind == YAML_KIND_MAP) {
			json_t	*inner = json_object();

			json_object_set_new(at, n->key, inner);
			config_put(inner, n);
		} else {
			json_object_set_new(at, n->key, scalar(n->text));
		}
	}
}

static void
config_read(struct options *o, const char *path)
{
	struct yaml_tree	 t = YAML_TREE_INIT;
	struct err		 e;

	if (!yaml_tree_read(&t, path, &e)) {
		printf("Error parsing YAML config file: %s\n", e.msg);
		exit(2);
	}
	config_put(o->parsed, t.root);
	yaml_tree_free(&t);
}

static void
parameter_put(struct options *o, const char *text)
{
	const char	*equals = strchr(text, '=');
	char		 path[160];

	if (equals == NULL)
		return;
	snprintf(path, sizeof(path), "setParameter.%.*s",
	    (int)(equals - text), text);
	path_put(o->parsed, path, json_string(equals + 1));
}

/* The number of words that it took. */
static int
word_take(struct options *o, const char *word, const char *value)
{
	size_t	 i = 0;

	while (i < ARRAY(words) && strcmp(word, words[i].word) != 0)
		i++;
	if (strcmp(word, "--auth") == 0 || strcmp(word, "--keyFile") == 0) {
		printf("the model knows no accounts\n");
		exit(2);
	}
	if (i == ARRAY(words) || (strchr("sn", words[i].kind) != NULL &&
	    value == NULL)) {
		printf("Error parsing command line: unrecognised option "
		    "'%s'\n", word);
		exit(2);
	}
	if (strchr("tf", words[i].kind) != NULL) {
		path_put(o->parsed, words[i].path, json_boolean(
		    words[i].kind == 't'));
		return 1;
	}
	if (strcmp(words[i].path, "setParameter") == 0)
		parameter_put(o, value);
	else
		path_put(o->parsed, words[i].path, words[i].kind == 'n' ?
		    scalar(value) : json_string(value));
	if (strcmp(words[i].path, "config") == 0)
		config_read(o, value);
	return 2;
}

static void
gone_check(const struct options *o, const struct version *v)
{
	for (size_t i = 0; i < ARRAY(gone); i++) {
		if (path_get(o->parsed, gone[i].path) == NULL ||
		    !version_from(v, gone[i].since))
			continue;
		if (gone[i].exit_code == 1)
			printf("Unknown --setParameter '%s'\n",
			    strchr(gone[i].path, '.') + 1);
		else
			printf("Unrecognized option: %s\n", gone[i].path);
		exit(gone[i].exit_code);
	}
}

void
options_read(struct options *o, const struct version *v, int argc,
    char **argv)
{
	const json_t	*replication;

	o->argv = json_array();
	o->parsed = json_object();
	for (int i = 0; i < argc; i++)
		json_array_append_new(o->argv, json_string(argv[i]));
	for (int i = 1; i < argc;)
		i += word_take(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
	gone_check(o, v);
	replication = json_object_get(o->parsed, "replication");
	o->set = json_string_value(json_object_get(replication, "replSet"));
	if (o->set == NULL)
		o->set = json_string_value(json_object_get(replication,
		    "replSetName"));
	o->db_path = json_string_value(path_get(o->parsed,
	    "storage.dbPath"));
	o->port = (int)json_integer_value(path_get(o->parsed, "net.port"));
	if (o->db_path == NULL || o->port == 0) {
		printf("the model wants --dbpath and --port\n");
		exit(2);
	}
}
