/*
 * Private to src/control and its tests: the protocol.
 *
 * A frame is a length of four bytes, most significant first, and so many
 * bytes of JSON: an object {"v":1,"type":...} of at most 1 MiB.  A message
 * that is longer is sent as parts: {"v":1,"type":"part","part":1..n,"of":n,
 * "text":...}, one after the other; the texts together are the message.
 *
 *   client to serve
 *   hello    state, console, read_only, sudo_user, where.  The first one.
 *   call     id, kind (call|plan|apply|wait), verb, params, site, hash,
 *            confirm_within_s; secrets and inputs list the parameters whose
 *            values come as descriptors, in this order; paths tells for
 *            eyes where inputs were read
 *   cancel   id
 *   operate
 *
 *   serve to client
 *   welcome  pid, version, user, uid, role, read_only, operator, runtime
 *            (its XDG_RUNTIME_DIR, where its demo is); or refused: error
 *   progress, lines, partial, answer: id, data (work.h)
 *   jobs
 *   operator mine, user, where, since
 *
 * Descriptors are memory files (memfd_create), sent with the first byte of
 * their frame; whoever receives one reads it, overwrites what was secret and
 * closes it.
 */
#ifndef CONTROL_PRIVATE_H
#define CONTROL_PRIVATE_H

#include <jansson.h>
#include <stdint.h>

#include "stconsole/buf.h"
#include "stconsole/control.h"

#define CONTROL_V		1
#define CONTROL_FRAME_MAX	(1u << 20)
#define CONTROL_PART_BYTES	(256u << 10)
#define CONTROL_MESSAGE_MAX	(512u << 20)
#define CONTROL_FDS		(2 * CTX_SECRETS)
#define CONTROL_SECRET_MAX	(64u << 10)
#define CONTROL_INPUT_MAX	(16u << 20)
/* Longer text goes by descriptor. */
#define CONTROL_INLINE_MAX	(32u << 10)

/* --- frame.c: bytes to messages and back; functions of bytes alone ---- */

enum frame_state { FRAME_MORE, FRAME_WHOLE, FRAME_BAD };

/*
 * The first frame of what was received: *json points into bytes, *used is
 * what it takes.  FRAME_MORE while it is not whole, FRAME_BAD with *e when it
 * can never be one.
 */
enum frame_state frame_find(const char *bytes, size_t len,
	     const char **json, size_t *json_len, size_t *used,
	     struct err *e);
/* JSON text of a frame to an object that says "v" and "type"; or NULL. */
json_t	*frame_parse(const char *json, size_t len, struct err *e);
/* Appends a message as one frame, or as parts when it may be cut. */
bool	 message_add(struct buf *out, const json_t *message, bool may_cut,
	     struct err *e);

/* Parts on their way to a message. */
struct joiner {
	struct buf	 text;
	int64_t		 next, of;
};
/*
 * Takes an object as frame_parse made it (the reference is taken).  *whole is
 * the message, or NULL while parts are missing.
 */
bool	 message_join(struct joiner *j, json_t *frame, json_t **whole,
	     struct err *e);
void	 joiner_fini(struct joiner *j);

/* {"v":1,"type":type}; more is added by the caller. */
json_t	*message_new(const char *type);

/* --- message.c: what a client may say --------------------------------- */

enum message_type {
	MESSAGE_HELLO, MESSAGE_CALL, MESSAGE_CANCEL, MESSAGE_OPERATE
};

/* Borrowed from the object it was read from. */
struct message {
	enum message_type	 type;
	const char		*state, *where, *sudo_user;	/* hello */
	bool			 is_console, read_only;
	int64_t			 id;			/* call, cancel */
	enum work_kind		 kind;
	const char		*verb, *site, *hash;
	const json_t		*params, *paths;
	int			 confirm_within_s;
	const char		*secrets[CTX_SECRETS], *inputs[CTX_SECRETS];
	size_t			 secret_count, input_count;
};

/* False with *e for anything that is not one of them. */
bool	 message_read(const json_t *object, struct message *m, struct err *e);
/* The word of a kind in "kind". */
const char *message_kind_name(enum work_kind kind);

/* --- memory.c: values by descriptor ------------------------------------ */

/* A memory file with these bytes; -1 with *e. */
int	 memory_make(const void *bytes, size_t len, struct err *e);
/*
 * What a peer sent, as long as it is a memory file: anything else could make
 * us wait.  Overwritten after reading when it is a secret.  fd stays open.
 */
struct secret *memory_secret(int fd, struct err *e);
bool	 memory_text(int fd, struct buf *out, struct err *e);

/* --- wire.c: one end of a connection ----------------------------------- */

struct chunk;

struct wire {
	int		 fd;		/* does not block */
	struct buf	 in;
	int		 fds[CONTROL_FDS];	/* received, in order */
	size_t		 fd_count;
	struct chunk	*first, **last;
	size_t		 pending;	/* bytes not yet taken by the peer */
};

void	 wire_init(struct wire *w, int fd);
void	 wire_fini(struct wire *w);
enum wire_state { WIRE_OK, WIRE_NOTHING, WIRE_ENDED };
/* Reads what is there, a bounded piece.  WIRE_ENDED with *e. */
enum wire_state wire_read(struct wire *w, struct err *e);
/* The next object, NULL when none is whole; false when it is none. */
bool	 wire_take(struct wire *w, json_t **frame, struct err *e);
/* Takes the oldest received descriptor, -1 when there is none. */
int	 wire_take_fd(struct wire *w);
/* Queues; fds are taken, also on failure.  Takes message. */
bool	 wire_put(struct wire *w, json_t *message, bool may_cut,
	     const int *fds, size_t fd_count, struct err *e);
/* Sends what the peer takes now; false when it is gone. */
bool	 wire_flush(struct wire *w, struct err *e);

/* --- place.c: where it is ---------------------------------------------- */

/* The socket of this user's serve; malloc'd, NULL with *e. */
char	*place_socket(uid_t uid, struct err *e);
/* The state folder as serve and client compare it; malloc'd, NULL: memory. */
char	*place_state(const struct world *w);

/* Held while a serve runs. */
struct place {
	int	 state_lock, socket_lock, fd;
	char	*socket;
};
/* ERR_HELD with words when another one serves. */
bool	 place_take(struct place *p, const struct store *s, struct err *e);
void	 place_leave(struct place *p);
/*
 * The folder that somebody else names as a site, by its canonical path: a link
 * on the way to it is theirs to turn afterwards.  NULL unless only root or we
 * can have put there what is there.  malloc'd.
 */
char	*place_trusted(const char *folder);

#endif
