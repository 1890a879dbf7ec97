/* The programs that fake_program.h describes. */
#include "fake_program.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

static json_t *
fake_load(void)
{
	json_t *j = json_load_file(getenv("FAKE_STATE"), 0, NULL);

	if (j == NULL)
		exit(99);
	return j;
}

static void
fake_save(const json_t *j)
{
	if (json_dump_file(j, getenv("FAKE_STATE"), 0) != 0)
		exit(99);
}

/* One line for each call: the words with a space between. */
static void
fake_record(int argc, char **argv)
{
	FILE *f = fopen(getenv("FAKE_LOG"), "ae");

	if (f == NULL)
		exit(99);
	for (int i = 0; i < argc; i++)
		fprintf(f, "%s%s", i > 0 ? " " : "", i == 0 ?
		    strrchr(argv[0], '/') != NULL ?
		    strrchr(argv[0], '/') + 1 : argv[0] : argv[i]);
	fputc('\n', f);
	fclose(f);
}

static bool
fake_has(int argc, char **argv, const char *word)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

static void
fake_inspect(const json_t *state)
{
	AUTO_JSON json_t *out = json_array();
	json_t	*c;
	size_t	 i;

	json_array_foreach(json_object_get(state, "containers"), i, c) {
		const char *at = json_text(c, "started");

		json_array_append_new(out, json_pack("{s:s, s:s, s:s,"
		    " s:{s:s, s:s, s:s}, s:{s:s, s:{s:s, s:s, s:s, s:s}}}",
		    "Id", json_text(c, "id"), "Name", json_text(c, "name"),
		    "Created", at, "State", "Status", json_text(c, "status"),
		    "StartedAt", at, "FinishedAt", at, "Config", "Image",
		    "st/x:1", "Labels", "com.docker.compose.project",
		    "sametime", "com.docker.compose.service",
		    json_text(c, "service"), "com.docker.compose.version",
		    "2.24.5", "com.docker.compose.project.working_dir",
		    json_text(state, "root")));
	}
	json_dumpf(out, stdout, 0);
}

/*
 * FAKE_GATE: says by GATE.reached that it is here, and goes on when GATE is
 * there; a minute at most.
 */
static void
fake_gate(void)
{
	const char	*gate = getenv("FAKE_GATE");
	AUTO_FREE char	*reached = gate != NULL ?
			    str_format("%s.reached", gate) : NULL;
	FILE		*f = reached != NULL ? fopen(reached, "we") : NULL;
	int		 left = 60 * 200;

	if (f == NULL)
		return;
	fclose(f);
	while (access(gate, F_OK) < 0 && left-- > 0)
		(void)poll(NULL, 0, 5);
}

/* up and restart start anew; stop stops. */
static int
fake_compose(int argc, char **argv)
{
	AUTO_JSON json_t *state = fake_load();
	json_int_t	 n = json_int(state, "n", 0) + 1;
	bool		 stops = fake_has(argc, argv, "stop");
	bool		 all = !fake_has(argc, argv, "community") &&
	    !fake_has(argc, argv, "nginx");
	char		 at[64];
	json_t		*c;
	size_t		 i;

	snprintf(at, sizeof(at), "2026-11-24T10:00:%02d.5Z", (int)n);
	json_object_set_new(state, "n", json_integer(n));
	json_array_foreach(json_object_get(state, "containers"), i, c) {
		if (!all && !fake_has(argc, argv, json_text(c, "service")))
			continue;
		json_object_set_new(c, "status",
		    json_string(stops ? "exited" : "running"));
		if (!stops)
			json_object_set_new(c, "started", json_string(at));
	}
	fake_save(state);
	return 0;
}

static int
fake_docker(int argc, char **argv)
{
	AUTO_JSON json_t *state = fake_load();
	json_t		*c;
	size_t		 i;

	if (fake_has(argc, argv, "version"))
		return 0;
	if (strcmp(argv[1], "compose") == 0) {
		fake_record(argc, argv);
		fake_gate();
		return fake_compose(argc, argv);
	}
	if (strcmp(argv[1], "logs") == 0)
		puts(json_text(state, "log"));
	else if (strcmp(argv[1], "inspect") == 0)
		fake_inspect(state);
	else if (fake_has(argc, argv, "-q"))
		json_array_foreach(json_object_get(state, "containers"), i, c)
			puts(json_text(c, "id"));
	return 0;
}

/*
 * As the API server says it: counters are absent at 0, "Available" stays
 * True, and for one answer after a change the old deadline is still there.
 */
static json_t *
fake_deployment(json_t *d)
{
	json_int_t	 want = json_int(d, "replicas", 0);
	json_int_t	 generation = json_int(d, "generation", 1);
	json_int_t	 lag = json_int(d, "lag", 0);
	json_t		*status = json_pack("{s:I, s:[{s:s, s:s, s:s}]}",
	    "observedGeneration", generation, "conditions", "type",
	    "Available", "status", "True", "lastTransitionTime",
	    "2026-11-20T08:00:00Z");

	if (lag > 0) {
		json_object_set_new(d, "lag", json_integer(lag - 1));
		json_array_append_new(json_object_get(status, "conditions"),
		    json_pack("{s:s, s:s, s:s}", "type", "Progressing",
		    "status", "False", "reason", "ProgressDeadlineExceeded"));
	} else if (want > 0) {
		json_object_set_new(status, "replicas", json_integer(want));
		json_object_set_new(status, "updatedReplicas",
		    json_integer(want));
		json_object_set_new(status, "availableReplicas",
		    json_integer(want));
	}
	return json_pack("{s:s, s:{s:s, s:I, s:{s:s}}, s:{s:I,"
	    " s:{s:{s:{s:s}}, s:{s:[{s:s}]}}}, s:o}", "kind", "Deployment",
	    "metadata", "name",
	    json_text(d, "name"), "generation", generation, "annotations",
	    "meta.helm.sh/release-name", "meet", "spec", "replicas", want,
	    "template", "metadata", "annotations",
	    "kubectl.kubernetes.io/restartedAt", json_text(d, "restarted"),
	    "spec", "containers", "image", "st/chat-server:12", "status",
	    status);
}

