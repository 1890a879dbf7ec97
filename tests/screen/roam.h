/*
 * Somebody who presses keys at random on the console of console.h: nine of
 * ten from the key map, the others any bytes; now and then the window gets
 * another size or time goes by.  A step is a number that says it all, so
 * that steps can be left out and run again.
 *
 * Not pressed are the keys that write files (W, Ctrl-O, F12).
 */
#ifndef TESTS_SCREEN_ROAM_H
#define TESTS_SCREEN_ROAM_H

#include "console.h"

struct roam {
	struct console		 c;
	struct press_decoder	*decoder;
	bool			 stays;		/* does not leave it at home */
	size_t			 left;		/* times that it was left */
	char			 complaint[240];	/* "" none */
};

void	 roam_open(struct roam *r);
void	 roam_close(struct roam *r);
/* False: r->complaint says what is wrong with the frame or the calls. */
bool	 roam_step(struct roam *r, uint64_t step);
/* Home by Esc alone, without a change of anything.  False: as above. */
bool	 roam_home(struct roam *r);
/* "F8", "bytes 1b 5b", "size 3x80", "wait 5000 ms". */
void	 roam_name(uint64_t step, struct buf *out);

#endif
