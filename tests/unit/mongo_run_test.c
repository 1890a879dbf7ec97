/*
 * How a server is run, read from what the kernel and the engines print; the
 * shapes are those of systemd, Docker, Podman and Kubernetes on cgroup 1
 * and 2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "../../src/services/mongo/run.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#define ID	"0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef"

static const struct {
	const char	*text, *unit, *id;
	bool		 is_podman, is_pod;
} groups[] = {
	{ "0::/system.slice/mongod.service\n", "mongod.service", "", 0, 0 },
	{ "12:pids:/system.slice/mongod.service\n"
	  "1:name=systemd:/system.slice/mongod.service\n", "mongod.service",
	  "", 0, 0 },
	{ "0::/system.slice/system-mongod.slice/mongod@rs0.service",
	  "mongod@rs0.service", "", 0, 0 },
	{ "0::/user.slice/user-0.slice/session-4.scope\n", "", "", 0, 0 },
	{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/"
	  "x.service\n", "", "", 0, 0 },
	{ "0::/system.slice/docker-" ID ".scope\n", "", ID, 0, 0 },
	{ "11:cpu:/docker/" ID "\n0::/docker/" ID "\n", "", ID, 0, 0 },
	{ "0::/machine.slice/libpod-" ID ".scope/container\n", "", ID, 1,
	  0 },
	{ "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-"
	  "pod1b2c.slice/cri-containerd-" ID ".scope\n", "", ID, 0, 1 },
	{ "0::/kubepods/besteffort/pod77/" ID "\n", "", ID, 0, 1 },
	{ "9:name=systemd:/\n0::/\n", "", "", 0, 0 },
};

static void
test_a_cgroup_names_the_unit_or_the_container(void **state)
{
	struct run_group g;

	(void)state;
	for (size_t i = 0; i < LENGTH(groups); i++) {
		run_group_parse(groups[i].text, &g);
		assert_string_equal(g.unit, groups[i].unit);
		assert_string_equal(g.id, groups[i].id);
		assert_int_equal(g.is_podman, groups[i].is_podman);
		assert_int_equal(g.is_pod, groups[i].is_pod);
	}
}

/* 127.0.0.1 and 27017 (6989), as a little-endian kernel prints them. */
static void
test_only_the_listener_on_this_port_and_address_is_taken(void **state)
{
	static const char rest[] = "00000000:00000000 00:00000000 00000000 "
	    "    0        0 4711 1 0000000000000000 100 0 0 10 0";
	static const struct {
		const char *local, *status;
		bool listens;
	} lines[] = {
		{ "0100007F:6989", "0A", true },
		{ "00000000:6989", "0A", true },
		{ "0100007F:6989", "01", false },
		{ "0100007F:698A", "0A", false },
		{ "0200007F:6989", "0A", false },
	};
	struct run_at		 at;
	char			 why[100];
	unsigned long long	 inode;

	(void)state;
	assert_true(run_at_split("127.0.0.1:27017", &at));
	assert_true(run_at_resolve(&at, why, sizeof(why)));
	assert_true(at.is_here);
	for (size_t i = 0; i < LENGTH(lines); i++) {
		AUTO_FREE char	*text = str_format("   0: %s 00000000:0000 "
		    "%s %s", lines[i].local, lines[i].status, rest);

		assert_non_null(text);
		assert_int_equal(run_line_listens(text, &at, &inode),
		    lines[i].listens);
		if (lines[i].listens)
			assert_int_equal(inode, 4711);
	}
	assert_false(run_line_listens("  sl  local_address rem_address   st "
	    "tx_queue rx_queue", &at, &inode));
	assert_false(run_line_listens("", &at, &inode));
}

