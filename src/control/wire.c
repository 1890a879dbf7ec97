/*
 * One end of a connection.  Nothing here waits: what the peer does not take
 * now stays queued, and whoever owns the wire decides how long.
 */
#include "control_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stconsole/mem.h"

#include "stconsole/msg.h"
#include "text.def"

#define PIECE_BYTES	(64u << 10)

/* A message on its way, with the descriptors that go with its first byte. */
struct chunk {
	struct chunk	*next;
	struct buf	 bytes;
	size_t		 at;
	int		 fds[CONTROL_FDS];
	size_t		 fd_count;
};

union fd_room {
	struct cmsghdr	 head;
	char		 bytes[CMSG_SPACE(sizeof(int) * CONTROL_FDS)];
};

static void
fds_close(const int *fds, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		close(fds[i]);
}

void
wire_init(struct wire *w, int fd)
{
	*w = (struct wire){ .fd = fd };
	w->last = &w->first;
}

static void
chunk_drop(struct wire *w)
{
	struct chunk *c = w->first;

	w->first = c->next;
	if (w->first == NULL)
		w->last = &w->first;
	fds_close(c->fds, c->fd_count);
	buf_fini(&c->bytes);
	free(c);
}

void
wire_fini(struct wire *w)
{
	while (w->first != NULL)
		chunk_drop(w);
	fds_close(w->fds, w->fd_count);
	buf_fini(&w->in);
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	w->fd_count = 0;
}

/* More than a message can want are none of ours. */
static bool
fds_receive(struct wire *w, struct msghdr *m, struct err *e)
{
	struct cmsghdr	*c;
	bool		 ok = (m->msg_flags & MSG_CTRUNC) == 0;
	size_t		 n, i;
	int		 fd;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd),
			    sizeof(fd));
			if (w->fd_count < CONTROL_FDS) {
				w->fds[w->fd_count++] = fd;
				continue;
			}
			close(fd);
			ok = false;
		}
	}
	return ok || err_set(e, ERR_JSON, 0, T_WIRE_FDS);
}

enum wire_state
wire_read(struct wire *w, struct err *e)
{
	union fd_room	 room;
	struct iovec	 v = { .iov_len = PIECE_BYTES };
	struct msghdr	 m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = &room,
		.msg_controllen = sizeof(room)
	};
	ssize_t		 n;

	buf_reserve(&w->in, PIECE_BYTES + 1);
	if (!buf_ok(&w->in, e))
		return WIRE_ENDED;
	v.iov_base = w->in.data + w->in.len;
	n = recvmsg(w->fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WIRE_NOTHING;
	if (n <= 0) {
		if (n < 0)
			err_sys(e, T_WIRE_GONE);
		else
			err_set(e, ERR_SYS, 0, T_WIRE_GONE);
		return WIRE_ENDED;
	}
	w->in.len += (size_t)n;
	w->in.data[w->in.len] = '\0';
	return fds_receive(w, &m, e) ? WIRE_OK : WIRE_ENDED;
}

bool
wire_take(struct wire *w, json_t **frame, struct err *e)
{
	const char		*json;
	size_t			 len, used;
	enum frame_state	 s = frame_find(buf_str(&w->in), w->in.len,
				    &json, &len, &used, e);

	*frame = NULL;
	if (s != FRAME_WHOLE)
		return s == FRAME_MORE;
	*frame = frame_parse(json, len, e);
	w->in.len -= used;
	memmove(w->in.data, w->in.data + used, w->in.len + 1);
	return *frame != NULL;
}

int
wire_take_fd(struct wire *w)
{
	int fd;

	if (w->fd_count == 0)
		return -1;
	fd = w->fds[0];
	w->fd_count--;
	memmove(w->fds, w->fds + 1, w->fd_count * sizeof(*w->fds));
	return fd;
}

bool
wire_put(struct wire *w, json_t *message, bool may_cut, const int *fds,
    size_t fd_count, struct err *e)
{
	AUTO_JSON json_t	*held = message;
	struct chunk		*c = calloc(1, sizeof(*c));

	if (c == NULL || !message_add(&c->bytes, held, may_cut, e)) {
		fds_close(fds, fd_count);
		if (c == NULL)
			return err_nomem(e);
		buf_fini(&c->bytes);
		free(c);
		return false;
	}
	if (fd_count > 0)
		memcpy(c->fds, fds, fd_count * sizeof(*fds));
	c->fd_count = fd_count;
	*w->last = c;
	w->last = &c->next;
	w->pending += c->bytes.len;
	return true;
}

static ssize_t
chunk_send(struct wire *w, struct chunk *c)
{
	union fd_room	 room;
	struct iovec	 v = {
		.iov_base = c->bytes.data + c->at,
		.iov_len = c->bytes.len - c->at
	};
	struct msghdr	 m = { .msg_iov = &v, .msg_iovlen = 1 };
	size_t		 len = c->fd_count * sizeof(int);
	struct cmsghdr	*h = &room.head;

	if (len > 0) {
		memset(&room, 0, sizeof(room));
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(h), c->fds, len);
		m.msg_control = &room;
		m.msg_controllen = CMSG_SPACE(len);
	}
	return sendmsg(w->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool
wire_flush(struct wire *w, struct err *e)
{
	ssize_t n;

	while (w->first != NULL) {
		struct chunk *c = w->first;

		n = chunk_send(w, c);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			return err_sys(e, T_WIRE_GONE);
		fds_close(c->fds, c->fd_count);
		c->fd_count = 0;
		c->at += (size_t)n;
		w->pending -= (size_t)n;
		if (c->at == c->bytes.len)
			chunk_drop(w);
	}
	return true;
}
