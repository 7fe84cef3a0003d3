#define _GNU_SOURCE
#include "CLinux.h"
#include <pthread.h>

static _Thread_local void *current_loop;

void *clinux_current_loop(void) { return current_loop; }
void clinux_set_current_loop(void *loop) { current_loop = loop; }

// At most 15 bytes are kept.
void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = descriptor};
  return epoll_ctl(epoll, operation, descriptor, &event);
}

int clinux_epoll_wait(int epoll, clinux_ready *ready, int limit, int milliseconds) {
  struct epoll_event events[256];
  int count = epoll_wait(epoll, events, limit < 256 ? limit : 256, milliseconds);
  for (int i = 0; i < count; i++) ready[i] = (clinux_ready){.descriptor = events[i].data.fd, .events = events[i].events};
  return count;
}

int clinux_accept(int listener, struct sockaddr *address, socklen_t *length) {
  return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
