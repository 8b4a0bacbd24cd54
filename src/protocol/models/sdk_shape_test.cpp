#include "protocol/models/sdk_shape.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "language/json/parse.h"
#include "protocol/codec/response_metadata.h"

namespace model {
namespace {

const Operation& operation(std::string_view service, std::string_view name) {
  return *find(service)->find(name);
}
json::Value parsed(std::string_view text) { return json::parse(text).value(); }

TEST(SdkShape, NamesAreJavas) {
  EXPECT_EQ(java_name("awsvpcConfiguration", Naming::capitalised), "AwsvpcConfiguration");
  EXPECT_EQ(java_name("MD5OfMessageBody", Naming::capitalised), "MD5OfMessageBody");
  EXPECT_EQ(java_name("MD5OfBody", Naming::sdk), "Md5OfBody");
  EXPECT_EQ(java_name("ETag", Naming::sdk), "ETag");
  EXPECT_EQ(java_name("ChecksumCRC32", Naming::sdk), "ChecksumCRC32");
  EXPECT_EQ(java_name("SSEKMSKeyId", Naming::sdk), "SsekmsKeyId");
  EXPECT_EQ(java_name("DBInstanceIdentifier", Naming::sdk), "DbInstanceIdentifier");
}

TEST(SdkShape, ParamsTakeTheServicesNamesAllTheWayDown) {
  const auto made =
      to_service_params(operation("ecs", "RunTask"),
                        parsed(R"({"TaskDefinition":"t","LaunchType":"FARGATE","Count":"2",
      "NetworkConfiguration":{"AwsvpcConfiguration":{"Subnets":["s"],"AssignPublicIp":"ENABLED"}},
      "Overrides":{"ContainerOverrides":[{"Name":"c","Environment":[{"Name":"N","Value":5}]}]}})"));
  EXPECT_TRUE(made.unknown.empty() && made.missing.empty() && made.misshapen.empty());
  EXPECT_EQ(
      json::write(made.params),
      R"({"taskDefinition":"t","launchType":"FARGATE","count":2,"networkConfiguration":{"awsvpcConfiguration":{"subnets":["s"],"assignPublicIp":"ENABLED"}},"overrides":{"containerOverrides":[{"name":"c","environment":[{"name":"N","value":"5"}]}]}})");
}

TEST(SdkShape, KeysOfMapsAreUsersData) {
  const auto made =
      to_service_params(operation("sns", "Publish"), parsed(R"({"TopicArn":"t","Message":{"a":[1]},
      "MessageAttributes":{"my_key":{"DataType":"Binary","BinaryValue":"hi"}}})"));
  EXPECT_TRUE(made.unknown.empty() && made.missing.empty() && made.misshapen.empty());
  EXPECT_EQ(made.params.text("Message"), R"({"a":[1]})");
  EXPECT_EQ(made.params["MessageAttributes"]["my_key"].text("BinaryValue"), base64_encode("hi"));
}

TEST(SdkShape, UnknownMissingAndMisshapenFieldsAreTold) {
  const auto made = to_service_params(
      operation("ecs", "RunTask"),
      parsed(
          R"({"Clusters":"c","Overrides":{"ContainerOverride":[]},"NetworkConfiguration":"x","Count":{}})"));
  EXPECT_EQ(made.unknown, (std::vector<std::string>{"Clusters", "ContainerOverride"}));
  EXPECT_EQ(made.missing, (std::vector<std::string>{"TaskDefinition"}));
  EXPECT_EQ(made.misshapen, (std::vector<std::string>{"NetworkConfiguration", "Count"}));
}

TEST(SdkShape, NullIsTheServicesToRefuse) {
  const auto made = to_service_params("sqs", "SendMessage", parsed(R"({"QueueUrl":"q","MessageBody":null})"));
  ASSERT_TRUE(made);
  EXPECT_EQ(json::write(*made), R"({"QueueUrl":"q"})");
}

TEST(SdkShape, AStreamedBodyIsItsJsonText) {
  const auto body = [](std::string_view value) {
    const auto made = to_service_params("s3", "PutObject", json::object({{"Bucket", "b"}, {"Key", "k"}, {"Body", parsed(value)}}));
    return made ? base64_decode(made->text("Body")).value_or("") : "refused";
  };
  EXPECT_EQ(body(R"("text")"), R"("text")");
  EXPECT_EQ(body("[1, 2]"), "[1,2]");
  EXPECT_EQ(body("0"), "0");
}

TEST(SdkShape, FaultsAreWordedAsStepFunctionsDoes) {
  const auto made = to_service_params("ecs", "RunTask", parsed(R"({"Clusters":"c","Count":{}})"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message,
            "The field 'Clusters' is not supported by Step Functions, The field \"TaskDefinition\" "
            "is required but was missing, "
            "The value of the field 'Count' has an invalid format");
  EXPECT_EQ(json::write(*to_service_params("nosuch", "Thing", parsed(R"({"A":1})"))), R"({"A":1})");
}

TEST(SdkShape, MetadataStandsAmongTheMembers) {
  const json::Value output =
      with_sdk_metadata("sns", "Publish", json::object({{"MessageId", "m"}}),
                        json::object({{"MessageId", "m"}, {"Topic", 1}}), "id", {1700000000000});
  ASSERT_EQ(output.size(), 4u);
  EXPECT_EQ(output.members()[1].name, "SdkHttpMetadata");
  EXPECT_EQ(output.members()[2].name, "SdkResponseMetadata");
  EXPECT_EQ(
      json::write(output["SdkHttpMetadata"]["HttpHeaders"]),
      R"({"connection":"keep-alive","Content-Length":"225","Content-Type":"text/xml","Date":"Tue, 14 Nov 2023 22:13:20 GMT","x-amzn-RequestId":"id"})");
  EXPECT_EQ(
      json::write(output["SdkHttpMetadata"]["AllHttpHeaders"]),
      R"({"x-amzn-RequestId":["id"],"connection":["keep-alive"],"Content-Length":["225"],"Date":["Tue, 14 Nov 2023 22:13:20 GMT"],"Content-Type":["text/xml"]})");
}

TEST(SdkShape, ResultsComeInJavasNamesAndAlphabetically) {
  const json::Value result = parsed(
      R"({"tasks":[{"taskArn":"t","createdAt":1680596446.117,"containers":[{"name":"c","image":"i"}],"overrides":{}}],"failures":[]})");
  EXPECT_EQ(
      json::write(to_pascal_result(operation("ecs", "RunTask"), result,
                                   {Times::epoch_milliseconds, Naming::capitalised, true})),
      R"({"Failures":[],"Tasks":[{"Attachments":[],"Attributes":[],"Containers":[{"GpuIds":[],"Image":"i","ManagedAgents":[],"Name":"c","NetworkBindings":[],"NetworkInterfaces":[]}],"CreatedAt":1680596446117,"InferenceAccelerators":[],"Overrides":{"ContainerOverrides":[],"InferenceAcceleratorOverrides":[]},"Tags":[],"TaskArn":"t"}]})");
  EXPECT_EQ(
      json::write(to_pascal_result(operation("states", "StartExecution"),
                                   parsed(R"({"startDate":1700000000.5,"executionArn":"e"})"), {})),
      R"({"ExecutionArn":"e","StartDate":"2023-11-14T22:13:20.500Z"})");
  EXPECT_EQ(json::write(to_pascal_result(
                operation("s3", "GetObject"),
                json::object({{"Body", base64_encode("text")}, {"ETag", "x"}}), {})),
            R"({"ETag":"x","Metadata":{},"Body":"text"})");
}

TEST(SdkShape, ServicesAndOperationsAreFoundByJavasNames) {
  EXPECT_EQ(find_sdk_service("cloudwatchlogs")->signing_name(), "logs");
  EXPECT_EQ(find_sdk_service("sfn")->signing_name(), "states");
  EXPECT_EQ(find_sdk_service("eventbridge")->signing_name(), "events");
  EXPECT_EQ(find_sdk_service("nosuch"), nullptr);
  EXPECT_EQ(find_sdk_operation(*find("s3"), "listObjectsV2")->name, "ListObjectsV2");
  EXPECT_EQ(find_sdk_operation(*find("s3"), "ListObjectsV2"), nullptr);
}

TEST(SdkShape, ErrorsAreNamedAfterJavasExceptions) {
  EXPECT_EQ(sdk_error_name(*find("states"), "InvalidToken"), "Sfn.InvalidTokenException");
  EXPECT_EQ(sdk_error_name(*find("dynamodb"), "ValidationException"), "DynamoDb.DynamoDbException");
  EXPECT_EQ(sdk_error_name(*find("s3"), "NoSuchBucket"), "S3.NoSuchBucketException");
  EXPECT_EQ(sdk_error_name(*find("sns"), "NotFound"), "Sns.NotFoundException");
  EXPECT_EQ(sdk_error_prefix(*find_metadata("logs")), "CloudWatchLogs");
  EXPECT_EQ(sdk_error_prefix(*find_metadata("dynamodb")), "DynamoDb");
  EXPECT_EQ(sdk_error_prefix(*find_metadata("secretsmanager")), "SecretsManager");
  EXPECT_EQ(sdk_error_prefix(*find_metadata("ec2")), "Ec2");
}

TEST(ResponseMetadata, HasAwssHeadersAndLength) {
  const std::string id = "0e1f2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b";
  const auto sns = codec::response_metadata("sns", "Publish", json::object({{"MessageId", id}}), id,
                                            {1700000000000});
  ASSERT_EQ(sns.headers.size(), 5u);
  EXPECT_EQ(sns.headers[2].value, "294");  // recorded
  EXPECT_EQ(sns.headers[3].value, "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(sns.headers[4].value, "text/xml");
  const auto sqs = codec::response_metadata(
      "sqs", "SendMessage",
      json::object({{"MD5OfMessageBody", std::string(32, 'a')}, {"MessageId", id}}), id, {0});
  EXPECT_EQ(sqs.headers[2].value, "106");  // recorded
  // Recorded for an ARN of 113 letters and a time with three digits of milliseconds.
  const auto states = codec::response_metadata(
      "states", "StartExecution",
      json::object({{"executionArn", std::string(113, 'a')}, {"startDate", 1700000000.123}}), id,
      {0});
  EXPECT_EQ(states.headers[2].value, "161");
  EXPECT_EQ(states.headers[4].value, "application/x-amz-json-1.0");
}

}  // namespace
}  // namespace model
