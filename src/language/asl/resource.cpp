// A Task's Resource (spec/integrations.md 1 and 5).
#include <algorithm>
#include <array>

#include "language/asl/machine.h"

namespace asl {
namespace {

enum Patterns : uint8_t { kCall = 1, kSync = 2, kToken = 4, kSync2 = 8 };

struct KnownAction {
  std::string_view service, action;
  uint8_t patterns;
};

constexpr uint8_t kCallSync = kCall | kSync, kCallToken = kCall | kToken, kAll = kCall | kSync | kToken;
constexpr KnownAction kActions[] = {
    {"ecs", "runTask", kAll}, {"sns", "publish", kCallToken}, {"lambda", "invoke", kCallToken}, {"sqs", "sendMessage", kCallToken},
    {"dynamodb", "getItem", kCall}, {"dynamodb", "putItem", kCall}, {"dynamodb", "updateItem", kCall}, {"dynamodb", "deleteItem", kCall},
    {"states", "startExecution", kAll | kSync2}, {"events", "putEvents", kCallToken}, {"batch", "submitJob", kAll},
    {"glue", "startJobRun", kCallSync}, {"databrew", "startJobRun", kCallSync},
    {"sagemaker", "createTrainingJob", kCallSync}, {"sagemaker", "createTransformJob", kCallSync},
    {"sagemaker", "createHyperParameterTuningJob", kCallSync}, {"sagemaker", "createLabelingJob", kCallSync},
    {"sagemaker", "createProcessingJob", kCallSync}, {"sagemaker", "createModel", kCall}, {"sagemaker", "createEndpoint", kCall},
    {"sagemaker", "createEndpointConfig", kCall}, {"sagemaker", "updateEndpoint", kCall},
    {"codebuild", "startBuild", kCallSync}, {"codebuild", "startBuildBatch", kCallSync}, {"codebuild", "stopBuild", kCall},
    {"codebuild", "batchDeleteBuilds", kCall}, {"codebuild", "batchGetReports", kCall},
    {"athena", "startQueryExecution", kCallSync}, {"athena", "stopQueryExecution", kCall}, {"athena", "getQueryExecution", kCall},
    {"athena", "getQueryResults", kCall},
    {"elasticmapreduce", "createCluster", kCallSync}, {"elasticmapreduce", "terminateCluster", kCallSync},
    {"elasticmapreduce", "addStep", kCallSync}, {"elasticmapreduce", "cancelStep", kCall},
    {"elasticmapreduce", "setClusterTerminationProtection", kCall}, {"elasticmapreduce", "modifyInstanceFleetByName", kCall},
    {"elasticmapreduce", "modifyInstanceGroupByName", kCall},
    {"emr-containers", "createVirtualCluster", kCall}, {"emr-containers", "deleteVirtualCluster", kCallSync},
    {"emr-containers", "startJobRun", kCallSync}, {"emr-serverless", "createApplication", kCallSync},
    {"emr-serverless", "startApplication", kCallSync}, {"emr-serverless", "stopApplication", kCallSync},
    {"emr-serverless", "deleteApplication", kCallSync}, {"emr-serverless", "startJobRun", kCallSync},
    {"eks", "call", kCall}, {"eks", "runJob", kCallSync}, {"eks", "createCluster", kCallSync}, {"eks", "deleteCluster", kCallSync},
    {"eks", "createNodegroup", kCallSync}, {"eks", "deleteNodegroup", kCallSync}, {"eks", "createAddon", kCallSync},
    {"eks", "deleteAddon", kCallSync}, {"eks", "createFargateProfile", kCallSync}, {"eks", "deleteFargateProfile", kCallSync},
    {"apigateway", "invoke", kCallToken}, {"bedrock", "invokeModel", kCallToken}, {"bedrock", "createModelCustomizationJob", kCallSync},
    {"mediaconvert", "createJob", kCallSync}, {"http", "invoke", kCall},
};

std::vector<std::string_view> split(std::string_view text, char separator, size_t most) {
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < most) {
    const size_t at = text.find(separator);
    if (at == text.npos) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

using Pattern = Resource::Pattern;

std::optional<std::pair<Pattern, uint8_t>> pattern_of(std::string_view suffix) {
  if (suffix.empty()) return std::pair{Pattern::request_response, kCall};
  if (suffix == "sync") return std::pair{Pattern::sync, kSync};
  if (suffix == "sync:2") return std::pair{Pattern::sync2, kSync2};
  if (suffix == "waitForTaskToken") return std::pair{Pattern::wait_for_task_token, kToken};
  return std::nullopt;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

std::optional<Resource> parse_resource(std::string_view arn) {
  const auto parts = split(arn, ':', 6);
  if (parts.size() != 6 || parts[0] != "arn" || parts[1].empty()) return std::nullopt;
  Resource out;
  out.arn = arn;
  const std::string_view what = parts[5];
  if (parts[2] == "lambda") {
    if (parts[3].empty() || parts[4].empty() || !what.starts_with("function:") || what.size() <= 9) return std::nullopt;
    out.kind = Resource::Kind::lambda;
    out.service = "lambda";
    out.action = "invoke";
    return out;
  }
  if (parts[2] != "states") {
    if (!is_word(parts[2]) || parts[3].empty() || parts[4].empty() || what.empty()) return std::nullopt;
    out.kind = Resource::Kind::foreign;
    return out;
  }
  if (what.starts_with("activity:")) {
    if (parts[3].empty() || parts[4].empty() || what.size() <= 9) return std::nullopt;
    out.kind = Resource::Kind::activity;
    return out;
  }
  // states:::<service>:<action>[.<pattern>] or states:::aws-sdk:<service>:<action>[.waitForTaskToken]
  const bool sdk = what.starts_with("aws-sdk:");
  const auto names = split(sdk ? what.substr(8) : what, ':', 2);
  if (names.size() != 2) return std::nullopt;
  const size_t dot = names[1].find('.');
  const std::string_view action = names[1].substr(0, dot);
  const auto pattern = pattern_of(dot == names[1].npos ? "" : names[1].substr(dot + 1));
  if (!pattern || !is_word(names[0]) || !is_word(action) || (dot != names[1].npos && dot + 1 == names[1].size())) return std::nullopt;
  out.pattern = pattern->first;
  out.service = names[0];
  out.action = action;
  out.resource = names[1];
  out.resource_type = sdk ? "aws-sdk:" + out.service : out.service;
  if (sdk) {
    out.kind = Resource::Kind::sdk;
    const bool lower = action[0] >= 'a' && action[0] <= 'z';
    if (!lower || (pattern->second & (kCall | kToken)) == 0) return std::nullopt;
    return out;
  }
  out.kind = Resource::Kind::optimized;
  const auto known = std::ranges::find_if(kActions, [&](const KnownAction& a) { return a.service == out.service && a.action == action; });
  if (known == std::end(kActions) || (known->patterns & pattern->second) == 0) return std::nullopt;
  return out;
}

}  // namespace asl
