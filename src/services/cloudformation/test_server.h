#pragma once
// For tests: CloudFormation with the services whose resources it makes, over a store that may outlive it.
//
//   store::MemoryStore store;
//   { TestServer server(store); server.call("CreateStack", ...); }   // and there it crashes
//   TestServer again(store, later);
//
// It has a Lambda, too, which is not ours: one that answers at once, later, or never (`lambda`).
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "containers/absent_runtime.h"
#include "engine/store/memory_store.h"
#include "language/json/parse.h"
#include "net/http_client.h"
#include "protocol/models/validate.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudwatch/cloudwatch.h"
#include "services/ec2/ec2.h"
#include "services/ecs/ecs.h"
#include "services/events/events.h"
#include "services/iam/iam.h"
#include "services/logs/logs.h"
#include "services/sns/sns.h"
#include "services/sqs/sqs.h"
#include "services/states/states.h"
#include "services/sts/sts.h"

namespace cloudformation {

class TestServer {
 public:
  enum class Others : uint8_t { none, lambda };

  explicit TestServer(store::MemoryStore& store, Others others = Others::lambda, Instant start = {1'700'000'000'000}, auth::Mode mode = auth::Mode::audit)
      : loop(start), kit{loop, store, random_, registry, http_, sealer_, "http://127.0.0.1:4566", "000000000000", "us-east-1"} {
    registry.set_validator(model::make_validator());
    runtime_ = containers::make_absent_runtime(loop, "there are no containers in this test");
    auto iam = std::make_unique<iam::Iam>(kit, mode);
    registry.set_authoriser(iam.get());
    services_.push_back(std::move(iam));
    services_.push_back(std::make_unique<sts::Sts>(kit));
    services_.push_back(std::make_unique<ec2::Ec2>(kit));
    services_.push_back(std::make_unique<logs::Logs>(kit));
    services_.push_back(std::make_unique<sqs::Sqs>(kit));
    services_.push_back(std::make_unique<sns::Sns>(kit));
    services_.push_back(std::make_unique<events::Events>(kit));
    services_.push_back(std::make_unique<cloudwatch::CloudWatch>(kit));
    services_.push_back(std::make_unique<states::States>(kit, states::States::Settings{}));
    services_.push_back(std::make_unique<ecs::Ecs>(kit, *runtime_));
    services_.push_back(std::make_unique<CloudFormation>(kit));
    if (others == Others::lambda) add_lambda();
    for (const auto& service : services_) service->load();
    for (const auto& service : services_) service->start();
  }

  Result<json::Value> call(std::string_view service, std::string_view operation, json::Value params, const protocol::Principal& caller) {
    protocol::Call made = registry.internal(caller, "us-east-1", service, operation, std::move(params));
    made.internal = false;
    made.endpoint = kit.endpoint, made.source_ip = "127.0.0.1";
    std::optional<Result<json::Value>> answer;
    registry.call(made, [&answer](Result<json::Value> result) { answer = std::move(result); });
    loop.run_ready();
    return answer ? *answer : fail("NoAnswer", "");
  }
  Result<json::Value> call(std::string_view service, std::string_view operation, std::string_view params) {
    return call(service, operation, *json::parse(params), protocol::Principal::root(kit.default_account));
  }

