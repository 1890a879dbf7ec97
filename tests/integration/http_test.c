/*
 * Requests over HTTPS: trusted or not, through a proxy or not, too large,
 * too slow, cancelled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lab/lab.h"
#include "mongo_peer.h"
#include "run.h"
#include "stconsole/http.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/store.h"
#include "stconsole/str.h"

static struct lab	 lab = LAB_INIT;
static char		*state_dir;
static struct ctx	 ctx;
static struct cancel	 cancel;

static void
ca_file(const char *path)
{
	const char	*argv[] = { "settings", "set", "http.ca_file", path,
	    "--yes", NULL };
	AUTO_RUN struct run_result r = run_json(state_dir, argv, NULL);

	run_assert_exit(&r, 0);
}

static int
set_up(void **state)
{
	static const struct lab_options	 want = { .without = "ldap,mongo" };
	struct err			 e;

	(void)state;
	if (!lab_start(&lab, &want, &e) || !cancel_init(&cancel, &e)) {
		fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	state_dir = run_state_new();
	ctx.store = store_open(state_dir, &e);
	ctx.clock = &clock_system;
	if (ctx.store == NULL)
		return -1;
	ca_file(lab_ca_file(&lab));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(ctx.store);
	cancel_fini(&cancel);
	run_state_end(state_dir);
	lab_stop(&lab);
	return 0;
}

static bool
get(const char *url, int timeout_ms, struct err *e)
{
	AUTO_JSON json_t *j = NULL;

	return http_get_json(&ctx, url, timeout_ms, &j, e);
}

static char *
proxyinfo(const char *host)
{
	return str_format("https://%s:%d/stwebapi/proxyinfo", host,
	    lab_fact_number(&lab, "api", "port"));
}

static void
says(const struct err *e, enum err_domain domain, const char *words)
{
	if (strstr(e->msg, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", e->msg, words);
	assert_int_equal(e->domain, domain);
	assert_string_not_equal(e->hint, "");
}

static void
an_answer_in_json(void **state)
{
	AUTO_FREE char	*url = proxyinfo("localhost");
	AUTO_JSON json_t *j = NULL;
	struct err	 e;

	(void)state;
	if (!http_get_json(&ctx, url, 5000, &j, &e))
		fail_msg("%s", e.msg);
	assert_true(json_is_boolean(json_object_get(j,
	    "communityConnected")));
}

static void
another_status_is_named(void **state)
{
	AUTO_FREE char	*url = str_format("%s/nowhere?token=geheim",
	    lab_api_url(&lab));
	struct err	 e;

	(void)state;
	assert_false(get(url, 5000, &e));
	says(&e, ERR_HTTP, "answers with status 404");
	assert_null(strstr(e.msg, "geheim"));
}

static void
a_ca_that_is_not_known(void **state)
{
	AUTO_FREE char	*url = proxyinfo("localhost");
	struct err	 e;

	(void)state;
	ca_file("");
	assert_false(get(url, 5000, &e));
	ca_file(lab_ca_file(&lab));
	says(&e, ERR_TLS, "is not trusted");
}

static void
nobody_there(void **state)
{
	struct err	 e;

	(void)state;
	assert_false(get("https://localhost:1/", 5000, &e));
	says(&e, ERR_HTTP, "https://localhost:1 cannot be asked");
	assert_false(get("https://chat.corp.invalid/", 5000, &e));
	says(&e, ERR_HTTP, "https://chat.corp.invalid cannot be asked");
	assert_false(get("https://[::1]:1/", 5000, &e));
	says(&e, ERR_HTTP, "https://[::1]:1 cannot be asked");
	assert_false(get("file:///etc/passwd", 5000, &e));
	assert_int_equal(e.domain, ERR_HTTP);
}

static void
the_proxy_is_asked_unless_it_is_not_to_be(void **state)
{
	AUTO_FREE char	*url = proxyinfo("localhost");
	struct err	 e;
	bool		 ok;

	(void)state;
	setenv("HTTPS_PROXY", "http://localhost:1", 1);
	ok = get(url, 5000, &e);
	assert_false(ok);
	says(&e, ERR_HTTP, "port 1");
	setenv("HTTPS_PROXY", "http://proxy.corp.invalid:8080", 1);
	assert_false(get(url, 5000, &e));
	says(&e, ERR_HTTP, "proxy.corp.invalid");
	setenv("NO_PROXY", "localhost", 1);
	ok = get(url, 5000, &e);
	unsetenv("HTTPS_PROXY");
	unsetenv("NO_PROXY");
	if (!ok)
		fail_msg("%s", e.msg);
}

static void
an_answer_that_is_too_large(void **state)
{
	AUTO_FREE char	*url = proxyinfo("localhost");
	AUTO_HTTP struct http *h = NULL;
	AUTO_RESPONSE struct http_response r = { .status = 0 };
	struct http_request q = { .url = url, .max_bytes = 8 };
	struct err	 e;

	(void)state;
	assert_true(http_new(&ctx, &h, &e));
	assert_false(http_do(h, &q, &r, &e));
	says(&e, ERR_HTTP, "larger than 8 bytes");
	assert_int_equal(r.body.len, 0);
	/* The handle is as good as new. */
	q.max_bytes = 0;
	assert_true(http_do(h, &q, &r, &e));
	assert_int_equal(r.status, 200);
}

