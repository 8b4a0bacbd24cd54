#pragma once
// A state machine's definition, compiled: checked once, then immutable and shared by its executions.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/json/value.h"

namespace asl {

// One finding about a definition (spec/asl-diagnostics.md).
struct Diagnostic {
  enum class Severity : uint8_t { error, warning } severity = Severity::error;
  std::string code;                     // "SCHEMA_VALIDATION_FAILED"
  std::string message;
  std::optional<std::string> location;  // "/States/A/Next"
  size_t offset = 0;                    // of a fault in the JSON: the byte where it was noticed
  bool alone = false;                   // told as it is, without code and location (a Map's label)
};

// A Task's Resource, taken apart (spec/integrations.md 1).
struct Resource {
  // foreign: a well-formed ARN of something that no Task runs (the States Language allows any URI).
  enum class Kind : uint8_t { lambda, activity, optimized, sdk, foreign };
  enum class Pattern : uint8_t { request_response, sync, sync2, wait_for_task_token };
  Kind kind{};
  Pattern pattern = Pattern::request_response;
  std::string arn;     // as written
  std::string service; // "ecs", "sns", "dynamodb" (also for sdk: the SDK's service id), "http"
  std::string action;  // "runTask", "publish"
  // As history shows them: "ecs", "aws-sdk:dynamodb"; "runTask.sync", "putItem".
  std::string resource_type, resource;
};

// Nothing when it is not a resource that Step Functions knows.
std::optional<Resource> parse_resource(std::string_view arn);

struct CompileOptions {
  bool express = false;  // .sync, callbacks and activities are refused
  bool one_state = false;  // TestState: where a state leads is not looked at
};

class Machine {
 public:
  struct Body;  // the states: compiled.h
  explicit Machine(std::unique_ptr<Body> body);
  ~Machine();

  const Body& body() const { return *body_; }
  // DescribeStateMachine's variableReferences: state -> variables; null when there are none.
  json::Value variable_references() const;
  // Every resource that its tasks name, for managed rules and the like.
  std::vector<std::shared_ptr<const Resource>> resources() const;

 private:
  std::unique_ptr<Body> body_;
};

struct Compiled {
  std::shared_ptr<const Machine> machine;  // null when a diagnostic is an error
  std::vector<Diagnostic> diagnostics;     // errors and warnings, in AWS's order
};

Compiled compile(std::string_view definition, const CompileOptions& options = {});

// What CreateStateMachine says of the errors: "CODE: text at location, CODE: text at null".
std::string join_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace asl
