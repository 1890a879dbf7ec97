/*
 * What goes over the control socket: frames, parts, messages, memory files.
 * Whatever else arrives is refused in words.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/control/control_private.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/secret.h"
#include "stconsole/str.h"

static void
test_a_frame_is_whole_when_its_last_byte_is_there(void **state)
{
	AUTO_BUF struct buf	 b = BUF_INIT;
	AUTO_JSON json_t	*m = message_new("jobs"), *back = NULL;
	struct err		 e = { 0 };
	const char		*json;
	size_t			 len, used, n;

	(void)state;
	assert_true(message_add(&b, m, false, &e));
	for (n = 0; n < b.len; n++)
		assert_int_equal(frame_find(b.data, n, &json, &len, &used,
		    &e), FRAME_MORE);
	buf_puts(&b, "more");
	assert_int_equal(frame_find(b.data, b.len, &json, &len, &used, &e),
	    FRAME_WHOLE);
	assert_int_equal(used, b.len - 4);
	back = frame_parse(json, len, &e);
	assert_true(json_equal(back, m));
}

static void
test_a_length_that_no_message_has_is_refused_at_once(void **state)
{
	static const char *const heads[] = {
		"\0\0\0\0", "\0\x10\0\1", "\xff\xff\xff\xff", "GET "
	};
	const char	*json;
	size_t		 len, used, i;
	struct err	 e;

	(void)state;
	for (i = 0; i < LENGTH(heads); i++) {
		err_clear(&e);
		assert_int_equal(frame_find(heads[i], 4, &json, &len, &used,
		    &e), FRAME_BAD);
		assert_true(e.msg[0] != '\0');
	}
}

static void
test_what_is_no_message_of_this_version_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{}", "7", "{\"v\":1}", "{\"v\":\"1\","
		"\"type\":\"call\"}", "{\"v\":1,\"type\":7}",
		"{\"v\":2,\"type\":\"call\"}", "{\"v\":1,\"type\":\"call\"}x"
	};
	struct err	 e;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(texts); i++) {
		err_clear(&e);
		assert_null(frame_parse(texts[i], strlen(texts[i]), &e));
		assert_true(e.msg[0] != '\0');
	}
	err_clear(&e);
	assert_null(frame_parse("{\"v\":2,\"type\":\"x\"}", 18, &e));
	assert_int_equal(e.domain, ERR_REFUSED);
	assert_non_null(strstr(e.hint, "restart"));
}

static json_t *
large(size_t bytes)
{
	char	*text = malloc(bytes + 1);
	json_t	*m = message_new("answer");

	assert_non_null(text);
	memset(text, '"', bytes);
	memcpy(text, "caf\xc3\xa9", 5);
	text[bytes] = '\0';
	json_object_set_new(m, "data", json_string(text));
	free(text);
	return m;
}

static void
test_a_large_result_comes_in_numbered_parts_and_is_whole(void **state)
{
	AUTO_JSON json_t	*m = large(3u << 20), *whole = NULL;
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct joiner		 j = { .text = BUF_INIT };
	struct err		 e = { 0 };
	const char		*json;
	size_t			 at = 0, len, used, parts = 0;

	(void)state;
	assert_true(message_add(&b, m, true, &e));
	while (whole == NULL) {
		assert_int_equal(frame_find(b.data + at, b.len - at, &json,
		    &len, &used, &e), FRAME_WHOLE);
		assert_true(len <= CONTROL_FRAME_MAX);
		assert_true(message_join(&j, frame_parse(json, len, &e),
		    &whole, &e));
		at += used;
		parts++;
	}
	assert_true(parts > 3);
	assert_int_equal(at, b.len);
	assert_true(json_equal(whole, m));
	joiner_fini(&j);
}

static void
test_what_may_not_be_cut_and_is_too_large_is_an_error(void **state)
{
	AUTO_JSON json_t	*m = large(3u << 20);
	AUTO_BUF struct buf	 b = BUF_INIT;
	struct err		 e = { 0 };

	(void)state;
	assert_false(message_add(&b, m, false, &e));
	assert_non_null(strstr(e.msg, "bytes"));
}

static json_t *
part(int number, int of, const char *text)
{
	json_t *m = message_new("part");

	json_object_set_new(m, "part", json_integer(number));
	json_object_set_new(m, "of", json_integer(of));
	json_object_set_new(m, "text", json_string(text));
	return m;
}

static void
test_parts_that_do_not_fit_together_are_refused(void **state)
{
	static const int	rows[][4] = {
		{ 2, 2, 0, 0 }, { 0, 0, 0, 0 }, { 1, 2, 1, 2 },
		{ 1, 2, 2, 3 }, { 1, -1, 0, 0 }
	};
	size_t			i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		struct joiner	 j = { .text = BUF_INIT };
		struct err	 e = { 0 };
		json_t		*whole = NULL;
		bool		 ok;

		ok = message_join(&j, part(rows[i][0], rows[i][1], "{"),
		    &whole, &e);
		if (ok && rows[i][2] > 0)
			ok = message_join(&j, part(rows[i][2], rows[i][3],
			    "}"), &whole, &e);
		assert_false(ok);
		assert_null(whole);
		joiner_fini(&j);
	}
}

static void
test_another_message_between_parts_is_refused(void **state)
{
	struct joiner	 j = { .text = BUF_INIT };
	struct err	 e = { 0 };
	json_t		*whole = NULL;

	(void)state;
	assert_true(message_join(&j, part(1, 2, "{"), &whole, &e));
	assert_false(message_join(&j, message_new("jobs"), &whole, &e));
	joiner_fini(&j);
}

static bool
reads(const char *text, struct message *m)
{
	/* The message borrows from it. */
	static json_t	*held;
	struct err	 e = { 0 };
	bool		 ok;

	json_decref(held);
	held = frame_parse(text, strlen(text), &e);
	ok = held != NULL && message_read(held, m, &e);
	assert_int_equal(ok, e.msg[0] == '\0');
	return ok;
}

