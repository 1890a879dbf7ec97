/*
 * stconsole-mongod-model: see model.h.  Linked as DIR/MAJOR/bin/mongod and
 * started with the words that mongod is started with.
 */
#include "model.h"

#include <arpa/inet.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const struct version *me;
struct options opt;

/* Manual, tutorial/manage-mongodb-processes: SIGTERM is shutdown with force. */
static void *
signals_wait(void *arg)
{
	sigset_t	*set = arg;
	json_t		*why = NULL;
	int		 sig;

	while (sigwait(set, &sig) != 0)
		continue;
	rules_shutdown(true, -1, &why);
	return NULL;
}

static int
port_listen(void)
{
	struct sockaddr_in	 a = { .sin_family = AF_INET };
	int			 on = 1;
	int			 fd = socket(AF_INET, SOCK_STREAM |
	    SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)opt.port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 64) != 0) {
		printf("Failed to set up listener: SocketException: Address "
		    "already in use\n");
		exit(48);
	}
	return fd;
}

static void
serve(int fd)
{
	for (;;) {
		int		 c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		pthread_t	 t;

		if (c < 0)
			continue;
		if (pthread_create(&t, NULL, wire_serve, (void *)(intptr_t)c)
		    == 0)
			pthread_detach(t);
		else
			close(c);
	}
}

int
main(int argc, char **argv)
{
	static sigset_t	 set;
	char		 exe[PATH_MAX] = "";
	pthread_t	 t;
	int		 fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) <= 0 ||
	    (me = version_find(exe)) == NULL) {
		fprintf(stderr, "model: link it as DIR/MAJOR/bin/mongod\n");
		return 100;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("db version v%s\nBuild Info: {\"version\":\"%s\","
		    "\"modules\":[]}\n", me->version, me->version);
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	options_read(&opt, me, argc, argv);
	fd = port_listen();
	state_open();
	pthread_create(&t, NULL, signals_wait, &set);
	serve(fd);
}
