#pragma once
// The HttpClient of the real program: libcurl on a thread of its own.
#include <memory>

#include "base/loop.h"
#include "net/http_client.h"

namespace net {

std::unique_ptr<HttpClient> make_curl_client(Loop& loop);

}  // namespace net
