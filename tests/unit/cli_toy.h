/*
 * A registry of toy verbs, one for each kind of word, and a way to run
 * cli_main() on it in a child whose output is kept.
 */
#ifndef TESTS_CLI_TOY_H
#define TESTS_CLI_TOY_H

#include "stconsole/buf.h"
#include "stconsole/cli.h"

extern const struct registry toy_registry;

struct toy_run {
	int		 status;
	struct buf	 out, err;
	json_t		*json;		/* stdout, when it is one document */
};

#define AUTO_TOY	__attribute__((cleanup(toy_run_fini)))

/*
 * words: one string, parted by spaces ("toy set a b"); the state folder is
 * given by --state in front.  input: stdin, NULL for none.
 */
struct toy_run toy_run(const char *state, const char *words,
	     const char *input);
void	 toy_run_fini(struct toy_run *r);
/* Fails the test unless the run ended with status. */
#define toy_assert_status(r, code) \
	toy_assert_status_at((r), (code), __FILE__, __LINE__)
void	 toy_assert_status_at(const struct toy_run *r, int status,
	     const char *file, int line);

/* A new folder; toy_folder_end removes and frees it. */
char	*toy_folder_new(void);
void	 toy_folder_end(char *dir);

#endif
