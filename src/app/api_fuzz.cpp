// Requests to /_gantry/api/ as they come over the wire, of a server that has an execution, a topic and no containers: each is answered, in JSON or
// as a stream of events, and none is the server's failure.
#include <cstdint>
#include <string_view>

#include "app/api.h"
#include "app/snapshots.h"
#include "base/check.h"
#include "containers/absent_runtime.h"
#include "language/json/parse.h"
#include "net/body_stream.h"
#include "net/request_parser.h"
#include "services/ecs/ecs.h"
#include "services/iam/iam.h"
#include "services/sns/sns.h"
#include "services/states/states.h"
#include "services/test_world.h"

namespace {

struct Server : services::TestWorld {
  std::unique_ptr<containers::ContainerRuntime> runtime = containers::make_absent_runtime(loop, "there are no containers in this test");
  iam::Iam iam{kit, auth::Mode::audit};
  sns::Sns sns{kit};
  states::States states{kit, states::States::Settings{}};
  ecs::Ecs ecs{kit, *runtime};
  auth::Authenticator authenticator{auth::Mode::audit, &iam.credentials(), kit.default_account, kit.default_region};
  protocol::OriginPolicy origins{{.hosts = {}, .origins = {"https://tools.example.com"}}};
  app::Snapshots snapshots{loop, store, random, ""};
  app::Api api{{loop, store, random, registry, authenticator, origins, states, ecs, iam, sns, snapshots, kit.default_account, "", "images"}};

  Server() {
    registry.set_authoriser(&iam);
    for (services::Service* service : std::initializer_list<services::Service*>{&iam, &sns, &states, &ecs}) service->load(), service->start();
    CHECK(call("sns", "CreateTopic", R"({"Name":"t"})"), "it is made");
    CHECK(call("states", "CreateStateMachine", R"({"name":"m","roleArn":"arn:aws:iam::000000000000:role/r","definition":"{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Succeed\"}}}"})"), "it is made");
    for (int i = 0; i < 3; ++i) CHECK(call("states", "StartExecution", R"({"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m","input":"{\"a\":\"needle\"}"})"), "it is started");
    loop.run_for(1'000);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Server server;
  net::RequestParser parser({.head_bytes = 16 * 1024, .body_bytes = 64 * 1024});
  parser.feed({reinterpret_cast<const char*>(data), size});
  if (!parser.done()) return 0;
  net::Request request = parser.take();
  if (!request.path().starts_with(app::Api::kPrefix)) return 0;
  bool answered = false;
  server.api.handle(request, [&answered](net::Response response) {
    CHECK(!std::exchange(answered, true), "one answer");
    CHECK(response.status < 500, "a client's mistake is not the server's");
    if (response.stream) response.stream->close();
    else if (response.headers.get("Content-Type") == "application/json") CHECK(json::parse(response.body), "an answer can be read");
  });
  server.loop.run_for(10'000);
  CHECK(answered, "no request is forgotten");
  return 0;
}
