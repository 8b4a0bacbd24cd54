#include "protocol/throttle.h"

#include <algorithm>
#include <iterator>

namespace protocol {
namespace {

struct Known {
  std::string_view operation;
  Quota large, others;  // large: us-east-1, us-west-2 and eu-west-1
};

// Of Step Functions; sorted by operation.
constexpr Known kStates[] = {
    {"CreateActivity", {100, 1}, {100, 1}},
    {"CreateStateMachine", {100, 1}, {100, 1}},
    {"CreateStateMachineAlias", {100, 1}, {100, 1}},
    {"DeleteActivity", {100, 1}, {100, 1}},
    {"DeleteStateMachine", {100, 1}, {100, 1}},
    {"DeleteStateMachineAlias", {100, 1}, {100, 1}},
    {"DeleteStateMachineVersion", {100, 1}, {100, 1}},
    {"DescribeActivity", {200, 1}, {200, 1}},
    {"DescribeExecution", {300, 15}, {250, 10}},
    {"DescribeMapRun", {200, 1}, {200, 1}},
    {"DescribeStateMachine", {200, 20}, {200, 20}},
    {"DescribeStateMachineAlias", {200, 1}, {200, 1}},
    {"DescribeStateMachineForExecution", {200, 1}, {200, 1}},
    {"GetActivityTask", {3000, 500}, {1500, 300}},
    {"GetExecutionHistory", {400, 20}, {400, 20}},
    {"ListActivities", {100, 10}, {100, 5}},
    {"ListExecutions", {200, 5}, {100, 2}},
    {"ListMapRuns", {100, 1}, {100, 1}},
    {"ListStateMachineAliases", {100, 1}, {100, 1}},
    {"ListStateMachineVersions", {100, 1}, {100, 1}},
    {"ListStateMachines", {100, 5}, {100, 5}},
    {"ListTagsForResource", {100, 1}, {100, 1}},
    {"PublishStateMachineVersion", {100, 1}, {100, 1}},
    {"RedriveExecution", {1300, 300}, {800, 150}},
    {"SendTaskFailure", {3000, 500}, {1500, 300}},
    {"SendTaskHeartbeat", {3000, 500}, {1500, 300}},
    {"SendTaskSuccess", {3000, 500}, {1500, 300}},
    {"StartExecution", {1300, 300}, {800, 150}},
    {"StopExecution", {1000, 200}, {500, 25}},
    {"TagResource", {200, 1}, {200, 1}},
    {"UntagResource", {200, 1}, {200, 1}},
    {"UpdateMapRun", {100, 1}, {100, 1}},
    {"UpdateStateMachine", {100, 1}, {100, 1}},
    {"UpdateStateMachineAlias", {100, 1}, {100, 1}},
};

// Accounts are made by being named: there is room for this many buckets that are not full.
constexpr size_t kBucketsMax = 100'000;

}  // namespace

const Quota* Throttle::quota(std::string_view service, std::string_view operation, std::string_view region) {
  if (service != "states") return nullptr;
  const auto it = std::ranges::lower_bound(kStates, operation, {}, &Known::operation);
  if (it == std::end(kStates) || it->operation != operation) return nullptr;
  const bool large = region == "us-east-1" || region == "us-west-2" || region == "eu-west-1";
  return large ? &it->large : &it->others;
}

Status Throttle::admit(std::string_view service, std::string_view operation, std::string_view account, std::string_view region, Instant now) {
  const Quota* allowed = quota(service, operation, region);
  if (!allowed) return {};
  std::string key;
  key.append(account).append(" ").append(region).append(" ").append(operation);
  auto it = buckets_.find(key);
  if (it == buckets_.end()) {
    // A bucket that is full again need not be remembered.
    if (buckets_.size() >= kBucketsMax) {
      std::erase_if(buckets_, [&](const auto& one) { return now - one.second.filled > 1'000'000; });
      if (buckets_.size() >= kBucketsMax) return fail("ThrottlingException", "Rate exceeded");
    }
    it = buckets_.emplace(std::move(key), Bucket{allowed->bucket, now}).first;
  }
  Bucket& bucket = it->second;
  // A clock that was set back fills nothing.
  const double seconds = std::max(0.0, static_cast<double>(now - bucket.filled) / 1000.0);
  bucket.tokens = std::min(allowed->bucket, bucket.tokens + seconds * allowed->a_second);
  bucket.filled = now;
  if (bucket.tokens < 1) return fail("ThrottlingException", "Rate exceeded");
  bucket.tokens -= 1;
  return {};
}

}  // namespace protocol
