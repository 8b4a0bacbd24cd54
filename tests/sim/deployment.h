#pragma once
// One state machine as its owner makes and changes it: definitions, versions, an alias. What is there after a crash is what was
// acknowledged last, or something that was asked for since.
#include <optional>
#include <string>
#include <vector>

#include "machines.h"
#include "process.h"

namespace sim {

class Deployment {
 public:
  // `plans`: what its definition is, one after another.
  Deployment(std::string name, std::vector<Plan> plans, std::string type = "STANDARD");

  const std::string& arn() const { return arn_; }
  // One change, if it is time for one.
  void act(Process& process, Outside& outside, Random& random);
  // Another process is there: looks what it has.
  void look(Process& process, Outside& outside);

  enum class By : uint8_t { machine, version, alias };
  struct Start {
    std::string arn;  // what is to be started
    size_t plan;      // and runs then
  };
  // Nothing while there is none.
  std::optional<Start> start(By by, uint64_t pick) const;
  // Which plan that definition is.
  std::optional<size_t> plan_of(std::string_view definition) const;
  const Plan& plan(size_t number) const { return plans_[number]; }

 private:
  struct State {
    std::optional<size_t> current;  // plan
    std::vector<size_t> versions;   // plans of versions 1, 2 ...
    size_t alias = 0;               // version; 0: not there
    bool operator==(const State&) const = default;
    std::string text() const;
  };
  std::string alias_arn() const { return arn_ + ":live"; }
  void change(Process& process, Outside& outside, std::string_view operation, json::Value params, State next);

  std::string name_, arn_, type_;
  std::vector<Plan> plans_;
  std::vector<std::string> definitions_;
  State now_, acknowledged_;
  std::vector<State> since_;  // asked for, not acknowledged
};

}  // namespace sim