static void
test_a_call_is_read_member_by_member(void **state)
{
	struct message m;

	(void)state;
	assert_true(reads("{\"v\":1,\"type\":\"call\",\"id\":7,\"kind\":"
	    "\"apply\",\"verb\":\"admin.add\",\"params\":{\"mail\":\"k@c\"},"
	    "\"site\":null,\"hash\":\"00\",\"confirm_within_s\":60,"
	    "\"secrets\":[\"p\"],\"inputs\":[],\"new_member\":1}", &m));
	assert_int_equal(m.type, MESSAGE_CALL);
	assert_int_equal(m.kind, WORK_APPLY);
	assert_int_equal(m.id, 7);
	assert_string_equal(m.verb, "admin.add");
	assert_null(m.site);
	assert_int_equal(m.confirm_within_s, 60);
	assert_int_equal(m.secret_count, 1);
	assert_string_equal(m.secrets[0], "p");
}

static void
test_a_member_of_the_wrong_type_is_refused(void **state)
{
	static const char *const rest[] = {
		"\"type\":\"nonsense\"", "\"type\":\"hello\"",
		"\"type\":\"hello\",\"state\":7",
		"\"type\":\"hello\",\"state\":\"/\",\"console\":\"yes\"",
		"\"type\":\"cancel\"", "\"type\":\"cancel\",\"id\":0",
		"\"type\":\"cancel\",\"id\":-1",
		"\"type\":\"cancel\",\"id\":99999999999",
		"\"type\":\"call\",\"id\":1",
		"\"type\":\"call\",\"id\":1,\"kind\":\"call\"",
		"\"type\":\"call\",\"id\":1,\"kind\":\"x\",\"verb\":\"a\"",
		"\"type\":\"call\",\"id\":1,\"kind\":\"call\",\"verb\":7",
		"\"type\":\"call\",\"id\":1,\"kind\":\"call\",\"verb\":"
		    "\"a\\u0000b\"",
		"\"type\":\"call\",\"id\":1,\"kind\":\"apply\",\"verb\":"
		    "\"a\"",
		"\"type\":\"call\",\"id\":1,\"kind\":\"call\",\"verb\":"
		    "\"a\",\"params\":[]",
		"\"type\":\"call\",\"id\":1,\"kind\":\"call\",\"verb\":"
		    "\"a\",\"paths\":7",
		"\"type\":\"call\",\"id\":1,\"kind\":\"call\",\"verb\":"
		    "\"a\",\"confirm_within_s\":-1",
		"\"type\":\"call\",\"id\":1,\"kind\":\"call\",\"verb\":"
		    "\"a\",\"secrets\":[\"1\",\"2\",\"3\",\"4\",\"5\"]",
		"\"type\":\"call\",\"id\":1,\"kind\":\"call\",\"verb\":"
		    "\"a\",\"inputs\":[7]",
	};
	struct message	m;
	char		text[256];
	size_t		i;

	(void)state;
	for (i = 0; i < LENGTH(rest); i++) {
		snprintf(text, sizeof(text), "{\"v\":1,%s}", rest[i]);
		if (reads(text, &m))
			fail_msg("%s was taken", text);
	}
}

static void
test_a_secret_is_overwritten_where_it_was_read(void **state)
{
	int			  fd = memory_make("hunter2", 7, NULL);
	struct err		  e = { 0 };
	AUTO_SECRET struct secret *s = memory_secret(fd, &e);
	char			  left[8] = "";

	(void)state;
	assert_non_null(s);
	assert_string_equal(secret_reveal(s), "hunter2");
	assert_int_equal(pread(fd, left, 7, 0), 7);
	assert_memory_equal(left, "\0\0\0\0\0\0\0", 7);
	close(fd);
}

