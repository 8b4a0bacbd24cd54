#include "services/iam/service_linked_roles.h"

#include <algorithm>

#include "base/encoding.h"
#include "protocol/policy/principal_id.h"
#include "services/iam/errors.h"
#include "services/iam/iam.h"
#include "services/iam/shapes.h"

namespace iam {
namespace {

constexpr std::string_view kDomain = ".amazonaws.com";

// Names as AWS gives them (recorded for many, documented for the others).
constexpr LinkedRole kRoles[] = {
    {"accountdiscovery.ssm", "AmazonSSM_AccountDiscovery",
     "AWSSystemsManagerAccountDiscoveryServicePolicy"},
    {"acm", "CertificateManager", "CertificateManagerServiceRolePolicy"},
    {"apidestinations.events", "AmazonEventBridgeApiDestinations",
     "AmazonEventBridgeApiDestinationsServiceRolePolicy"},
    {"appmesh", "AppMesh", "AWSAppMeshServiceRolePolicy"},
    {"autoscaling", "AutoScaling", "AutoScalingServiceRolePolicy", true},
    {"autoscaling-plans", "AutoScalingPlans_EC2AutoScaling",
     "AWSAutoScalingPlansEC2AutoScalingPolicy"},
    {"backup", "Backup", "AWSBackupServiceLinkedRolePolicyForBackup"},
    {"batch", "Batch", "BatchServiceRolePolicy"},
    {"cassandra.application-autoscaling", "ApplicationAutoScaling_CassandraTable",
     "AWSApplicationAutoscalingCassandraTablePolicy"},
    {"cks.kms", "KeyManagementServiceCustomKeyStores",
     "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"},
    {"cloudtrail", "CloudTrail", "CloudTrailServiceRolePolicy"},
    {"codestar-notifications", "CodeStarNotifications",
     "AWSCodeStarNotificationsServiceRolePolicy"},
    {"config", "Config", "AWSConfigServiceRolePolicy"},
    {"connect", "AmazonConnect", "AmazonConnectServiceLinkedRolePolicy", true},
    {"dms", "DMSServerless", "AWSDMSServerlessServiceRolePolicy"},
    {"dms-fleet-advisor", "DMSFleetAdvisor", "AWSDMSFleetAdvisorServiceRolePolicy"},
    {"docdb-elastic", "DocDB-Elastic", "AmazonDocDB-ElasticServiceRolePolicy"},
    {"dynamodb.application-autoscaling", "ApplicationAutoScaling_DynamoDBTable",
     "AWSApplicationAutoscalingDynamoDBTablePolicy"},
    {"ec2-instance-connect", "Ec2InstanceConnect", "Ec2InstanceConnectEndpoint"},
    {"ec2.application-autoscaling", "ApplicationAutoScaling_EC2SpotFleetRequest",
     "AWSApplicationAutoscalingEC2SpotFleetRequestPolicy"},
    {"ecr", "ECRTemplate", "ECRTemplateServiceRolePolicy"},
    {"ecs", "ECS", "AmazonECSServiceRolePolicy"},
    {"ecs.application-autoscaling", "ApplicationAutoScaling_ECSService",
     "AWSApplicationAutoscalingECSServicePolicy"},
    {"eks", "AmazonEKS", "AmazonEKSServiceRolePolicy"},
    {"eks-connector", "AmazonEKSConnector", "AmazonEKSConnectorServiceRolePolicy"},
    {"eks-fargate", "AmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy"},
    {"eks-nodegroup", "AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"},
    {"elasticache", "ElastiCache", "ElastiCacheServiceRolePolicy"},
    {"elasticbeanstalk", "ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"},
    {"elasticfilesystem", "AmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"},
    {"elasticloadbalancing", "ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"},
    {"elasticmapreduce", "EMRCleanup", "AmazonEMRCleanupPolicy"},
    {"email.cognito-idp", "AmazonCognitoIdpEmailService", "AmazonCognitoIdpEmailServiceRolePolicy"},
    {"emr-containers", "AmazonEMRContainers", "AmazonEMRContainersServiceRolePolicy"},
    {"emrwal", "EMRWAL", "EMRDescribeClusterPolicyForEMRWAL"},
    {"es", "AmazonElasticsearchService", "AmazonElasticsearchServiceRolePolicy"},
    {"events", "CloudWatchEvents", "CloudWatchEventsServiceRolePolicy"},
    {"fis", "FIS", "AmazonFISServiceRolePolicy"},
    {"grafana", "AmazonGrafana", "AmazonGrafanaServiceLinkedRolePolicy"},
    {"imagebuilder", "ImageBuilder", "AWSServiceRoleForImageBuilder"},
    {"iotmanagedintegrations", "IoTManagedIntegrations", "AWSIoTManagedIntegrationsRolePolicy"},
    {"kafka", "Kafka", "KafkaServiceRolePolicy"},
    {"kafkaconnect", "KafkaConnect", "KafkaConnectServiceRolePolicy"},
    {"lakeformation", "LakeFormationDataAccess", "LakeFormationDataAccessServiceRolePolicy"},
    {"lambda.application-autoscaling", "ApplicationAutoScaling_LambdaConcurrency",
     "AWSApplicationAutoscalingLambdaConcurrencyPolicy"},
    {"lex", "LexBots", "AmazonLexBotPolicy"},
    {"lexv2", "LexV2Bots", "AmazonLexV2BotPolicy", true},
    {"lightsail", "Lightsail", "LightsailExportAccess"},
    {"m2", "AWSM2", "AWSM2ServicePolicy"},
    {"memorydb", "MemoryDB", "MemoryDBServiceRolePolicy"},
    {"mq", "AmazonMQ", "AmazonMQServiceRolePolicy"},
    {"mrk.kms", "KeyManagementServiceMultiRegionKeys",
     "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"},
    {"notifications", "AwsUserNotifications", "AWSUserNotificationsServiceLinkedRolePolicy"},
    {"observability.aoss", "AmazonOpenSearchServerless",
     "AmazonOpenSearchServerlessServiceRolePolicy"},
    {"opensearchservice", "AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"},
    {"ops.apigateway", "APIGateway", "APIGatewayServiceRolePolicy"},
    {"ops.emr-serverless", "AmazonEMRServerless", "AmazonEMRServerlessServiceRolePolicy"},
    {"opsdatasync.ssm", "SystemsManagerOpsDataSync",
     "AWSSystemsManagerOpsDataSyncServiceRolePolicy"},
    {"opsinsights.ssm", "AmazonSSM_OpsInsights", "AWSSSMOpsInsightsServiceRolePolicy"},
    {"organizations", "Organizations", "AWSOrganizationsServiceTrustPolicy"},
    {"pullthroughcache.ecr", "ECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy"},
    {"ram", "ResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy"},
    {"rds", "RDS", "AmazonRDSServiceRolePolicy", false,
     "Allows Amazon RDS to manage AWS resources on your behalf"},
    {"rds.application-autoscaling", "ApplicationAutoScaling_RDSCluster",
     "AWSApplicationAutoscalingRDSClusterPolicy"},
    {"redshift", "Redshift", "AmazonRedshiftServiceLinkedRolePolicy"},
    {"replication.cassandra", "KeyspacesReplication", "KeyspacesReplicationServiceRolePolicy"},
    {"replication.ecr", "ECRReplication", "ECRReplicationServiceRolePolicy"},
    {"repository.sync.codeconnections", "GitSync", "AWSGitSyncServiceRolePolicy"},
    {"resource-explorer-2", "ResourceExplorer", "AWSResourceExplorerServiceRolePolicy"},
    {"rolesanywhere", "RolesAnywhere", "AWSRolesAnywhereServicePolicy"},
    {"s3-outposts", "S3OnOutposts", "AWSS3OnOutpostsServiceRolePolicy"},
    {"ses", "AmazonSES", "AmazonSESServiceRolePolicy"},
    {"shield", "AWSShield", "AWSShieldServiceRolePolicy"},
    {"spot", "EC2Spot", "AWSEC2SpotServiceRolePolicy"},
    {"spotfleet", "EC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy"},
    {"ssm", "AmazonSSM", "AmazonSSMServiceRolePolicy", false,
     "Provides access to AWS Resources managed or used by Amazon SSM."},
    {"ssm-incidents", "IncidentManager", "AWSIncidentManagerServiceRolePolicy"},
    {"ssm-quicksetup", "SSMQuickSetup", "SSMQuickSetupRolePolicy"},
    {"sso", "SSO", "AWSSSOServiceRolePolicy"},
    {"vpcorigin.cloudfront", "CloudFrontVPCOrigin", "AWSCloudFrontVPCOriginServiceRolePolicy"},
    {"waf", "WAFLogging", "WAFLoggingServiceRolePolicy"},
    {"wafv2", "WAFV2Logging", "WAFV2LoggingServiceRolePolicy"},
};

constexpr size_t kTasksKept = 100;
}  // namespace

std::span<const LinkedRole> linked_roles() { return kRoles; }

const LinkedRole* linked_role(std::string_view service) {
  if (!service.ends_with(kDomain)) return nullptr;
  service.remove_suffix(kDomain.size());
  const auto* found = std::ranges::find(kRoles, service, &LinkedRole::service);
  return found == std::end(kRoles) ? nullptr : found;
}

Iam::Answer Iam::create_service_linked_role(const Call& call) {
  const std::string service(call.params.text("AWSServiceName"));
  const std::string_view suffix = call.params.text("CustomSuffix");
  const LinkedRole* known = linked_role(service);
  if (!known)
    return invalid_input(fmt::format("Cannot find Service Linked Role template for {}", service));
  if (!suffix.empty() && !known->suffix_allowed)
    return invalid_input(fmt::format("Custom suffix is not allowed for {}", service));
  Identity role;
  role.name =
      fmt::format("AWSServiceRoleFor{}{}{}", known->role, suffix.empty() ? "" : "_", suffix);
  if (roles_.find({call.account, ""}, folded(role.name))) {
    return invalid_input(fmt::format(
        "Service role name {} has been taken in this account, please try a different suffix.",
        role.name));
  }
  role.path = fmt::format("/aws-service-role/{}/", service);
  role.id = policy::unique_id(kit_.random, "AROA");
  role.arn = arn(call, "role" + role.path + role.name);
  role.created = now();
  role.description = call.params.text("Description", known->description);
  role.linked_service = service;
  role.trust = policy_text(fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{}"}},"Action":"sts:AssumeRole"}}]}})",
      service));
  role.attached.push_back(
      fmt::format("arn:{}:iam::aws:policy/aws-service-role/{}", call.partition, known->policy));
  const Value shown = role_value(role, true).without("RoleLastUsed").without("MaxSessionDuration");
  save(call, Kind::role, std::move(role));
  return json::object({{"Role", shown}});
}

