#include "services/iam/aws_managed.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "protocol/policy/principal_id.h"
#include "services/iam/service_linked_roles.h"

namespace iam {
namespace {

struct Shipped {
  std::string_view path, name, actions;  // actions: the inside of a JSON list
};

// ReadOnlyAccess names what reads on every service that lives here.
constexpr std::string_view kRead =
    R"("cloudformation:Describe*","cloudformation:Detect*","cloudformation:Estimate*","cloudformation:Get*","cloudformation:List*",)"
    R"("cloudformation:Validate*","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","dynamodb:BatchGet*","dynamodb:Describe*",)"
    R"("dynamodb:Get*","dynamodb:List*","dynamodb:Query","dynamodb:Scan","ec2:Describe*","ec2:Get*","ecr:BatchCheck*","ecr:BatchGet*",)"
    R"("ecr:Describe*","ecr:Get*","ecr:List*","ecs:Describe*","ecs:List*","events:Describe*","events:List*","events:Test*","iam:Generate*",)"
    R"("iam:Get*","iam:List*","iam:Simulate*","lambda:Get*","lambda:List*","logs:Describe*","logs:FilterLogEvents","logs:Get*","logs:List*",)"
    R"("logs:StartQuery","logs:StopQuery","logs:TestMetricFilter","s3:Get*","s3:List*","scheduler:Get*","scheduler:List*",)"
    R"("sns:Check*","sns:Get*","sns:List*","sqs:Get*","sqs:List*","sqs:Receive*","ssm:Describe*","ssm:Get*","ssm:List*","states:Describe*",)"
    R"("states:GetExecutionHistory","states:List*","states:ValidateStateMachineDefinition","sts:GetAccessKeyInfo","sts:GetCallerIdentity",)"
    R"("tag:Get*","xray:BatchGet*","xray:Get*")";

constexpr Shipped kShipped[] = {
    {"/", "AdministratorAccess", R"("*")"},
    {"/", "PowerUserAccess", R"("*")"},
    {"/", "ReadOnlyAccess", kRead},
    {"/", "IAMFullAccess", R"("iam:*","organizations:Describe*","organizations:List*")"},
    {"/", "IAMReadOnlyAccess", R"("iam:Generate*","iam:Get*","iam:List*","iam:Simulate*")"},
    {"/", "AWSStepFunctionsFullAccess", R"("states:*")"},
    {"/", "AWSStepFunctionsReadOnlyAccess",
     R"("states:ListStateMachines","states:ListActivities","states:DescribeStateMachine","states:DescribeStateMachineForExecution",)"
     R"("states:ListExecutions","states:DescribeExecution","states:GetExecutionHistory","states:DescribeActivity","states:ListMapRuns",)"
     R"("states:DescribeMapRun","states:ListStateMachineVersions","states:ListStateMachineAliases","states:DescribeStateMachineAlias",)"
     R"("states:ListTagsForResource","states:ValidateStateMachineDefinition")"},
    {"/", "AWSStepFunctionsConsoleFullAccess",
     R"("states:*","iam:ListRoles","iam:PassRole","lambda:ListFunctions")"},
    {"/", "AmazonECS_FullAccess",
     R"("application-autoscaling:*","autoscaling:*","cloudformation:CreateStack","cloudformation:DeleteStack","cloudformation:DescribeStack*",)"
     R"("cloudformation:UpdateStack","cloudwatch:DescribeAlarms","cloudwatch:GetMetricStatistics","cloudwatch:PutMetricAlarm","ec2:Describe*",)"
     R"("ec2:AuthorizeSecurityGroupIngress","ec2:CreateSecurityGroup","ec2:DeleteSecurityGroup","ecs:*","elasticloadbalancing:*",)"
     R"("events:DeleteRule","events:DescribeRule","events:ListRuleNamesByTarget","events:ListTargetsByRule","events:PutRule",)"
     R"("events:PutTargets","events:RemoveTargets","iam:ListAttachedRolePolicies","iam:ListInstanceProfiles","iam:ListRoles","iam:PassRole",)"
     R"("logs:CreateLogGroup","logs:DescribeLogGroups","logs:FilterLogEvents","servicediscovery:*")"},
    {"/", "AmazonSNSFullAccess", R"("sns:*")"},
    {"/", "AmazonSNSReadOnlyAccess", R"("sns:Check*","sns:Get*","sns:List*")"},
    {"/", "AmazonSQSFullAccess", R"("sqs:*")"},
    {"/", "AmazonSQSReadOnlyAccess",
     R"("sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListDeadLetterSourceQueues","sqs:ListQueues","sqs:ListMessageMoveTasks","sqs:ListQueueTags")"},
    {"/", "AmazonEventBridgeFullAccess", R"("events:*","schemas:*","scheduler:*","pipes:*")"},
    {"/", "AmazonEC2ContainerRegistryReadOnly",
     R"("ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy",)"
     R"("ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:ListTagsForResource")"},
    {"/", "AmazonDynamoDBFullAccess", R"("dynamodb:*")"},
    {"/", "AmazonS3FullAccess", R"("s3:*","s3-object-lambda:*")"},
    {"/", "AmazonS3ReadOnlyAccess", R"("s3:Get*","s3:List*","s3:Describe*")"},
    {"/", "AWSLambda_FullAccess",
     R"("lambda:*","iam:GetRole","iam:ListRoles","iam:PassRole","logs:DescribeLogGroups")"},
    {"/", "AWSCloudFormationFullAccess", R"("cloudformation:*")"},
    {"/", "AWSCloudFormationReadOnlyAccess",
     R"("cloudformation:Describe*","cloudformation:EstimateTemplateCost","cloudformation:Get*","cloudformation:List*","cloudformation:ValidateTemplate","cloudformation:Detect*")"},
    {"/", "CloudWatchFullAccess",
     R"("cloudwatch:*","logs:*","sns:*","iam:GetPolicy","iam:GetPolicyVersion","iam:GetRole")"},
    {"/", "CloudWatchReadOnlyAccess",
     R"("cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","logs:Get*","logs:List*","logs:Describe*","logs:FilterLogEvents","sns:Get*","sns:List*")"},
    {"/", "CloudWatchLogsFullAccess", R"("logs:*","cloudwatch:GenerateQuery")"},
    {"/", "CloudWatchLogsReadOnlyAccess",
     R"("logs:Describe*","logs:Get*","logs:List*","logs:StartQuery","logs:StopQuery","logs:TestMetricFilter","logs:FilterLogEvents")"},
    {"/", "CloudWatchEventsFullAccess", R"("events:*","iam:PassRole")"},
    {"/", "CloudWatchEventsReadOnlyAccess",
     R"("events:Describe*","events:List*","events:TestEventPattern")"},
    {"/", "AWSXrayWriteOnlyAccess",
     R"("xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries")"},
    {"/", "AWSXRayDaemonWriteAccess",
     R"("xray:PutTraceSegments","xray:PutTelemetryRecords","xray:GetSamplingRules","xray:GetSamplingTargets","xray:GetSamplingStatisticSummaries")"},
    {"/service-role/", "AmazonECSTaskExecutionRolePolicy",
     R"("ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents")"},
    {"/service-role/", "AmazonEC2ContainerServiceEventsRole",
     R"("ecs:RunTask","iam:PassRole","ecs:TagResource")"},
    {"/service-role/", "AWSLambdaBasicExecutionRole",
     R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents")"},
    {"/service-role/", "AWSLambdaSQSQueueExecutionRole",
     R"("sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents")"},
    {"/service-role/", "AWSLambdaVPCAccessExecutionRole",
     R"("logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents","ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces",)"
     R"("ec2:DescribeSubnets","ec2:DeleteNetworkInterface","ec2:AssignPrivateIpAddresses","ec2:UnassignPrivateIpAddresses")"},
    {"/service-role/", "AWSLambdaRole", R"("lambda:InvokeFunction")"},
    {"/service-role/", "CloudWatchEventsInvocationAccess", R"("kinesis:PutRecord")"},
};

// When AWS's first managed policies came: 6 February 2015.
constexpr Instant kIssued{1'423'247'280'000};

ManagedPolicy made(std::string_view path, std::string_view name, const std::string& statement) {
  ManagedPolicy out;
  out.name = name, out.path = path;
  out.arn = fmt::format("arn:aws:iam::aws:policy{}{}", path, name);
  // An id that is the same at every start.
  uint64_t seed = 14695981039346656037ULL;
  for (const char c : out.arn) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  SeededRandom random(seed);
  out.id = policy::unique_id(random, "ANPA");
  out.created = out.updated = kIssued;
  out.default_version = "v1";
  out.versions.push_back(
      {"v1", policy_text(fmt::format(R"({{"Version":"2012-10-17","Statement":[{}]}})", statement)),
       kIssued});
  return out;
}

std::vector<ManagedPolicy> make_all() {
  std::vector<ManagedPolicy> out;
  for (const Shipped& one : kShipped) {
    std::string statement =
        fmt::format(R"({{"Effect":"Allow","Action":[{}],"Resource":"*"}})", one.actions);
    if (one.name == "PowerUserAccess")
      statement =
          R"({"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"})";
    out.push_back(made(one.path, one.name, statement));
  }
  for (const LinkedRole& one : linked_roles()) {
    // What the service may do here is what the service itself offers; ECS also makes network
    // interfaces.
    const std::string_view own = one.service.substr(one.service.rfind('.') + 1);
    const std::string_view more =
        one.service == "ecs" ? R"(,"ec2:*NetworkInterface*","ec2:Describe*","logs:*")" : "";
    out.push_back(
        made("/aws-service-role/", one.policy,
             fmt::format(R"({{"Effect":"Allow","Action":["{}:*"{}],"Resource":"*"}})", own, more)));
  }
  std::ranges::sort(out, {}, &ManagedPolicy::arn);
  return out;
}
}  // namespace

std::span<const ManagedPolicy> aws_managed_policies() {
  static const std::vector<ManagedPolicy> kAll = make_all();
  return kAll;
}

const ManagedPolicy* aws_managed_policy(std::string_view arn) {
  const auto all = aws_managed_policies();
  const auto it = std::ranges::lower_bound(all, arn, {}, &ManagedPolicy::arn);
  return it != all.end() && it->arn == arn ? &*it : nullptr;
}

}  // namespace iam
