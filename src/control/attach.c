/*
 * Finding serve and saying hello.  Whoever listens must be root or us before
 * it hears anything; it says who we are to it, or why not.
 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "stconsole/answer.h"
#include "stconsole/clock.h"
#include "stconsole/json.h"
#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define HELLO_MS	2000

/* -1 without *e when nobody listens. */
static int
connect_to(const char *path, struct err *e)
{
	struct sockaddr_un	 a = { .sun_family = AF_UNIX };
	struct ucred		 cred;
	socklen_t		 len = sizeof(cred);
	int			 fd = socket(AF_UNIX, SOCK_STREAM |
				    SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)(void *)&a, sizeof(a)) < 0) {
		if (errno != ENOENT && errno != ECONNREFUSED)
			err_sys(e, T_CLIENT_SILENT);
	} else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred,
	    &len) < 0 || (cred.uid != 0 && cred.uid != geteuid())) {
		err_set(e, ERR_REFUSED, EPERM, T_CLIENT_OTHER, path);
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

static json_t *
hello(const struct world *w, bool is_console)
{
	AUTO_FREE char	*state = place_state(w);
	const char	*sudo = getenv("SUDO_USER");
	json_t		*m = message_new("hello");
	char		 where[64];

	if (ttyname_r(STDIN_FILENO, where, sizeof(where)) != 0)
		where[0] = '\0';
	json_object_set_new(m, "state", json_lossy(state != NULL ? state :
	    "", state != NULL ? strlen(state) : 0));
	json_object_set_new(m, "console", json_boolean(is_console));
	json_object_set_new(m, "read_only", json_boolean(w->read_only));
	json_object_set_new(m, "where", json_string(where));
	if (sudo != NULL)
		json_object_set_new(m, "sudo_user", json_lossy(sudo,
		    strlen(sudo)));
	return m;
}

/* The first message, waited for. */
static json_t *
first_message(struct wire *w, struct err *e)
{
	int64_t		 end = clock_mono_ms(&clock_system) + HELLO_MS, left;
	struct pollfd	 p = { .fd = w->fd, .events = POLLIN };
	json_t		*m = NULL;

	for (;;) {
		if (!wire_take(w, &m, e) || m != NULL)
			return m;
		left = end - clock_mono_ms(&clock_system);
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			err_set(e, ERR_SYS, ETIMEDOUT, T_CLIENT_SILENT);
			return NULL;
		}
		if (wire_read(w, e) == WIRE_ENDED)
			return NULL;
	}
}

static enum role
role_named(const char *name)
{
	enum role r = ROLE_ADMIN;

	while (r > ROLE_NONE && !str_equal(name, role_name(r)))
		r--;
	return r;
}

static bool
welcome_take(struct remote *r, const json_t *m, struct err *e)
{
	AUTO_ANSWER struct answer	 refused = { 0 };
	struct identity			*who = &r->work.who;
	const char			*runtime = getenv("XDG_RUNTIME_DIR");

	if (!str_equal(json_str(m, "type"), "welcome")) {
		refused.doc = json_pack("{s:b, s:O*}", "ok", 0, "error",
		    json_object_get(m, "error"));
		return answer_is_ok(&refused, e);
	}
	who->uid = (uid_t)json_int(m, "uid", (int64_t)getuid());
	who->role = role_named(json_str(m, "role"));
	snprintf(who->user, sizeof(who->user), "%s", json_text(m, "user"));
	remote_operator(r, json_object_get(m, "operator"));
	r->has_our_demo = who->uid == getuid() && str_equal(json_text(m,
	    "runtime"), runtime != NULL ? runtime : "");
	return true;
}

static bool
greet(struct remote *r, bool is_console, struct err *e)
{
	AUTO_JSON json_t *m = NULL;

	if (!wire_put(&r->wire, hello(r->work.world, is_console), false,
	    NULL, 0, e) || !wire_flush(&r->wire, e))
		return false;
	m = first_message(&r->wire, e);
	return m != NULL && welcome_take(r, m, e);
}

/* False without *e when nobody listens there. */
static struct work *
attach_at(const struct world *w, uid_t uid, bool is_console, bool *is_there,
    struct err *e)
{
	AUTO_FREE char	*path = place_socket(uid, NULL);
	struct remote	*r;
	struct err	 why = { 0 };
	int		 fd = path != NULL ? connect_to(path, &why) : -1;

	*is_there = fd >= 0 || why.domain != ERR_NONE;
	if (fd < 0) {
		err_copy(e, &why);
		return NULL;
	}
	r = remote_new(w, fd, e);
	if (r == NULL)
		return NULL;
	if (greet(r, is_console, e))
		return &r->work;
	remote_free(&r->work);
	return NULL;
}

/*
 * One's own serve comes first; root's is meant by naming its state folder.
 */
struct work *
control_attach(const struct world *w, bool is_console, bool *is_there,
    struct err *e)
{
	struct work *work = attach_at(w, geteuid(), is_console, is_there, e);

	if (work != NULL || geteuid() == 0 || w->state_wanted == NULL)
		return work;
	return attach_at(w, 0, is_console, is_there, e);
}