static void
test_members_are_split_at_the_last_colon(void **state)
{
	struct run_at at;

	(void)state;
	assert_true(run_at_split("mongo1.corp.test:27018", &at));
	assert_string_equal(at.host, "mongo1.corp.test");
	assert_int_equal(at.port, 27018);
	assert_true(run_at_split("[::1]:27017", &at));
	assert_string_equal(at.host, "::1");
	assert_false(run_at_split("mongo1", &at));
	assert_false(run_at_split(":27017", &at));
	assert_false(run_at_split("mongo1:0", &at));
	assert_false(run_at_split("mongo1:27017x", &at));
}

static void
test_a_published_port_leads_to_its_container(void **state)
{
	AUTO_JSON json_t *docker = json_loads("{\"NetworkSettings\":{"
	    "\"Ports\":{\"27017/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":"
	    "\"27117\"},{\"HostIp\":\"::\",\"HostPort\":\"27117\"}],"
	    "\"53/udp\":[{\"HostPort\":\"27118\"}],\"80/tcp\":null}}}", 0,
	    NULL);
	AUTO_JSON json_t *asked = json_loads("{\"HostConfig\":{"
	    "\"PortBindings\":{\"27017/tcp\":[{\"HostIp\":\"\",\"HostPort\":"
	    "\"27119\"}]}}}", 0, NULL);

	(void)state;
	assert_true(run_container_publishes(docker, 27117));
	assert_false(run_container_publishes(docker, 27017));
	assert_false(run_container_publishes(docker, 27118));
	assert_true(run_container_publishes(asked, 27119));
}

/* A socket of this very program, so no server is needed. */
static void
test_a_process_of_this_host_is_found_by_its_port(void **state)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);
	AUTO_CLOSE int		 fd = socket(AF_INET, SOCK_STREAM, 0);
	AUTO_FREE char		*name = NULL;
	AUTO_JSON json_t	*run = NULL;
	struct ctx		 ctx = { .registry = NULL };
	pid_t			 pid;

	(void)state;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	name = str_format("localhost:%d", ntohs(sin.sin_port));
	assert_false(mongo_run_listener(name, 0, &pid));
	assert_int_equal(listen(fd, 1), 0);
	assert_true(mongo_run_listener(name, 0, &pid));
	assert_int_equal(pid, getpid());
	run = mongo_run_find(&ctx, name, 1);
	assert_true(json_flag(run, "local"));
	assert_string_equal(json_text(run, "by"), "tarball");
	assert_int_equal(json_int(run, "pid", 0), getpid());
	assert_true(str_ends(json_text(run, "exe"), "mongo_run_test"));
	assert_null(json_str(run, "why"));
}

static void
test_what_cannot_be_found_out_says_why(void **state)
{
	struct ctx		 ctx = { .registry = NULL };
	AUTO_JSON json_t	*none = mongo_run_find(&ctx, "nowhere", 0);
	AUTO_JSON json_t	*away = mongo_run_find(&ctx,
	    "192.0.2.7:27017", 0);
	AUTO_JSON json_t	*pod = mongo_run_find(&ctx,
	    "mongo-0.mongo.sametime.svc.cluster.local:27017", 0);

	(void)state;
	assert_string_equal(json_text(none, "by"), "unknown");
	assert_string_equal(json_text(none, "why"),
	    "nowhere is not HOST:PORT");
	assert_false(json_flag(away, "local"));
	assert_string_equal(json_text(away, "why"),
	    "192.0.2.7 is another host");
	assert_string_equal(json_text(pod, "by"), "kubernetes");
	assert_string_equal(json_text(pod, "pod"), "mongo-0");
	assert_string_equal(json_text(pod, "namespace"), "sametime");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_cgroup_names_the_unit_or_the_container),
		cmocka_unit_test(
		    test_only_the_listener_on_this_port_and_address_is_taken),
		cmocka_unit_test(test_members_are_split_at_the_last_colon),
		cmocka_unit_test(test_a_published_port_leads_to_its_container),
		cmocka_unit_test(
		    test_a_process_of_this_host_is_found_by_its_port),
		cmocka_unit_test(test_what_cannot_be_found_out_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
