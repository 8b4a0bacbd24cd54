// Calls of any operation of any service, a line each: "sns Publish {...}". They stand in the order of their lines before a server that
// has everything but containers and a network, and time goes by behind them. Whatever is asked: a client's mistake is never the server's.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/cloudformation/test_server.h"

namespace {

// What may go on for ever by right has an end on a clock that stands still in none.
bool may_be_endless(std::string_view operation, const json::Value& params) {
  return operation == "StartSyncExecution" || (operation == "CreateStateMachine" && params.text("type") == "EXPRESS");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  store::MemoryStore store;
  cloudformation::TestServer server(store, cloudformation::TestServer::Others::none);
  const auto caller = protocol::Principal::root("000000000000");
  for (int calls = 0; calls < 12 && !text.empty(); ++calls) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t first = line.find(' '), second = line.find(' ', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const auto params = json::parse(line.substr(second + 1));
    const std::string_view operation = line.substr(first + 1, second - first - 1);
    if (!params || !params->is_object() || may_be_endless(operation, *params)) continue;
    const auto answer = server.call(line.substr(0, first), operation, *params, caller);
    if (!answer) CHECK(!answer.error().code.empty() && answer.error().http_status < 500, "a client's mistake is not the server's");
  }
  server.loop.run_for(5'000);
  return 0;
}
