/*
 * A layer under TLS and over TCP in libldap's stack: it lets a read or write
 * through only when the socket is ready, and fails it at the deadline or on
 * a cancel.  Without it libldap 2.5 spins for ever in a TLS handshake with a
 * server that is silent, network timeout or not, and blocks in the middle of
 * a half-sent record.
 */
#include "directory_private.h"

#include <errno.h>
#include <poll.h>

static int
guard_setup(Sockbuf_IO_Desc *layer, void *arg)
{
	layer->sbiod_pvt = arg;
	return 0;
}

static int
guard_ctrl(Sockbuf_IO_Desc *layer, int opt, void *arg)
{
	return LBER_SBIOD_CTRL_NEXT(layer, opt, arg);
}

static bool
guard_wait(Sockbuf_IO_Desc *layer, short events)
{
	const struct server	*s = layer->sbiod_pvt;
	ber_socket_t		 fd = -1;

	if (ber_sockbuf_ctrl(layer->sbiod_sb, LBER_SB_OPT_GET_FD, &fd) == 1 &&
	    dial_wait(fd, events, s->deadline_ms, s->ctx->cancel, NULL))
		return true;
	/* Not EAGAIN nor EINTR: those would be tried again at once. */
	errno = ETIMEDOUT;
	return false;
}

static ber_slen_t
guard_read(Sockbuf_IO_Desc *layer, void *buf, ber_len_t len)
{
	if (!guard_wait(layer, POLLIN))
		return -1;
	return LBER_SBIOD_READ_NEXT(layer, buf, len);
}

static ber_slen_t
guard_write(Sockbuf_IO_Desc *layer, void *buf, ber_len_t len)
{
	if (!guard_wait(layer, POLLOUT))
		return -1;
	return LBER_SBIOD_WRITE_NEXT(layer, buf, len);
}

static const Sockbuf_IO guard = {
	.sbi_setup = guard_setup, .sbi_ctrl = guard_ctrl,
	.sbi_read = guard_read, .sbi_write = guard_write,
};

#define GUARD_LEVEL \
	((LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2)

static bool
guard_add(Sockbuf *sb, struct server *s)
{
	return ber_sockbuf_add_io(sb, (Sockbuf_IO *)(uintptr_t)&guard,
	    GUARD_LEVEL, s) == 0;
}

/* A connection that libldap opens by itself: a referral that is followed. */
static int
referral_add(LDAP *ld, Sockbuf *sb, LDAPURLDesc *url, struct sockaddr *addr,
    struct ldap_conncb *cb)
{
	(void)ld;
	(void)url;
	(void)addr;
	return guard_add(sb, cb->lc_arg) ? 0 : -1;
}

static void
referral_del(LDAP *ld, Sockbuf *sb, struct ldap_conncb *cb)
{
	(void)ld;
	(void)sb;
	(void)cb;
}

bool
guard_install(struct server *s)
{
	Sockbuf *sb = NULL;

	s->referral_cb = (struct ldap_conncb){ referral_add, referral_del,
		s };
	return ldap_set_option(s->ld, LDAP_OPT_CONNECT_CB,
	    &s->referral_cb) == LDAP_SUCCESS &&
	    ldap_get_option(s->ld, LDAP_OPT_SOCKBUF, &sb) == LDAP_SUCCESS &&
	    sb != NULL && guard_add(sb, s);
}
