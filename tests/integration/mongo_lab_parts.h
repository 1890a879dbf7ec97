/*
 * What the files of mongo_lab.h share among themselves.
 */
#ifndef TESTS_MONGO_LAB_PARTS_H
#define TESTS_MONGO_LAB_PARTS_H

#include "../lab/mongod.h"
#include "mongo_lab.h"

/* What the writer's documents and its own collection are called. */
#define MONGO_LAB_WRITTEN	"lab-writer-"
#define MONGO_LAB_WRITER	"lab_writer"

struct mongo_lab_own {
	struct lab_house	 house;
	struct lab_run		 run;
	char			*program;
	pid_t			 guard;
	int			 guard_fd;
	char			*noted;		/* the writer's file */
};

/* Fails the test with the error's words. */
#define mongo_lab_ok(ok, e) mongo_lab_ok_at((ok), (e), __FILE__, __LINE__)
void	 mongo_lab_ok_at(bool ok, const struct err *e, const char *file,
	     int line);

/* mongo_lab_process.c */
/* A process that ends all of the lab's should this one be killed. */
void	 mongo_lab_guard_start(struct mongo_lab *l);
void	 mongo_lab_guard_end(struct mongo_lab *l);
/* Every process with a word of argv below DIR, whoever started it. */
void	 mongo_lab_processes_end(const struct mongo_lab *l);
/* The lab's children that ended. */
void	 mongo_lab_reap(struct mongo_lab *l);

/* mongo_lab_ask.c */
/* A client by the URL that waits for an election; never NULL. */
mongoc_client_t *mongo_lab_client(const char *url);

/* mongo_lab_data.c: spec.documents documents in the five databases. */
void	 mongo_lab_fill(struct mongo_lab *l);

/* mongo_lab_writer.c */
void	 mongo_lab_writer_kill(struct mongo_lab *l);

#endif
