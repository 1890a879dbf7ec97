/*
 * What a Deployment is doing, from answers of a real API server cut to what
 * counts; the rules that take a minute or a rare moment to be seen live.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/site/kube.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define NOW_MS		1795521600000LL		/* 2026-11-24T12:00:00Z */

static const char deployment_text[] =
    "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"community\","
    "\"uid\":\"d1\",\"generation\":3},\"spec\":{\"replicas\":1},"
    "\"status\":{\"observedGeneration\":3,\"replicas\":2,"
    "\"updatedReplicas\":1,\"availableReplicas\":1,\"conditions\":["
    "{\"type\":\"Available\",\"status\":\"True\"},"
    "{\"type\":\"Progressing\",\"status\":\"False\",\"reason\":"
    "\"ProgressDeadlineExceeded\",\"message\":"
    "\"ReplicaSet \\\"community-aaa\\\" has timed out progressing.\"}]}}";

static json_t *
set(const char *name, const char *revision)
{
	return json_pack("{s:s, s:{s:s, s:s, s:{s:s}, s:[{s:s}]}}", "kind",
	    "ReplicaSet", "metadata", "name", name, "uid", name,
	    "annotations", "deployment.kubernetes.io/revision", revision,
	    "ownerReferences", "uid", "d1");
}

static json_t *
pod(const char *owner, const char *created, json_t *status)
{
	return json_pack("{s:s, s:{s:s, s:s, s:[{s:s}]}, s:o}", "kind", "Pod",
	    "metadata", "name", "community-aaa-x", "creationTimestamp",
	    created, "ownerReferences", "uid", owner, "status", status);
}

static json_t *
waiting(const char *reason, const char *message)
{
	return json_pack("{s:[{s:{s:{s:s, s:s}}}]}", "containerStatuses",
	    "state", "waiting", "reason", reason, "message", message);
}

/* The deployment, its two sets and a pod, which may be NULL. */
static json_t *
list_of(json_t *one)
{
	json_t *list = json_pack("{s:[o, o, o]}", "items",
	    json_loads(deployment_text, 0, NULL), set("community-old", "1"),
	    set("community-aaa", "2"));

	if (one != NULL)
		json_array_append_new(json_object_get(list, "items"), one);
	return list;
}

static enum kube_state
state_of(const json_t *list)
{
	return kube_deployment_state(list, kube_find(list, "community"));
}

static struct kube_why
why_of(json_t *one)
{
	AUTO_JSON json_t	*list = list_of(one);
	struct kube_why		 why;

	kube_why(list, kube_find(list, "community"), NOW_MS, &why);
	return why;
}

static void
deadline_of_the_current_replicaset_is_a_failure(void **state)
{
	AUTO_JSON json_t *list = list_of(NULL);

	(void)state;
	assert_int_equal(state_of(list), KUBE_FAILING);
}

/* A rollback gives the old set the higher revision. */
static void
deadline_of_another_replicaset_is_not(void **state)
{
	AUTO_JSON json_t *list = list_of(NULL);

	(void)state;
	json_array_append_new(json_object_get(list, "items"),
	    set("community-back", "10"));
	assert_int_equal(state_of(list), KUBE_STARTING);
}

static void
what_the_controller_has_not_seen_is_no_failure(void **state)
{
	AUTO_JSON json_t *list = list_of(NULL);

	(void)state;
	json_object_set_new(json_object_get(kube_find(list, "community"),
	    "metadata"), "generation", json_integer(4));
	assert_int_equal(state_of(list), KUBE_STARTING);
}

static void
stopped_only_without_a_pod(void **state)
{
	AUTO_JSON json_t	*list = list_of(pod("community-old",
	    "2026-11-24T11:00:00Z", json_object()));
	json_t			*d = (json_t *)(uintptr_t)kube_find(list,
	    "community");

	(void)state;
	json_object_set_new(d, "spec", json_pack("{s:i}", "replicas", 0));
	json_object_set_new(d, "status", json_pack("{s:i}",
	    "observedGeneration", 3));
	assert_int_equal(state_of(list), KUBE_STOPPING);
	json_array_remove(json_object_get(list, "items"), 3);
	assert_int_equal(state_of(list), KUBE_STOPPED);
}