static void
test_only_memory_files_are_read(void **state)
{
	AUTO_BUF struct buf	text = BUF_INIT;
	struct err		e = { 0 };
	int			pair[2], large_fd;
	AUTO_FREE char		*bytes = calloc(1, CONTROL_SECRET_MAX + 1);

	(void)state;
	/* Reading this one would never end. */
	assert_int_equal(pipe(pair), 0);
	assert_null(memory_secret(pair[0], &e));
	assert_false(memory_text(pair[0], &text, &e));
	assert_null(memory_secret(-1, &e));
	large_fd = memory_make(bytes, CONTROL_SECRET_MAX + 1, &e);
	err_clear(&e);
	assert_null(memory_secret(large_fd, &e));
	assert_int_equal(e.domain, ERR_USAGE);
	close(large_fd);
	close(pair[0]);
	close(pair[1]);
}

static void
test_a_text_that_is_no_text_is_refused(void **state)
{
	AUTO_BUF struct buf	text = BUF_INIT;
	struct err		e = { 0 };
	int			fd = memory_make("a\xff", 2, NULL);

	(void)state;
	assert_false(memory_text(fd, &text, &e));
	assert_int_equal(e.domain, ERR_USAGE);
	close(fd);
}

static void
pair_make(struct wire *a, struct wire *b)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, fds), 0);
	wire_init(a, fds[0]);
	wire_init(b, fds[1]);
}

static void
test_values_arrive_with_their_message(void **state)
{
	struct wire		 a, b;
	struct err		 e = { 0 };
	int			 fd = memory_make("one", 3, NULL);
	AUTO_JSON json_t	*first = NULL, *second = NULL;
	AUTO_BUF struct buf	 text = BUF_INIT;
	AUTO_CLOSE int		 got = -1;

	(void)state;
	pair_make(&a, &b);
	assert_true(wire_put(&a, message_new("first"), false, NULL, 0, &e));
	assert_true(wire_put(&a, message_new("second"), false, &fd, 1, &e));
	assert_true(wire_flush(&a, &e));
	assert_int_equal(a.pending, 0);
	while (wire_read(&b, &e) == WIRE_OK)
		;
	assert_true(wire_take(&b, &first, &e));
	assert_true(wire_take(&b, &second, &e));
	assert_string_equal(json_text(second, "type"), "second");
	got = wire_take_fd(&b);
	assert_true(memory_text(got, &text, &e));
	assert_string_equal(buf_str(&text), "one");
	assert_int_equal(wire_take_fd(&b), -1);
	wire_fini(&a);
	wire_fini(&b);
}

static void
test_who_does_not_read_makes_nobody_wait(void **state)
{
	struct wire	a, b;
	struct err	e = { 0 };
	int		i;

	(void)state;
	pair_make(&a, &b);
	for (i = 0; i < 4; i++)
		assert_true(wire_put(&a, large(1u << 19), true, NULL, 0,
		    &e) && wire_flush(&a, &e));
	assert_true(a.pending > 1u << 20);
	wire_fini(&b);
	assert_false(wire_flush(&a, &e));
	wire_fini(&a);
}

/* A peer may turn a link when it was looked at. */
static void
test_a_folder_of_a_peer_is_named_by_where_its_link_led(void **state)
{
	char		 dir[] = "/tmp/stconsole-place-XXXXXX";
	AUTO_FREE char	*site = NULL, *link = NULL, *open = NULL;
	AUTO_FREE char	*found = NULL, *none = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	site = str_format("%s/site", dir);
	open = str_format("%s/open", dir);
	link = str_format("%s/link", dir);
	assert_int_equal(mkdir(site, 0755), 0);
	assert_int_equal(mkdir(open, 0755), 0);
	assert_int_equal(chmod(open, 0777), 0);
	assert_int_equal(symlink(site, link), 0);
	found = place_trusted(link);
	assert_non_null(found);
	assert_string_equal(found, site);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(open, link), 0);
	none = place_trusted(link);
	assert_null(none);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(open), 0);
	assert_int_equal(rmdir(site), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_frame_is_whole_when_its_last_byte_is_there),
		cmocka_unit_test(
		    test_a_length_that_no_message_has_is_refused_at_once),
		cmocka_unit_test(
		    test_what_is_no_message_of_this_version_is_refused),
		cmocka_unit_test(
		    test_a_large_result_comes_in_numbered_parts_and_is_whole),
		cmocka_unit_test(
		    test_what_may_not_be_cut_and_is_too_large_is_an_error),
		cmocka_unit_test(
		    test_parts_that_do_not_fit_together_are_refused),
		cmocka_unit_test(
		    test_another_message_between_parts_is_refused),
		cmocka_unit_test(test_a_call_is_read_member_by_member),
		cmocka_unit_test(test_a_member_of_the_wrong_type_is_refused),
		cmocka_unit_test(
		    test_a_secret_is_overwritten_where_it_was_read),
		cmocka_unit_test(test_only_memory_files_are_read),
		cmocka_unit_test(test_a_text_that_is_no_text_is_refused),
		cmocka_unit_test(test_values_arrive_with_their_message),
		cmocka_unit_test(test_who_does_not_read_makes_nobody_wait),
		cmocka_unit_test(
		    test_a_folder_of_a_peer_is_named_by_where_its_link_led)
	};

	return cmocka_run_group_tests_name("control_protocol", tests, NULL,
	    NULL);
}
