/*
 * What a Deployment is doing, read from it, its ReplicaSets and their pods.
 * Facts 1.1: the conditions alone lie.  "Available" stays True at 0 replicas;
 * counters that are 0 are absent; pods that are still ending are in no
 * counter; ProgressDeadlineExceeded outlives the rollout it was about, but
 * its message names the ReplicaSet, so an old one can be told from ours.
 */
#include "kube.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/msg.h"
#include "stconsole/str.h"

#include "text_daily.def"

#define REVISION	"deployment.kubernetes.io/revision"
/* A registry that fails once is no reason to give up. */
#define PULL_PATIENCE_S	60

/* Why a container waits, and what helps; others are on their way. */
static const struct wait_reason {
	const char	*name;
	int		 patience_s;	/* -1: may come right by itself */
	const char	*hint;
} wait_reasons[] = {
	{ "ImagePullBackOff", PULL_PATIENCE_S, T_KUBE_PULL_HINT },
	{ "ErrImagePull", PULL_PATIENCE_S, T_KUBE_PULL_HINT },
	{ "InvalidImageName", 0, T_KUBE_PULL_HINT },
	{ "ErrImageNeverPull", 0, T_KUBE_PULL_HINT },
	{ "CreateContainerConfigError", PULL_PATIENCE_S, T_KUBE_CONFIG_HINT },
	{ "CreateContainerError", PULL_PATIENCE_S, T_KUBE_POD_HINT },
	{ "RunContainerError", PULL_PATIENCE_S, T_KUBE_POD_HINT },
	{ "CrashLoopBackOff", -1, T_KUBE_CRASH_HINT }
};

static const json_t *
meta(const json_t *object)
{
	return json_object_get(object, "metadata");
}

static bool
is_kind(const json_t *object, const char *kind)
{
	return strcmp(json_text(object, "kind"), kind) == 0;
}

static bool
is_owned(const json_t *object, const json_t *owner)
{
	const char	*uid = json_text(meta(owner), "uid");
	const json_t	*o;
	size_t		 i;

	json_array_foreach(json_object_get(meta(object), "ownerReferences"),
	    i, o)
		if (*uid != '\0' && strcmp(json_text(o, "uid"), uid) == 0)
			return true;
	return false;
}

static const json_t *
items_of(const json_t *list)
{
	return json_object_get(list, "items");
}

const json_t *
kube_find(const json_t *list, const char *name)
{
	const json_t	*o;
	size_t		 i;

	json_array_foreach(items_of(list), i, o)
		if (is_kind(o, "Deployment") &&
		    strcmp(json_text(meta(o), "name"), name) == 0)
			return o;
	return NULL;
}

/* The ReplicaSet of the current template: a rollback revives an old one. */
static const json_t *
newest_set(const json_t *list, const json_t *d)
{
	const json_t	*o, *newest = NULL;
	int64_t		 revision, most = -1;
	size_t		 i;

	json_array_foreach(items_of(list), i, o) {
		if (!is_kind(o, "ReplicaSet") || !is_owned(o, d) ||
		    !str_to_int(json_text(json_object_get(meta(o),
		    "annotations"), REVISION), 0, INT64_MAX, &revision) ||
		    revision <= most)
			continue;
		newest = o;
		most = revision;
	}
	return newest;
}

/* Those that are ending count: their service may still answer. */
static size_t
pods_of(const json_t *list, const json_t *d)
{
	const json_t	*set, *pod;
	size_t		 i, k, n = 0;

	json_array_foreach(items_of(list), i, set) {
		if (!is_kind(set, "ReplicaSet") || !is_owned(set, d))
			continue;
		json_array_foreach(items_of(list), k, pod)
			n += is_kind(pod, "Pod") && is_owned(pod, set);
	}
	return n;
}

static const json_t *
condition(const json_t *object, const char *type)
{
	const json_t	*c;
	size_t		 i;

	json_array_foreach(json_object_get(json_object_get(object, "status"),
	    "conditions"), i, c)
		if (strcmp(json_text(c, "type"), type) == 0)
			return c;
	return NULL;
}

/* ---- the state */

static bool
is_seen(const json_t *d)
{
	return json_int(json_object_get(d, "status"), "observedGeneration",
	    0) >= json_int(meta(d), "generation", 0);
}

static int64_t
wanted(const json_t *d)
{
	return json_int(json_object_get(d, "spec"), "replicas", 1);
}

static bool
deadline_is_over(const json_t *list, const json_t *d)
{
	const json_t	*c = condition(d, "Progressing");
	const char	*set = json_text(meta(newest_set(list, d)), "name");
	AUTO_FREE char	*quoted = str_format("\"%s\"", set);

	return is_seen(d) && *set != '\0' && quoted != NULL &&
	    strcmp(json_text(c, "status"), "False") == 0 &&
	    strstr(json_text(c, "message"), quoted) != NULL;
}

