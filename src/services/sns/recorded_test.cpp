// What AWS was recorded to answer.
#include <gtest/gtest.h>

#include "services/recorded_cases.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"
#include "services/sts/sts.h"
#include "services/test_world.h"

namespace {

TEST(SnsRecorded, AnswersAsAws) {
  const auto cases = recorded::load("sns");
  if (cases.empty()) GTEST_SKIP() << "the recorded cases are not there";
  recorded::Report report("sns");
  std::optional<std::string> signing_key;  // made once for all cases: that takes a while
  for (const json::Value& one : cases) {
    services::TestWorld world;
    if (signing_key) {
      store::Batch batch;
      batch.put(store::Space::meta, "sns-signing", *signing_key);
      world.store.commit(std::move(batch));
    }
    sqs::Sqs sqs(world.kit);
    sns::Sns sns(world.kit);
    sts::Sts sts(world.kit);
    sts.load(), sts.start();
    sqs.load(), sqs.start();
    sns.load(), sns.start();
    recorded::World setting{.registry = world.registry, .loop = world.loop};
    // The tests were recorded by a user, whose ARN is shown.
    setting.caller = protocol::Principal{.type = protocol::Principal::Type::user, .account = world.kit.default_account,
                                         .arn = "arn:aws:iam::" + world.kit.default_account + ":user/tester", .user_id = "AIDATESTER"};
    report.add(recorded::run_case(setting, one));
    signing_key = world.store.get(store::Space::meta, "sns-signing");
  }
  for (const std::string& text : report.news()) ADD_FAILURE() << text;
}

}  // namespace