static json_t *
fake_find(const json_t *state, int argc, char **argv)
{
	json_t	*d;
	size_t	 i;

	json_array_foreach(json_object_get(state, "deployments"), i, d)
		if (fake_has(argc, argv, json_text(d, "name")))
			return d;
	return NULL;
}

static int
fake_get(json_t *state, int argc, char **argv)
{
	AUTO_JSON json_t *items = json_array(), *one = NULL;
	json_t		*d = fake_find(state, argc, argv);
	size_t		 i;

	if (fake_has(argc, argv, "deployment") && d == NULL) {
		fprintf(stderr, "Error from server (NotFound): "
		    "deployments.apps \"%s\" not found\n", argv[3]);
		return 1;
	}
	if (d != NULL) {
		one = fake_deployment(d);
		json_dumpf(one, stdout, 0);
	} else {
		json_array_foreach(json_object_get(state, "deployments"), i,
		    d)
			json_array_append_new(items, fake_deployment(d));
		one = json_pack("{s:O}", "items", items);
		json_dumpf(one, stdout, 0);
	}
	fake_save(state);
	return 0;
}

static void
fake_touch(json_t *d)
{
	json_object_set_new(d, "generation",
	    json_integer(json_int(d, "generation", 1) + 1));
	json_object_set_new(d, "lag", json_integer(1));
}

static int
fake_scale(json_t *state, int argc, char **argv)
{
	json_t		*d = fake_find(state, argc, argv);
	json_int_t	 from = -1, to = -1;

	for (int i = 1; i < argc; i++) {
		if (str_starts(argv[i], "--current-replicas="))
			from = strtol(strchr(argv[i], '=') + 1, NULL, 10);
		if (str_starts(argv[i], "--replicas="))
			to = strtol(strchr(argv[i], '=') + 1, NULL, 10);
	}
	if (json_int(d, "replicas", 0) != from) {
		fprintf(stderr, "error: Expected replicas to be %d, was %d\n",
		    (int)from, (int)json_int(d, "replicas", 0));
		return 1;
	}
	json_object_set_new(d, "replicas", json_integer(to));
	fake_touch(d);
	fake_save(state);
	return 0;
}

static int
fake_kubectl(int argc, char **argv)
{
	AUTO_JSON json_t *state = fake_load();
	json_t		*d;

	if (strcmp(argv[1], "config") == 0) {
		fputs("sametime", stdout);
		return 0;
	}
	if (strcmp(argv[1], "get") == 0)
		return fake_get(state, argc, argv);
	fake_record(argc, argv);
	if (strcmp(argv[1], "scale") == 0)
		return fake_scale(state, argc, argv);
	if (strcmp(argv[1], "logs") == 0) {
		puts("one line \033[31mred");
		return 0;
	}
	d = fake_find(state, argc, argv);
	json_object_set_new(d, "restarted", json_string("now"));
	fake_touch(d);
	fake_save(state);
	return 0;
}

static int
fake_helm(int argc, char **argv)
{
	AUTO_JSON json_t *state = fake_load();
	json_int_t	 revision = json_int(state, "revision", 0);

	if (strcmp(argv[1], "list") == 0) {
		if (json_flag(state, "forbids_all") &&
		    fake_has(argc, argv, "-A")) {
			fputs("Error: list: failed to list: secrets is "
			    "forbidden: User \"kim\" cannot list resource "
			    "\"secrets\" in API group \"\" at the cluster "
			    "scope\n", stderr);
			return 1;
		}
		if (revision == 0)
			puts("[]");
		else
			printf("[{\"name\":\"meet\",\"namespace\":"
			    "\"sametime\",\"revision\":\"%d\",\"status\":"
			    "\"deployed\",\"chart\":\"sametime-12.0.2\"},"
			    "{\"name\":\"x\",\"namespace\":\"y\","
			    "\"revision\":\"1\",\"chart\":"
			    "\"sametime-tools-1.0.0\"}]", (int)revision);
		return 0;
	}
	fake_record(argc, argv);
	json_object_set_new(state, "revision", json_integer(revision + 1));
	fake_save(state);
	return 0;
}

bool
fake_program_main(int argc, char **argv, int *code)
{
	const char *name = strrchr(argv[0], '/');

	name = name != NULL ? name + 1 : argv[0];
	if (argc < 2)
		return false;
	if (strcmp(name, "docker") == 0)
		*code = fake_docker(argc, argv);
	else if (strcmp(name, "kubectl") == 0)
		*code = fake_kubectl(argc, argv);
	else if (strcmp(name, "helm") == 0)
		*code = fake_helm(argc, argv);
	else
		return false;
	return true;
}