  // --- stacks ---
  Result<json::Value> create(std::string_view name, std::string_view body, json::Value more = json::Value::object()) {
    return with_template("CreateStack", name, body, std::move(more));
  }
  Result<json::Value> update(std::string_view name, std::string_view body, json::Value more = json::Value::object()) {
    return with_template("UpdateStack", name, body, std::move(more));
  }
  Result<json::Value> with_template(std::string_view operation, std::string_view name, std::string_view body, json::Value more) {
    json::Value params = more.with("StackName", name).with("TemplateBody", body);
    if (!more.find("Capabilities")) params = params.with("Capabilities", json::array({"CAPABILITY_NAMED_IAM"}));
    return call("cloudformation", operation, std::move(params), protocol::Principal::root(kit.default_account));
  }
  // Lets time go by until the stack is at rest.
  json::Value settled(std::string_view name) {
    json::Value shown = stack(name);
    for (int second = 0; second < 600 && shown.text("StackStatus").ends_with("_IN_PROGRESS"); ++second) {
      loop.run_for(1000);
      shown = stack(name);
    }
    return shown;
  }
  json::Value stack(std::string_view name) {
    const auto answer = call("cloudformation", "DescribeStacks", json::object({{"StackName", name}}), protocol::Principal::root(kit.default_account));
    return answer ? (*answer)["Stacks"][size_t{0}] : json::object({{"StackStatus", answer.error().message}});
  }
  std::string status(std::string_view name) { return std::string(settled(name).text("StackStatus")); }
  std::string output(std::string_view name, std::string_view key) {
    const json::Value shown = stack(name);
    for (const json::Value& one : shown["Outputs"].items()) {
      if (one.text("OutputKey") == key) return std::string(one.text("OutputValue"));
    }
    return "(none)";
  }
  // {LogicalResourceId, PhysicalResourceId, ResourceStatus, ResourceStatusReason}, or null.
  json::Value resource(std::string_view stack_name, std::string_view logical_id) {
    const auto answer = call("cloudformation", "DescribeStackResources", json::object({{"StackName", stack_name}}), protocol::Principal::root(kit.default_account));
    if (!answer) return {};
    for (const json::Value& one : (*answer)["StackResources"].items()) {
      if (one.text("LogicalResourceId") == logical_id) return one;
    }
    return {};
  }
  // "A CREATE_IN_PROGRESS", ..., oldest first.
  std::vector<std::string> events(std::string_view stack_name) {
    std::vector<std::string> out;
    json::Value params = json::object({{"StackName", stack_name}});
    while (true) {
      const auto answer = call("cloudformation", "DescribeStackEvents", params, protocol::Principal::root(kit.default_account));
      if (!answer) break;
      for (const json::Value& one : (*answer)["StackEvents"].items()) {
        std::string line = std::string(one.text("LogicalResourceId")) + " " + std::string(one.text("ResourceStatus"));
        if (const auto reason = one.text("ResourceStatusReason"); !reason.empty()) line += ": " + std::string(reason);
        out.insert(out.begin(), line);
      }
      if (!answer->find("NextToken")) break;
      params = params.with("NextToken", (*answer)["NextToken"]);
    }
    return out;
  }

  // What the Lambda answers; false: it does not answer (yet).
  std::function<bool(const protocol::Call&, protocol::Reply&)> lambda;
  std::vector<std::string> lambda_calls;  // operations, in order

  ManualLoop loop;

 private:
  struct NoHttp final : net::HttpClient {
    void send(net::Request, net::SendOptions, Done done) override { done(fail("HttpConnection", "There is no network here.")); }
  };
  static constexpr std::string_view kLambdaOperations[] = {
      "CreateFunction", "GetFunctionConfiguration", "UpdateFunctionCode", "UpdateFunctionConfiguration", "DeleteFunction", "AddPermission", "RemovePermission",
      "PublishVersion", "CreateAlias",              "UpdateAlias",        "DeleteAlias",                 "PublishLayerVersion", "DeleteLayerVersion",
      "CreateEventSourceMapping", "UpdateEventSourceMapping", "DeleteEventSourceMapping", "PutFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"};

  void add_lambda() {
    for (const std::string_view operation : kLambdaOperations) {
      registry.add("lambda", operation, {.handle = [this](const protocol::Call& call, protocol::Reply reply) {
                     lambda_calls.push_back(call.operation);
                     if (lambda && !lambda(call, reply)) return held_.push_back(std::move(reply));
                     if (!reply) return;
                     const std::string name(call.params.text("FunctionName"));
                     const std::string arn = call.arn("function:" + name);
                     reply(json::object({{"FunctionName", name}, {"FunctionArn", arn}, {"Version", "1"}, {"AliasArn", arn + ":" + std::string(call.params.text("Name"))},
                                         {"UUID", "6c5dd1b5-4a4a-4b0e-9f0e-000000000000"}, {"LayerVersionArn", call.arn("layer:l:1")}, {"State", "Active"}}));
                   }});
    }
  }

  SeededRandom random_{1};
  NoHttp http_;
  protocol::Sealer sealer_{"key"};

 public:
  protocol::Registry registry{loop, random_};
  services::Kit kit;

 private:
  std::unique_ptr<containers::ContainerRuntime> runtime_;
  std::vector<std::unique_ptr<services::Service>> services_;
  std::vector<protocol::Reply> held_;
};

}  // namespace cloudformation
