// What a service elsewhere may answer: "SERVICE OPERATION STATUS" on the first line, its headers on the next ones, an empty line, the body. A result
// or an error comes of it, told as one of the service's or as an answer that is not understood.
#include "protocol/codec/client.h"

#include <charconv>

#include "base/check.h"
#include "language/json/parse.h"

namespace {

std::string_view take(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view line = take(text, '\n');
  const model::Service* service = model::find(take(line, ' '));
  const model::Operation* operation = service ? service->find(take(line, ' ')) : nullptr;
  if (!operation) return 0;
  net::Response response;
  std::from_chars(line.data(), line.data() + line.size(), response.status);
  while (!(line = take(text, '\n')).empty()) {
    const std::string_view name = take(line, ':');
    response.headers.add(name, line);
  }
  response.body = text;
  codec::Dialect dialect = codec::client_dialect(*service, *operation);
  for (const model::Protocol protocol : {dialect.protocol, model::Protocol::json, model::Protocol::cbor, model::Protocol::query, model::Protocol::rest_xml}) {
    dialect.protocol = protocol;
    if (const auto result = codec::decode_response(dialect, response)) {
      CHECK(response.status >= 200 && response.status < 300, "a result came of a success");
      (void)json::write(*result);
    } else {
      CHECK(!result.error().code.empty(), "an error is named");
    }
  }
  return 0;
}
