/*
 * What a call reads besides its words: files, standard input, and a secret
 * that a person types.  A secret goes from the descriptor into a struct
 * secret and nowhere else; params name it.
 */
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "stconsole/mem.h"
#include "stconsole/str.h"

#include "stconsole/msg.h"
#include "text.def"

#define INPUT_MAX	(16u << 20)
#define SECRET_MAX	(64u << 10)
#define LINE_MAX_BYTES	4096	/* of a terminal in canonical mode */

/* Waits for stdin; false on cancel. */
static bool
stdin_wait(const struct cancel *cancel, struct err *e)
{
	struct pollfd p[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = cancel != NULL ? cancel->fd : -1, .events = POLLIN }
	};

	while (poll(p, LENGTH(p), -1) < 0)
		if (errno != EINTR)
			return err_sys(e, T_STDIN);
	return cancel_check(cancel, e);
}

bool
cli_line_read(const struct cancel *cancel, char *line, size_t size,
    struct err *e)
{
	ssize_t n;

	do {
		if (!stdin_wait(cancel, e))
			return false;
		n = read(STDIN_FILENO, line, size - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, T_STDIN);
	if (n == 0)
		return err_set(e, ERR_CANCELLED, 0, T_NO_ANSWER);
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

/*
 * Ctrl-Z and Ctrl-\ would leave the terminal without echo; they are off as
 * long as the prompt stands.  Ctrl-C and signals come back as cancel.
 */
static bool
echo_off(struct termios *saved)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, saved) < 0)
		return false;
	t = *saved;
	t.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	t.c_lflag |= ECHONL | ICANON;
	t.c_cc[VQUIT] = _POSIX_VDISABLE;
	t.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0;
}

static struct secret *
secret_ask(const struct cancel *cancel, const char *what, struct err *e)
{
	AUTO_BUF struct buf	 prompt = BUF_INIT;
	struct secret		*s = NULL;
	struct termios		 saved;
	char			 line[LINE_MAX_BYTES + 1];

	if (!echo_off(&saved)) {
		err_sys(e, T_ECHO_OFF);
		return NULL;
	}
	buf_printf(&prompt, T_PROMPT_SECRET, what);
	(void)out_text(STDERR_FILENO, buf_str(&prompt), prompt.len, NULL);
	if (cli_line_read(cancel, line, sizeof(line), e))
		s = secret_new(line, strlen(line), e);
	explicit_bzero(line, sizeof(line));
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
	return s;
}

static bool
secret_put(struct ctx *ctx, struct cli_call *call,
    const struct verb_param *p, struct secret *s, struct err *e)
{
	size_t i;

	for (i = 0; s != NULL && i < CTX_SECRETS; i++) {
		if (ctx->secrets[i].value != NULL)
			continue;
		ctx->secrets[i].name = p->name;
		ctx->secrets[i].value = s;
		return json_object_set_new(call->given, p->name,
		    verb_secret_ref(p->name)) == 0 ? true : err_nomem(e);
	}
	if (s == NULL)
		return false;
	secret_free(s);
	return err_set(e, ERR_USAGE, 0, T_SECRETS_MANY, CTX_SECRETS);
}

static bool
text_read(const struct cancel *cancel, int fd, const char *file,
    struct buf *out, struct err *e)
{
	ssize_t n;

	for (;;) {
		buf_reserve(out, 1u << 16);
		if (!buf_ok(out, e) || !cancel_check(cancel, e))
			return false;
		n = read(fd, out->data + out->len, 1u << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, T_INPUT_READ, file);
		if (n == 0)
			break;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len > INPUT_MAX)
			return err_set(e, ERR_USAGE, 0, T_INPUT_BIG, file,
			    INPUT_MAX >> 20);
	}
	if (!str_is_utf8(buf_str(out), out->len) ||
	    strlen(buf_str(out)) != out->len)
		return err_set(e, ERR_USAGE, 0, T_INPUT_UTF8, file);
	return true;
}

static bool
text_put(const struct ctx *ctx, struct cli_call *call,
    const struct verb_param *p, int fd, const char *file, struct err *e)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (!text_read(ctx->cancel, fd, file, &text, e))
		return false;
	return json_object_set_new(call->given, p->name,
	    json_stringn(buf_str(&text), text.len)) == 0 ? true :
	    err_nomem(e);
}

/* The shown command names the file, wherever it is typed again. */
static bool
input_name(struct ctx *ctx, const struct verb_param *p, const char *file,
    struct err *e)
{
	char	*path = realpath(file, NULL);
	size_t	 i;

	if (path == NULL)
		return err_sys(e, T_INPUT_OPEN, file);
	for (i = 0; i < CTX_SECRETS; i++)
		if (ctx->inputs[i].name == NULL) {
			ctx->inputs[i].name = p->name;
			ctx->inputs[i].path = path;
			return true;
		}
	free(path);
	return true;
}

static bool
file_put(struct ctx *ctx, struct cli_call *call, const struct verb_param *p,
    const char *file, bool may_ask, struct err *e)
{
	bool		 is_stdin = str_equal(file, "-");
	AUTO_CLOSE int	 fd = -1;
	struct secret	*s;

	if (!is_stdin)
		fd = open(file, O_RDONLY | O_CLOEXEC);
	else if (p->type == PARAM_SECRET && may_ask && isatty(STDIN_FILENO))
		return secret_put(ctx, call, p,
		    secret_ask(ctx->cancel, p->help, e), e);
	else
		fd = dup(STDIN_FILENO);
	if (fd < 0)
		return err_sys(e, T_INPUT_OPEN, file);
	if (p->type == PARAM_INPUT)
		return text_put(ctx, call, p, fd, file, e) &&
		    (is_stdin || input_name(ctx, p, file, e));
	/* A pipe may be silent: Ctrl-C must reach us before we read. */
	if (is_stdin && !stdin_wait(ctx->cancel, e))
		return false;
	s = secret_read(fd, SECRET_MAX, e);
	return s != NULL ? secret_put(ctx, call, p, s, e) :
	    err_context(e, "%s", file);
}

bool
cli_input_read(struct ctx *ctx, struct cli_call *call, bool may_ask,
    struct err *e)
{
	const struct verb	*v = call->verb;
	const char		*file;
	size_t			 i;

	for (i = 0; i < v->param_count; i++) {
		const struct verb_param *p = &v->params[i];

		file = json_string_value(json_object_get(call->files,
		    p->name));
		if (file == NULL && p->type == PARAM_SECRET && p->required &&
		    may_ask && isatty(STDIN_FILENO))
			file = "-";
		if (file != NULL && !file_put(ctx, call, p, file, may_ask, e))
			return false;
	}
	return true;
}

void
cli_input_fini(struct ctx *ctx)
{
	size_t i;

	for (i = 0; i < CTX_SECRETS; i++) {
		secret_free(ctx->secrets[i].value);
		ctx->secrets[i] = (struct ctx_secret){ 0 };
		free((char *)(uintptr_t)ctx->inputs[i].path);
		ctx->inputs[i] = (struct ctx_input){ 0 };
	}
}
