/*
 * Helpers of the tests that copy between servers of mongo_peer.h.
 */
#ifndef TESTS_MONGO_PEERS_H
#define TESTS_MONGO_PEERS_H

#include "mongo_peer.h"
#include "stconsole/mongo_raw.h"

/* Fails the test with the error's words unless ok. */
void	 mongo_peer_did(bool ok, const struct err *e);
/* Makes a started peer the primary of its own set "rs0". */
void	 mongo_peer_initiate(const struct mongo_peer *p);
/* Its URL, and a connection by it. */
struct secret *mongo_peer_url(const struct mongo_peer *p);
struct mongo *mongo_peer_open(const struct mongo_peer *p);
/* A command that must succeed. */
void	 mongo_peer_run(struct mongo *m, const char *db, const char *command);
/* Fills DB.NAME with count documents {"_id":n,"f":size bytes}. */
void	 mongo_peer_fill(struct mongo *m, const char *db, const char *name,
	     size_t count, size_t size);
/*
 * Every kind of collection and index that a copy must keep, in meeting,
 * chatlogging and userinfo; is_new: those that only 6.0 has too.
 */
void	 mongo_peer_zoo(struct mongo *m, bool is_new);

#endif
