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

  // A new one, whose other members are to be written: one is made with every request, so it takes the oldest one's place and memory.
  LoggedDecision& add(policy::Outcome outcome) {
    if (outcome != policy::Outcome::allowed) ++denials_;
    if (entries_.size() < kKept) {
      entries_.emplace_back();
      last_ = entries_.size() - 1;
    } else {
      last_ = (last_ + 1) % kKept;
    }
    entries_[last_].outcome = outcome;
    return entries_[last_];
  }
  size_t size() const { return entries_.size(); }
  // The newest is the first.
  const LoggedDecision& operator[](size_t i) const { return entries_[(last_ + entries_.size() - i) % entries_.size()]; }
  // Denials ever since the start, refused or only noted.
  uint64_t denials() const { return denials_; }

 private:
  std::deque<LoggedDecision> entries_;  // in a ring
  size_t last_ = 0;
  uint64_t denials_ = 0;
};

}  // namespace iam