static void
an_image_is_given_a_minute(void **state)
{
	struct kube_why	young = why_of(pod("community-aaa",
	    "2026-11-24T11:59:30Z", waiting("ImagePullBackOff", "m")));
	struct kube_why	old = why_of(pod("community-aaa",
	    "2026-11-24T11:58:00Z", waiting("ErrImagePull", "m")));

	(void)state;
	assert_string_equal(young.text,
	    "the pod community-aaa-x waits, ImagePullBackOff: m");
	assert_false(young.in_vain);
	assert_string_equal(old.reason, "ErrImagePull");
	assert_true(old.in_vain);
}

static void
a_crash_may_come_right_and_names_its_log(void **state)
{
	struct kube_why why = why_of(pod("community-aaa",
	    "2026-11-24T09:00:00Z", waiting("CrashLoopBackOff", "m")));

	(void)state;
	assert_false(why.in_vain);
	assert_non_null(strstr(why.hint, "site logs"));
}

static void
the_pod_of_an_old_replicaset_is_not_the_reason(void **state)
{
	struct kube_why why = why_of(pod("community-old",
	    "2026-11-24T09:00:00Z", waiting("ErrImagePull", "m")));

	(void)state;
	assert_string_equal(why.text, "");
}

static void
no_room_and_no_quota_are_told(void **state)
{
	AUTO_JSON json_t	*list = list_of(NULL);
	json_t			*d = (json_t *)(uintptr_t)kube_find(list,
	    "community");
	struct kube_why		 why = why_of(pod("community-aaa",
	    "2026-11-24T09:00:00Z", json_pack("{s:[{s:s, s:s, s:s, s:s}]}",
	    "conditions", "type", "PodScheduled", "status", "False",
	    "reason", "Unschedulable", "message", "0/3 nodes\033[1m")));

	(void)state;
	assert_string_equal(why.reason, "Unschedulable");
	assert_non_null(strstr(why.text, "0/3 nodes?[1m"));
	json_array_append_new(json_object_get(json_object_get(d, "status"),
	    "conditions"), json_pack("{s:s, s:s, s:s, s:s}", "type",
	    "ReplicaFailure", "status", "True", "reason", "FailedCreate",
	    "message", "exceeded quota: small"));
	kube_why(list, d, NOW_MS, &why);
	assert_string_equal(why.text, "no pod can be made, exceeded quota: "
	    "small");
}

/* ---- what kubectl and helm say */

static void
the_last_line_counts_and_says_what_to_do(void **state)
{
	struct err e = { .domain = ERR_NONE };

	(void)state;
	kube_blame("kubectl", 1, "E1124 memcache.go:265] couldn't get current "
	    "server API group list\nThe connection to the server a:1 was "
	    "refused - did you specify the right host or port?\n", &e);
	assert_string_equal(e.msg, "The cluster does not answer: The "
	    "connection to the server a:1 was refused - did you specify the "
	    "right host or port?");
	assert_true(e.retryable);
	kube_blame("helm", 1, "Error: list: failed to list: secrets is "
	    "forbidden: User \"x\" cannot list resource \"secrets\" in API "
	    "group \"\" at the cluster scope", &e);
	assert_int_equal(e.code, KUBE_FORBIDDEN);
	kube_blame("kubectl", 1, "error: Expected replicas to be 5, was 2",
	    &e);
	assert_int_equal(e.domain, ERR_CHANGED);
	kube_blame("kubectl", 3, "error: never heard", &e);
	assert_string_equal(e.msg, "kubectl ended with 3: error: never "
	    "heard");
	assert_string_equal(e.hint, "");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    deadline_of_the_current_replicaset_is_a_failure),
		cmocka_unit_test(deadline_of_another_replicaset_is_not),
		cmocka_unit_test(
		    what_the_controller_has_not_seen_is_no_failure),
		cmocka_unit_test(stopped_only_without_a_pod),
		cmocka_unit_test(an_image_is_given_a_minute),
		cmocka_unit_test(a_crash_may_come_right_and_names_its_log),
		cmocka_unit_test(
		    the_pod_of_an_old_replicaset_is_not_the_reason),
		cmocka_unit_test(no_room_and_no_quota_are_told),
		cmocka_unit_test(the_last_line_counts_and_says_what_to_do)
	};

	return cmocka_run_group_tests_name("kube", tests, NULL, NULL);
}
