/* What kube_lab.h says about asking the API server, and deployments. */
#include "kube_lab.h"

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stconsole/buf.h"
#include "stconsole/cancel.h"
#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define WAIT_MS		60000
#define POLL_MS		100

static size_t
take(char *data, size_t size, size_t n, void *arg)
{
	buf_add(arg, data, size * n);
	return size * n;
}

long
kube_http(const struct kube_http *h, const char *method, const char *path,
    json_t *body, json_t **out)
{
	AUTO_BUF struct buf	 answer = BUF_INIT;
	AUTO_JSON json_t	*sent = body;
	AUTO_FREE char	*text = body != NULL ? json_dumps(body, 0) : NULL;
	AUTO_FREE char	*url = str_format("%s%s", h->url, path);
	AUTO_FREE char	*auth = str_format("Authorization: Bearer %s",
	    h->token);
	struct curl_slist	*headers = curl_slist_append(NULL, auth);
	CURL			*c = curl_easy_init();
	long			 status = 0;

	headers = curl_slist_append(headers, strcmp(method, "PATCH") == 0 ?
	    "Content-Type: application/merge-patch+json" :
	    "Content-Type: application/json");
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_CAINFO, h->ca);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &answer);
	if (text != NULL)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, text);
	if (curl_easy_perform(c) == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
	if (out != NULL)
		*out = status == 0 ? NULL : json_loadb(buf_str(&answer),
		    answer.len, JSON_DECODE_ANY, NULL);
	return status;
}

json_t *
kube_lab_call(struct kube_lab *l, const char *method, const char *path,
    json_t *body)
{
	AUTO_FREE char	*ca = str_format("%s/srv.pem", l->dir);
	json_t		*out = NULL;
	long		 status = kube_http(&(struct kube_http){
	    .url = l->url, .ca = ca, .token = "admintok" }, method, path,
	    body, &out);

	if (status < 200 || status > 299)
		fail_msg("%s %s: %ld %s", method, path, status,
		    json_text(out, "message"));
	return out;
}

/* ---- deployments */

void
kube_lab_deploy(struct kube_lab *l, const struct kube_deploy *d)
{
	json_t *o = json_pack("{s:{s:s, s:{s:s}}, s:{s:i, s:i, s:{s:{s:s}},"
	    " s:{s:{s:{s:s}}, s:{s:[{s:s, s:s}]}}}}", "metadata", "name",
	    d->name, "annotations", "meta.helm.sh/release-name",
	    d->release != NULL ? d->release : "", "spec", "replicas",
	    d->replicas, "progressDeadlineSeconds", d->deadline_s > 0 ?
	    d->deadline_s : 600, "selector", "matchLabels", "app", d->name,
	    "template", "metadata", "labels", "app", d->name, "spec",
	    "containers", "name", "main", "image", d->image);

	json_decref(kube_lab_call(l, "POST", "/apis/apps/v1/namespaces/"
	    KUBE_NAMESPACE "/deployments", o));
}

json_t *
kube_lab_pods(struct kube_lab *l, const char *name)
{
	AUTO_FREE char	*path = str_format("/api/v1/namespaces/"
	    KUBE_NAMESPACE "/pods?labelSelector=app%%3D%s", name);
	AUTO_JSON json_t *list = kube_lab_call(l, "GET", path, NULL);

	return json_incref(json_object_get(list, "items"));
}

json_t *
kube_lab_deployment(struct kube_lab *l, const char *name)
{
	AUTO_FREE char *path = str_format("/apis/apps/v1/namespaces/"
	    KUBE_NAMESPACE "/deployments/%s", name);

	return kube_lab_call(l, "GET", path, NULL);
}

void
kube_lab_wait(struct kube_lab *l, const char *name,
    bool (*test)(const json_t *d, const json_t *pods))
{
	int64_t last = clock_mono_ms(&clock_system) + WAIT_MS;

	for (;;) {
		AUTO_JSON json_t *d = kube_lab_deployment(l, name);
		AUTO_JSON json_t *pods = kube_lab_pods(l, name);

		if (test(d, pods))
			return;
		if (clock_mono_ms(&clock_system) > last)
			fail_msg("%s does not come to what the test needs",
			    name);
		cancel_wait(NULL, POLL_MS);
	}
}
