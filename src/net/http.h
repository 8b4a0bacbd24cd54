#pragma once
// HTTP messages as values, the same for the server and the client.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/function.h"

namespace net {

class BodyStream;

struct Header {
  std::string name;
  std::string value;
};

bool same_header_name(std::string_view a, std::string_view b);  // ASCII case does not matter

// Whether a text that comes from outside may be a header's name or value: nothing in it ends the line.
bool fits_a_header(std::string_view text);
// "a=1&b=2": adds a pair, percent-encoded, to a form or a query.
void append_form_pair(std::string& form, std::string_view name, std::string_view value);
// Adds such a query to a URL that may have one, or a fragment.
void append_query(std::string& url, std::string_view query);

struct Headers {
  std::vector<Header> list;

  // The first of that name, else "".
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  void add(std::string_view name, std::string_view value) { list.push_back({std::string(name), std::string(value)}); }
  // Replaces every header of that name.
  void set(std::string_view name, std::string_view value);
};

// Whoever waits at the other end for a response that takes long.
class Client {
 public:
  virtual ~Client() = default;
  // Calls `gone` once if the connection ends before the response is sent: nothing that is handed over then would be read.
  virtual void when_gone(Function<void()> gone) = 0;
  // Whose requests come over this connection: owners have turns, however many connections each has.
  virtual void belongs_to(std::string_view owner) = 0;
};

struct Request {
  std::string method;  // "POST"
  std::string target;  // as sent: "/path?query" (server); an absolute URL (client)
  Headers headers;
  std::string body;
  std::string peer;    // the client's IP address (server)
  std::weak_ptr<Client> client = {};  // (server)

  std::string_view path() const;   // of `target`, still percent-encoded
  std::string_view query() const;  // behind the '?', or ""
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<BodyStream> stream;  // in place of `body`: what is written to it is sent as it comes (server)
};

}  // namespace net
