// What AWS was recorded to answer.
#include <gtest/gtest.h>

#include "services/logs/logs.h"
#include "services/recorded_cases.h"
#include "services/sts/sts.h"
#include "services/test_world.h"

namespace {

TEST(LogsRecorded, AnswersAsAws) {
  const auto cases = recorded::load("logs");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  recorded::Report report("logs");
  for (const json::Value& one : cases) {
    services::TestWorld world;
    logs::Logs logs(world.kit);
    sts::Sts sts(world.kit);
    sts.load(), sts.start();
    logs.load(), logs.start();
    recorded::World setting{.registry = world.registry, .loop = world.loop};
    report.add(recorded::run_case(setting, one));
  }
  for (const std::string& text : report.news()) ADD_FAILURE() << text;
}

}  // namespace
