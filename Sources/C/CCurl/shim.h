// libcurl's setopt and getinfo are variadic, which Swift cannot call: one inline function for each argument type.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, const void *value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode ccurl_set_size(CURL *handle, CURLoption option, curl_off_t value) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode ccurl_set_data_function(CURL *handle, CURLoption option, size_t (*value)(char *, size_t, size_t, void *)) { return curl_easy_setopt(handle, option, value); }
static inline CURLcode ccurl_set_open_socket(CURL *handle, curl_opensocket_callback value) { return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, value); }
static inline CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value) { return curl_easy_getinfo(handle, info, value); }
static inline CURLcode ccurl_get_pointer(CURL *handle, CURLINFO info, void **value) { return curl_easy_getinfo(handle, info, value); }
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) { return curl_multi_setopt(multi, option, value); }
static inline CURLMcode ccurl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) { return curl_multi_setopt(multi, option, value); }
static inline CURLMcode ccurl_multi_set_socket_function(CURLM *multi, curl_socket_callback value) { return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value); }
static inline CURLMcode ccurl_multi_set_timer_function(CURLM *multi, curl_multi_timer_callback value) { return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value); }

// Copies the address, in network order, and returns its length: 4, 16, or 0 when it is no internet address.
static inline int ccurl_internet_address(const struct curl_sockaddr *from, unsigned char *bytes) {
  const void *address = &from->addr;
  if (from->family == AF_INET) return memcpy(bytes, &((const struct sockaddr_in *)address)->sin_addr, 4), 4;
  if (from->family == AF_INET6) return memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16), 16;
  return 0;
}
// As libcurl would, and closed on exec.
static inline curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address) {
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
// The value of a line such as "Expire date:…" of the first certificate, which is the server's; it lives as long as the handle is not used
// again. Null when there is none.
static inline CURLcode ccurl_certificate_field(CURL *handle, const char *name, const char **value) {
  struct curl_certinfo *chain = NULL;
  CURLcode code = curl_easy_getinfo(handle, CURLINFO_CERTINFO, &chain);
  *value = NULL;
  if (code != CURLE_OK || !chain || chain->num_of_certs < 1) return code;
  size_t length = strlen(name);
  for (struct curl_slist *line = chain->certinfo[0]; line; line = line->next)
    if (!strncmp(line->data, name, length) && line->data[length] == ':') *value = line->data + length + 1;
  return code;
}
static inline CURLcode ccurl_message_result(const CURLMsg *message) { return message->data.result; }

#endif
