#include <stdio.h>

int
main(void)
{
	puts("stconsole " STCONSOLE_VERSION);
	return 0;
}
