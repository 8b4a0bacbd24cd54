#include "services/states/integrations/catalog.h"

#include <algorithm>

#include "protocol/models/sdk_shape.h"

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
    {"apigateway", "execute-api", "ApiGateway", "AmazonApiGateway"},
    {"eks", "eks", "EKS", "AmazonEKS"},
    {"http", "http", "Http", ""},
};

std::string upper_first(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
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
  if (const model::Service* service = model::find_sdk_service(resource.service)) {
    const model::Operation* known = model::find_sdk_operation(*service, resource.action);
    return Integration{service->metadata().signing_name, known ? std::string(known->name) : operation,
                       model::sdk_error_prefix(service->metadata()), ""};
  }
  return Integration{resource.service, operation, upper_first(resource.service), ""};
}

}  // namespace states
