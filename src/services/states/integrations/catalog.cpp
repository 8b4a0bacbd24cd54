#include "services/states/integrations/catalog.h"

#include <algorithm>

#include "protocol/models/model.h"

namespace states {
namespace {

struct Optimized {
  std::string_view service, signing, prefix, java;
};
constexpr Optimized kOptimized[] = {
    {"ecs", "ecs", "ECS", "AmazonECS"},
    {"sns", "sns", "SNS", "AmazonSNS"},
    {"sqs", "sqs", "SQS", "AmazonSQS"},
    {"dynamodb", "dynamodb", "DynamoDB", "AmazonDynamoDBv2"},
    {"lambda", "lambda", "Lambda", "AWSLambda"},
    {"states", "states", "StepFunctions", "AWSStepFunctions"},
    {"events", "events", "EventBridge", "AmazonEventBridge"},
    {"batch", "batch", "Batch", "AWSBatch"},
    {"glue", "glue", "Glue", "AWSGlue"},
    {"codebuild", "codebuild", "CodeBuild", "AWSCodeBuild"},
    {"athena", "athena", "Athena", "AmazonAthena"},
    {"sagemaker", "sagemaker", "SageMaker", "AmazonSageMaker"},
    {"elasticmapreduce", "elasticmapreduce", "ElasticMapReduce", "AmazonElasticMapReduce"},
    {"eks", "eks", "EKS", "AmazonEKS"},
};

std::string upper_first(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

std::string lower_compact(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '-') out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  return out;
}

// The class name that the SDK for Java makes of a service id: "Secrets Manager" is SecretsManager, "DynamoDB"
// DynamoDb, "SFN" Sfn: of a run of capitals only the first stays, and the one that begins the next word.
std::string java_class(std::string_view id) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::string out;
  for (size_t i = 0; i < id.size(); ++i) {
    if (id[i] == ' ') continue;
    const bool begins = i == 0 || id[i - 1] == ' ';
    const bool inside_run = i > 0 && upper(id[i]) && upper(id[i - 1]);
    const bool next_word = inside_run && i + 1 < id.size() && id[i + 1] >= 'a' && id[i + 1] <= 'z';
    if (begins && id[i] >= 'a' && id[i] <= 'z') {
      out.push_back(static_cast<char>(id[i] - 32));
    } else if (inside_run && !begins && !next_word) {
      out.push_back(static_cast<char>(id[i] + 32));
    } else {
      out.push_back(id[i]);
    }
  }
  return out;
}

}  // namespace

std::optional<Integration> integration(const asl::Resource& resource) {
  const std::string operation = upper_first(resource.action);
  if (resource.kind == asl::Resource::Kind::optimized) {
    const auto it = std::ranges::find(kOptimized, std::string_view(resource.service), &Optimized::service);
    if (it == std::end(kOptimized)) return std::nullopt;
    return Integration{std::string(it->signing), operation, std::string(it->prefix), std::string(it->java)};
  }
  for (const model::Metadata& service : model::all()) {
    if (lower_compact(service.sdk_id) == resource.service) {
      return Integration{service.signing_name, operation, java_class(service.sdk_id), ""};
    }
  }
  return Integration{resource.service, operation, upper_first(resource.service), ""};
}

}  // namespace states
