/*
 * The lab's MongoDB servers: how they are started, asked and made a set of.
 * Shared by mongod.c (processes), mongod_client.c (commands), mongod_set.c
 * (accounts and data as Sametime has them) and by tests that start servers
 * of other kinds.  As for the whole house: only the thread that opened it.
 */
#ifndef STCONSOLE_LAB_MONGOD_H
#define STCONSOLE_LAB_MONGOD_H

#include <mongoc/mongoc.h>

#include "house.h"

/*
 * Starts member n (its port is drawn the first time) and keeps its process
 * in h->mongods[n]; does not wait.
 */
bool	 lab_member_launch(struct lab_house *h, const char *program, int n,
	     struct err *e);
/* The program of a version as it was fetched, malloc'd; NULL: none. */
char	*lab_mongod_cached(const char *version);

/* A client of member n only, as user (NULL: nobody); NULL: memory. */
mongoc_client_t *lab_member_client(struct lab_house *h, int n,
	     const char *user, const char *password);
/* One command as Extended JSON; reply NULL: not wanted.  It is
 * initialised by the caller and destroyed by it in any case. */
bool	 lab_member_command(mongoc_client_t *c, const char *db,
	     const char *json, bson_t *reply, struct err *e);
/*
 * Waits until member n answers isMaster with field true: "ok", "ismaster",
 * "secondary", "arbiterOnly", or one of these three: "ready".
 */
bool	 lab_member_wait(struct lab_house *h, int n, mongoc_client_t *c,
	     const char *field, struct err *e);
/* Percent-encoded, malloc'd: every byte that is not unreserved. */
char	*lab_percent(const char *s);

#endif
