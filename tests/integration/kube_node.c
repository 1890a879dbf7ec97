/*
 * Scheduler and kubelet for kube_lab.h: binds every pod to one node and says
 * that it runs.  No container is ever made.
 */
#include "kube_lab.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "stconsole/cancel.h"
#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define TICK_MS	150
#define NODE	"lab"

static json_t *
status_condition(const char *type, bool is_true)
{
	return json_pack("{s:s, s:s}", "type", type, "status",
	    is_true ? "True" : "False");
}

/* Repeated until the server takes it: it may be away for a while. */
static void
node_join(const struct kube_http *h)
{
	long status;

	do {
		status = kube_http(h, "POST", "/api/v1/nodes", json_pack(
		    "{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind",
		    "Node", "metadata", "name", NODE), NULL);
		if (status == 0)
			cancel_wait(NULL, TICK_MS);
	} while (status != 201 && status != 409);
	kube_http(h, "PATCH", "/api/v1/nodes/" NODE "/status", json_pack(
	    "{s:{s:[o], s:[{s:s, s:s}], s:{s:{s:i}}}}", "status",
	    "conditions", status_condition("Ready", true), "addresses",
	    "type", "InternalIP", "address", "127.0.0.1", "daemonEndpoints",
	    "kubeletEndpoint", "Port", KUBE_NODE_PORT), NULL);
}

static bool
has_capital(const char *s)
{
	for (; *s != '\0'; s++)
		if (isupper((unsigned char)*s))
			return true;
	return false;
}

/* What a container with this image waits for; NULL: it runs. */
static json_t *
waiting_for(const char *image, bool pulls_all)
{
	AUTO_FREE char *text = NULL;

	if (has_capital(image)) {
		text = str_format("Failed to apply default image tag \"%s\":"
		    " couldn't parse image name: invalid reference format:"
		    " repository name must be lowercase", image);
		return json_pack("{s:s, s:s}", "reason", "InvalidImageName",
		    "message", text);
	}
	if (strstr(image, "bad") == NULL || pulls_all)
		return NULL;
	text = str_format("Back-off pulling image \"%s\"", image);
	return json_pack("{s:s, s:s}", "reason", "ImagePullBackOff",
	    "message", text);
}

static json_t *
pod_status(const json_t *pod, bool pulls_all)
{
	const json_t	*c = json_array_get(json_object_get(
	    json_object_get(pod, "spec"), "containers"), 0);
	const char	*image = json_text(c, "image");
	json_t		*waiting = waiting_for(image, pulls_all);
	bool		 runs = waiting == NULL;
	char		 now[CLOCK_ISO_SIZE];
	json_t		*state;

	clock_iso(clock_wall_ms(&clock_system), now);
	memcpy(now + 19, "Z", 2);	/* Kubernetes counts seconds */
	state = runs ? json_pack("{s:{s:s}}", "running", "startedAt", now) :
	    json_pack("{s:o}", "waiting", waiting);
	return json_pack("{s:{s:s, s:s, s:s, s:[o,o,o,o], s:[{s:s, s:s, s:s,"
	    " s:b, s:i, s:o}]}}", "status", "phase", runs ? "Running" :
	    "Pending", "startTime", now, "podIP", "10.1.0.1", "conditions",
	    status_condition("PodScheduled", true),
	    status_condition("Initialized", true),
	    status_condition("ContainersReady", runs),
	    status_condition("Ready", runs), "containerStatuses", "name",
	    json_text(c, "name"), "image", image, "imageID", "lab", "ready",
	    runs, "restartCount", 0, "state", state);
}

static void
pod_bind(const struct kube_http *h, const char *path, const char *name)
{
	AUTO_FREE char *binding = str_format("%s/binding", path);

	kube_http(h, "POST", binding, json_pack("{s:s, s:s, s:{s:s},"
	    " s:{s:s, s:s, s:s}}", "apiVersion", "v1", "kind", "Binding",
	    "metadata", "name", name, "target", "apiVersion", "v1", "kind",
	    "Node", "name", NODE), NULL);
}

static void
pod_tend(const struct kube_http *h, const json_t *pod, bool pulls_all)
{
	const json_t	*meta = json_object_get(pod, "metadata");
	const char	*name = json_text(meta, "name");
	AUTO_FREE char	*path = str_format("/api/v1/namespaces/%s/pods/%s",
	    json_text(meta, "namespace"), name);
	AUTO_FREE char	*status = str_format("%s/status", path);
	bool		 is_bound = *json_text(json_object_get(pod, "spec"),
	    "nodeName") != '\0';

	if (*json_text(meta, "deletionTimestamp") != '\0')
		kube_http(h, "DELETE", path, json_pack("{s:i}",
		    "gracePeriodSeconds", 0), NULL);
	else if (!is_bound)
		pod_bind(h, path, name);
	else if (*json_text(json_object_get(pod, "status"), "startTime") ==
	    '\0')
		kube_http(h, "PATCH", status, pod_status(pod, pulls_all),
		    NULL);
}

void
kube_node_run(const struct kube_http *h, const char *registry)
{
	const json_t	*pod;
	size_t		 i;

	node_join(h);
	for (;;) {
		AUTO_JSON json_t *list = NULL;
		bool pulls_all = access(registry, F_OK) == 0;

		kube_http(h, "GET", "/api/v1/pods", NULL, &list);
		json_array_foreach(json_object_get(list, "items"), i, pod)
			pod_tend(h, pod, pulls_all);
		cancel_wait(NULL, TICK_MS);
	}
}
