// What AWS was recorded to answer.
#include <gtest/gtest.h>

#include "services/recorded_cases.h"
#include "services/events/events.h"
#include "services/logs/logs.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"
#include "services/sts/sts.h"
#include "services/test_world.h"

namespace {

// Endpoints that have not answered by the time of the next call.
struct SlowHttp final : net::HttpClient {
  void send(net::Request, net::SendOptions, Done done) override { waiting.push_back(std::move(done)); }
  std::vector<Done> waiting;
};

TEST(EventsRecorded, AnswersAsAws) {
  const auto cases = recorded::load("events");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  recorded::Report report("events");
  for (const json::Value& one : cases) {
    services::TestWorld world;
    sqs::Sqs sqs(world.kit);
    sns::Sns sns(world.kit);
    logs::Logs logs(world.kit);
    sts::Sts sts(world.kit);
    SlowHttp http;
    services::Kit kit{world.loop, world.store, world.random, world.registry, http, world.sealer, world.kit.endpoint, world.kit.default_account,
                      world.kit.default_region};
    events::Events events(kit);
    sts.load(), sts.start();
    logs.load(), logs.start();
    sqs.load(), sqs.start();
    sns.load(), sns.start();
    events.load(), events.start();
    report.add(recorded::run_case(world.registry, world.loop, one));
  }
  for (const std::string& text : report.news()) ADD_FAILURE() << text;
}

}  // namespace
