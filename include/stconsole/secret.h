/*
 * A password, key or URL with a password in it.  A type of its own: it does
 * not go through %s or JSON by accident, its memory is locked where the
 * limit allows, and it is overwritten when it goes.  engine.md, Secrets.
 */
#ifndef STCONSOLE_SECRET_H
#define STCONSOLE_SECRET_H

#include <stddef.h>

#include "stconsole/err.h"

struct secret;

#define AUTO_SECRET	__attribute__((cleanup(secret_free_at)))

/* Copies len bytes.  NULL with ERR_NOMEM. */
struct secret *secret_new(const void *bytes, size_t len, struct err *e);
struct secret *secret_dup(const struct secret *s, struct err *e);
/* Overwrites and frees; NULL is fine. */
void	 secret_free(struct secret *s);
void	 secret_free_at(struct secret **s);
/*
 * The bytes, NUL-terminated, for the one call that needs them.  The pointer
 * lives as long as the secret and must not be stored.
 */
const char *secret_reveal(const struct secret *s);
size_t	 secret_len(const struct secret *s);
/* Reads a secret from an open descriptor; one newline at the end is cut. */
struct secret *secret_read(int fd, size_t max, struct err *e);
/* Turns off core dumps and ptrace by other users, once, from main. */
void	 secret_protect_process(void);

#endif