static void
a_server_that_does_not_answer(void **state)
{
	struct mongo_peer p = mongo_peer_silent();
	AUTO_FREE char	*url = str_format("https://127.0.0.1:%d/", p.port);
	struct err	 e;

	(void)state;
	assert_false(get(url, 300, &e));
	mongo_peer_end(&p);
	says(&e, ERR_HTTP, "cannot be asked");
	assert_true(e.retryable);
}

static void *
wish(void *arg)
{
	cancel_wait(NULL, 100);
	cancel_request(arg, CANCEL_ASKED);
	return NULL;
}

static void
a_wish_to_stop_is_heard_at_once(void **state)
{
	struct mongo_peer p = mongo_peer_silent();
	AUTO_FREE char	*url = str_format("https://127.0.0.1:%d/", p.port);
	int64_t		 start = clock_mono_ms(&clock_system);
	pthread_t	 thread;
	struct err	 e;

	(void)state;
	ctx.cancel = &cancel;
	assert_int_equal(pthread_create(&thread, NULL, wish, &cancel), 0);
	assert_false(get(url, 20000, &e));
	pthread_join(thread, NULL);
	ctx.cancel = NULL;
	mongo_peer_end(&p);
	assert_int_equal(e.domain, ERR_CANCELLED);
	assert_true(clock_mono_ms(&clock_system) - start < 5000);
}

static void
header_and_form_words(void **state)
{
	AUTO_BUF struct buf	 form = BUF_INIT;
	struct http_response	 r = { .status = 200 };
	AUTO_FREE char		*a = NULL, *b = NULL, *none = NULL;

	(void)state;
	http_escape(&form, "a b&c=\xc3\xa4~");
	assert_string_equal(buf_str(&form), "a%20b%26c%3D%C3%A4~");
	buf_puts(&r.headers, "HTTP/1.1 200 OK\nX-CSRF-Token:  t1 \nEmpty:\n");
	a = http_header(&r, "x-csrf-token");
	b = http_header(&r, "empty");
	none = http_header(&r, "x-csrf");
	assert_string_equal(a, "t1 ");
	assert_string_equal(b, "");
	assert_null(none);
	http_response_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_in_json),
		cmocka_unit_test(another_status_is_named),
		cmocka_unit_test(a_ca_that_is_not_known),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(the_proxy_is_asked_unless_it_is_not_to_be),
		cmocka_unit_test(an_answer_that_is_too_large),
		cmocka_unit_test(a_server_that_does_not_answer),
		cmocka_unit_test(a_wish_to_stop_is_heard_at_once),
		cmocka_unit_test(header_and_form_words),
	};

	return cmocka_run_group_tests_name("requests", tests, set_up,
	    tear_down);
}
