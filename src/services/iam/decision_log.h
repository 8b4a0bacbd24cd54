#pragma once
// The last decisions about who may do what: what the console explains denials with.
#include <cstdint>
#include <deque>
#include <string>

#include "base/clock.h"
#include "protocol/policy/evaluate.h"

namespace iam {

struct LoggedDecision {
  Instant at;
  std::string request_id;
  std::string who;  // the principal's ARN
  std::string action;
  std::string resource;
  policy::Outcome outcome = policy::Outcome::allowed;
  bool refused = false;  // false of a denial in audit mode
  std::string
      reason;  // of a denial: "because no identity-based policy allows the sns:Publish action"
  std::string policy;     // whose statement decided: a policy's name or ARN
  std::string statement;  // its Sid, else its number from 1; empty when no statement did
};

class DecisionLog {
 public:
  static constexpr size_t kKept = 10'000;

  // A new one, whose other members are to be written: one is made with every request, so it takes over the oldest one's memory.
  LoggedDecision& add(policy::Outcome outcome) {
    if (outcome != policy::Outcome::allowed) ++denials_;
    if (entries_.size() < kKept) {
      entries_.emplace_back();
    } else {
      entries_.push_back(std::move(entries_.front()));
      entries_.pop_front();
    }
    entries_.back().outcome = outcome;
    return entries_.back();
  }
  // The oldest first.
  const std::deque<LoggedDecision>& entries() const { return entries_; }
  // Denials ever since the start, refused or only noted.
  uint64_t denials() const { return denials_; }

 private:
  std::deque<LoggedDecision> entries_;
  uint64_t denials_ = 0;
};

}  // namespace iam