// Nothing here keeps such a role busy, so it is gone at once; the task only tells so.
Iam::Answer Iam::delete_service_linked_role(const Call& call) {
  const Identity& role = *TRY(identity(call, Kind::role));
  if (role.linked_service.empty()) return no_such_identity(Kind::role, role.name);
  const services::Scope scope{call.account, ""};
  const std::string task = fmt::format("task{}{}/{}", role.path, role.name, kit_.random.uuid());
  const Account* had = accounts_.find(scope, "");
  Account account = had ? *had : Account{};
  account.deletion_tasks.push_back(task);
  if (account.deletion_tasks.size() > kTasksKept)
    account.deletion_tasks.erase(account.deletion_tasks.begin());
  store::Batch batch;
  roles_.erase(scope, folded(role.name), batch);
  accounts_.put(scope, "", std::move(account), batch);
  kit_.store.commit(std::move(batch));
  return json::object({{"DeletionTaskId", task}});
}

Iam::Answer Iam::get_service_linked_role_deletion_status(const Call& call) {
  const Account* account = accounts_.find({call.account, ""}, "");
  const std::string_view task = call.params.text("DeletionTaskId");
  if (!account ||
      std::ranges::find(account->deletion_tasks, task) == account->deletion_tasks.end()) {
    return no_such_entity(fmt::format("Task with id {} cannot be found.", task));
  }
  return json::object({{"Status", "SUCCEEDED"}});
}

}  // namespace iam