enum kube_state
kube_deployment_state(const json_t *list, const json_t *d)
{
	const json_t	*status = json_object_get(d, "status");
	int64_t		 want = wanted(d);

	if (want == 0)
		return is_seen(d) && json_int(status, "replicas", 0) == 0 &&
		    pods_of(list, d) == 0 ? KUBE_STOPPED : KUBE_STOPPING;
	if (is_seen(d) && json_int(status, "replicas", 0) == want &&
	    json_int(status, "updatedReplicas", 0) == want &&
	    json_int(status, "availableReplicas", 0) == want)
		return KUBE_RUNNING;
	return deadline_is_over(list, d) ? KUBE_FAILING : KUBE_STARTING;
}

const char *
kube_state_name(enum kube_state state)
{
	static const char *const names[] = {
		[KUBE_STOPPED] = "stopped", [KUBE_STOPPING] = "stopping",
		[KUBE_STARTING] = "starting", [KUBE_FAILING] = "failing",
		[KUBE_RUNNING] = "running"
	};

	return names[state];
}

/* ---- why not */

static const struct wait_reason *
reason_find(const char *name)
{
	size_t i;

	for (i = 0; i < LENGTH(wait_reasons); i++)
		if (strcmp(wait_reasons[i].name, name) == 0)
			return &wait_reasons[i];
	return NULL;
}

/* By the cluster's clock against ours: good enough for a minute. */
static int64_t
age_s(const json_t *pod, int64_t now_ms)
{
	struct tm t = { .tm_year = 0 };

	if (strptime(json_text(meta(pod), "creationTimestamp"),
	    "%Y-%m-%dT%H:%M:%SZ", &t) == NULL)
		return 0;
	return now_ms / 1000 - (int64_t)timegm(&t);
}

static void
why_say(struct kube_why *why, const json_t *pod, const char *reason,
    const char *message)
{
	snprintf(why->reason, sizeof(why->reason), "%s", reason);
	snprintf(why->text, sizeof(why->text), T_KUBE_POD_WAITS,
	    json_text(meta(pod), "name"), reason,
	    *message != '\0' ? ": " : "", message);
	str_strip_control(why->text);
}

static bool
container_why(const json_t *pod, const char *member, int64_t now_ms,
    struct kube_why *why)
{
	const struct wait_reason *known;
	const json_t	*c, *waiting;
	size_t		 i;

	json_array_foreach(json_object_get(json_object_get(pod, "status"),
	    member), i, c) {
		waiting = json_object_get(json_object_get(c, "state"),
		    "waiting");
		known = reason_find(json_text(waiting, "reason"));
		if (known == NULL)
			continue;
		why_say(why, pod, known->name, json_text(waiting,
		    "message"));
		why->hint = known->hint;
		why->in_vain = known->patience_s >= 0 &&
		    age_s(pod, now_ms) >= known->patience_s;
		return true;
	}
	return false;
}

static bool
pod_why(const json_t *pod, int64_t now_ms, struct kube_why *why)
{
	const json_t *c = condition(pod, "PodScheduled");

	if (container_why(pod, "initContainerStatuses", now_ms, why) ||
	    container_why(pod, "containerStatuses", now_ms, why))
		return true;
	if (strcmp(json_text(c, "reason"), "Unschedulable") == 0) {
		why_say(why, pod, "Unschedulable", json_text(c, "message"));
		why->hint = T_KUBE_ROOM_HINT;
		return true;
	}
	c = condition(pod, "Ready");
	if (strcmp(json_text(c, "status"), "False") != 0)
		return false;
	why_say(why, pod, json_text(c, "reason"), json_text(c, "message"));
	why->reason[0] = '\0';
	why->hint = T_KUBE_CRASH_HINT;
	return true;
}

/* No pod at all: a quota, an admission rule, a missing account. */
static bool
set_why(const json_t *d, struct kube_why *why)
{
	const json_t *c = condition(d, "ReplicaFailure");

	if (strcmp(json_text(c, "status"), "True") != 0)
		return false;
	snprintf(why->reason, sizeof(why->reason), "%s", json_text(c,
	    "reason"));
	snprintf(why->text, sizeof(why->text), T_KUBE_NO_PODS, json_text(c,
	    "message"));
	str_strip_control(why->text);
	why->hint = T_KUBE_QUOTA_HINT;
	return true;
}

void
kube_why(const json_t *list, const json_t *d, int64_t now_ms,
    struct kube_why *why)
{
	const json_t	*set = newest_set(list, d), *pod;
	struct kube_why	 one = { .hint = "" };
	size_t		 i;

	*why = (struct kube_why){ .hint = "" };
	if (wanted(d) == 0 || set_why(d, why))
		return;
	json_array_foreach(items_of(list), i, pod) {
		if (!is_kind(pod, "Pod") || !is_owned(pod, set) ||
		    *json_text(meta(pod), "deletionTimestamp") != '\0' ||
		    !pod_why(pod, now_ms, &one))
			continue;
		if (*why->text == '\0' || one.in_vain || *why->reason == '\0')
			*why = one;
		if (why->in_vain)
			return;
		one = (struct kube_why){ .hint = "" };
	}
}
