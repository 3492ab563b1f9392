#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* eat MIB [MILLISECONDS]: takes and touches so many MiB, pausing after each, and then keeps them. */
int main(int count, char **words) {
  long mib = count > 1 ? atol(words[1]) : 1000000;
  long pause_ms = count > 2 ? atol(words[2]) : 0;
  for (long taken = 0; taken < mib; taken++) {
    char *piece = malloc(1 << 20);
    if (piece == NULL) {
      perror("eat");
      return 3;
    }
    memset(piece, 1, 1 << 20);
    if (pause_ms > 0) usleep(pause_ms * 1000);
  }
  pause();
  return 0;
}
