// What glibc's Swift module does not show: epoll, eventfd, signal-safe bits, one thread-local, and memmem.
#ifndef CLINUX_H
#define CLINUX_H
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// The event loop of this thread, or NULL.
void *_Nullable clinux_current_loop(void);
void clinux_set_current_loop(void *_Nullable loop);

// epoll without its union. `operation` is EPOLL_CTL_ADD, _MOD or _DEL.
typedef struct {
  int descriptor;
  uint32_t events;
} clinux_ready;
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events);
// At most 256 of `limit`; as epoll_wait otherwise.
int clinux_epoll_wait(int epoll, clinux_ready *_Nonnull ready, int limit, int milliseconds);

// accept4 with a non-blocking, close-on-exec result.
int clinux_accept(int listener, struct sockaddr *_Nullable address, socklen_t *_Nullable length);

static inline int clinux_errno(void) { return errno; }
void clinux_name_thread(const char *_Nonnull name);

#endif
