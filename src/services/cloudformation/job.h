#pragma once
// One handler's work on one resource: to create it, to change it, to remove it.
//
// A handler is written as if every call it makes of another service answered at once:
//
//   Result<Physical> create_topic(Job& job) {
//     const Value made = TRY(job.call("sns", "CreateTopic", ...));
//     ...
//
// Until an answer is there, call() fails with kPending; the handler returns, and is run again from its start
// when the answer has come. The answers so far are the job's journal, which is kept in the store: a handler
// sees the same answers each time, and goes on after a crash where it was. So it must be a function of the
// job alone. A call whose answer a crash swallowed is made again: where that does harm, ask uncertain() first
// and look whether the thing is there.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"
#include "services/cloudformation/stack.h"

namespace cloudformation {

// What to do before the handler can go on: a call, or time to wait.
struct Ask {
  std::string service, operation;  // empty: wait
  json::Value params;
  int64_t wait_ms = 0;
};

// The error that says "not yet".
bool is_pending(const Error& error);

class Job {
 public:
  struct Subject {
    std::string type, logical_id;
    std::string stack_name, stack_id, account, region, partition;
    json::Value stack_tags;
    json::Value properties;  // that the resource is to have; of one that goes: has
    Physical now;            // what is there, when something is
    std::string token;       // the same as long as this is the same attempt: for ClientToken members
  };
  Job(const Subject& subject, const std::vector<json::Value>& journal) : subject_(subject), journal_(journal) {}

  const Subject& subject() const { return subject_; }
  const json::Value& properties() const { return subject_.properties; }
  const json::Value& property(std::string_view name) const { return subject_.properties[name]; }
  // A property that is a scalar, as text.
  std::string text(std::string_view name, std::string_view otherwise = "") const;
  const json::Value& previous() const { return subject_.now.properties; }
  const std::string& physical_id() const { return subject_.now.id; }

  // The answer to a call made with the stack's rights. `params` are in the service's own names.
  Result<json::Value> call(std::string_view service, std::string_view operation, json::Value params);
  // A call that may find its work done: errors of these codes count as an answer of null.
  Result<json::Value> call_unless(std::string_view service, std::string_view operation, json::Value params,
                                  std::initializer_list<std::string_view> fine);
  // A creation by name: when a crash swallowed the answer, that the name exists is no error but null.
  Result<json::Value> create(std::string_view service, std::string_view operation, json::Value params, std::string_view already);
  // Whether the next call was made before a crash and its answer is not known.
  bool uncertain();
  // Fails with kPending until so much time has gone by.
  Status wait(int64_t ms);

  // Tells that there is a physical resource now, so that it is shown, and removed if the rest fails.
  void made(std::string physical_id) { made_ = std::move(physical_id); }

  // "<stack>-<LogicalId>-<12 letters and digits>", within `length_max`.
  std::string generated_name(size_t length_max) const;
  // "<LogicalId>-<12 letters and digits>", as state machines are named.
  std::string generated_short_name(size_t length_max) const;
  // The property, or else a generated name.
  std::string name(std::string_view property, size_t length_max) const;
  // [{Key, Value}]: the resource's own, the stack's, and CloudFormation's where `system` says so.
  enum class SystemTags : uint8_t { no, yes };
  json::Value tags(SystemTags system, std::string_view property = "Tags") const;
  json::Value tag_map(SystemTags system, std::string_view property = "Tags") const;  // {Key: Value}

  // --- for who runs it ---
  void rewind() { at_ = 0, ask_.reset(); }
  std::optional<Ask> take_ask() { return std::exchange(ask_, std::nullopt); }
  const std::optional<std::string>& physical_made() const { return made_; }
  static json::Value entry(const Result<json::Value>& answer);
  static json::Value uncertain_entry();
  static json::Value asked_entry();
  static bool is_asked(const json::Value& entry);

 private:
  std::string letters(size_t count, bool mixed_case) const;

  const Subject& subject_;
  const std::vector<json::Value>& journal_;
  size_t at_ = 0;
  std::optional<Ask> ask_;
  std::optional<std::string> made_;
};

}  // namespace cloudformation
