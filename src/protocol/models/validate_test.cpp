#include "protocol/models/validate.h"

#include <gtest/gtest.h>

#include "language/json/parse.h"
#include "protocol/codec/json_shape.h"
#include "protocol/conformance_data.h"
#include "protocol/models/model.h"
#include "protocol/models/pattern.h"

namespace model {
namespace {

Status check(std::string_view service, std::string_view operation, std::string_view params) {
  static const auto validator = make_validator();
  protocol::Call call;
  call.service = service;
  call.operation = operation;
  call.params = json::parse(params).value();
  return validator(call);
}

std::string fault(std::string_view service, std::string_view operation, std::string_view params) {
  const Status status = check(service, operation, params);
  return status ? "none" : status.error().code + ": " + status.error().message;
}

TEST(Validate, RangesLengthsAndEnumsAreToldInAwssWords) {
  EXPECT_EQ(fault("states", "ListStateMachines", R"({"maxResults":1001})"),
            "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed "
            "to satisfy constraint: "
            "Member must have value less than or equal to 1000");
  EXPECT_EQ(fault("states", "DescribeExecution", R"({"executionArn":""})"),
            "ValidationException: 1 validation error detected: Value '' at 'executionArn' failed "
            "to satisfy constraint: "
            "Member must have length greater than or equal to 1");
  EXPECT_EQ(fault("logs", "CreateLogGroup", R"({"logGroupName":")" + std::string(513, 'a') + "\"}"),
            "InvalidParameterException: Invalid LogGroup or LogStream, both must have length less "
            "than or equal to 512.");
  EXPECT_EQ(
      fault("states", "ListExecutions", R"({"stateMachineArn":"a","statusFilter":"nope"})"),
      "ValidationException: 1 validation error detected: Value 'nope' at 'statusFilter' failed to "
      "satisfy constraint: Member must "
      "satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]");
  EXPECT_TRUE(check("states", "ListStateMachines", R"({"maxResults":0})"));
}

TEST(Validate, MissingMembersAreNull) {
  EXPECT_EQ(fault("states", "DescribeExecution", "{}"),
            "ValidationException: 1 validation error detected: Value null at 'executionArn' failed "
            "to satisfy constraint: Member must not be null");
  EXPECT_EQ(fault("states", "CreateStateMachine", R"({"definition":"{}"})").substr(0, 71),
            "ValidationException: 2 validation errors detected: Value null at 'name'");
  EXPECT_EQ(fault("iam", "CreateRole", R"({"RoleName":"r"})"),
            "ValidationError: 1 validation error detected: Value null at "
            "'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null");
}

TEST(Validate, ServicesWordMissingMembersTheirWay) {
  EXPECT_EQ(fault("sqs", "SendMessage", R"({"QueueUrl":"u"})"),
            "MissingParameter: The request must contain the parameter MessageBody.");
  EXPECT_EQ(fault("ec2", "CreateSubnet", "{}"),
            "MissingParameter: The request must contain the parameter VpcId.");
  EXPECT_EQ(fault("ecs", "RunTask", "{}"),
            "InvalidParameterException: TaskDefinition can not be blank.");
  EXPECT_EQ(fault("sns", "Publish", "{}"),
            "ValidationError: 1 validation error detected: Value null at 'message' failed to "
            "satisfy constraint: Member must not be null");
  EXPECT_EQ(fault("monitoring", "PutMetricData", R"({"Namespace":"n","MetricData":[{}]})"),
            "MissingParameter: The parameter MetricData.member.1.MetricName is required.");
  EXPECT_TRUE(check("sns", "Publish", R"({"Message":""})"));  // its own check
}

TEST(Validate, NestedMembersAreNamedByTheirWay) {
  EXPECT_EQ(
      fault("events", "PutTargets",
            R"({"Rule":"r","Targets":[{"Id":"ok","Arn":"a"},{"Id":"not this one!","Arn":"a"}]})"),
      "ValidationException: 1 validation error detected: Value 'not this one!' at "
      "'targets.2.member.id' failed to satisfy constraint: "
      "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+");
  EXPECT_EQ(
      fault(
          "states", "CreateStateMachineAlias",
          R"({"name":"a b","routingConfiguration":[{"stateMachineVersionArn":"x","weight":101}]})"),
      "ValidationException: 1 validation error detected: Value '101' at "
      "'routingConfiguration.1.member.weight' failed to satisfy "
      "constraint: Member must have value less than or equal to 100");
}

TEST(Validate, SeveralFaultsComeInOneMessage) {
  const std::string long_name(70, '!');
  EXPECT_EQ(
      fault("events", "CreateConnection",
            R"({"Name":")" + long_name + R"(","AuthorizationType":"NONE","AuthParameters":{}})"),
      "ValidationException: 3 validation errors detected: Value '" + long_name +
          "' at 'name' failed to satisfy constraint: Member must "
          "satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+; Value '" +
          long_name +
          "' at 'name' failed to satisfy constraint: Member "
          "must have length less than or equal to 64; Value 'NONE' at 'authorizationType' failed "
          "to satisfy constraint: Member must satisfy "
          "enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]");
}

TEST(Validate, SecretsAreNotShown) {
  EXPECT_EQ(
      fault("iam", "UpdateServiceSpecificCredential",
            R"({"ServiceSpecificCredentialId":"has-a-hyphen-and-is-long","Status":"Active"})"),
      "ValidationError: 1 validation error detected: Value at 'serviceSpecificCredentialId' failed "
      "to satisfy constraint: "
      "Member must satisfy regular expression pattern: [\\w]+");
}

TEST(Validate, WhatOperationsCheckThemselvesIsLeftToThem) {
  EXPECT_TRUE(check("states", "CreateActivity", R"({"name":"}"})"));
  EXPECT_TRUE(check("states", "CreateStateMachine", R"({"name":"","definition":"","roleArn":""})"));
}

TEST(Validate, WrongTypesFromInsideAreRefused) {
  EXPECT_EQ(fault("states", "StartExecution", R"({"stateMachineArn":5})"),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(fault("events", "PutEvents", R"({"Entries":{}})"),
            "SerializationException: Start of structure or map found where not expected.");
}

TEST(Pattern, EveryPatternOfTheModelsCompiles) {
  for (const Metadata& metadata : all()) {
    const Service* service = find(metadata.signing_name);
    for (const Operation& operation : service->operations()) {
      if (!operation.input) continue;
      for (const Member& member : operation.input->members) {
        if (!member.shape->pattern.empty())
          EXPECT_TRUE(Pattern(member.shape->pattern).valid()) << member.shape->pattern;
      }
    }
  }
}

TEST(Pattern, JavasNotationIsUnderstood) {
  EXPECT_TRUE(Pattern("[\\u0020-\\u00FF]+").matches("caf\u00e9"));
  EXPECT_FALSE(Pattern("[\\u0020-\\u00FF]+").matches("\u4e2d"));
  EXPECT_TRUE(Pattern("\\p{ASCII}*").matches("plain"));
  EXPECT_FALSE(Pattern("\\p{ASCII}*").matches("caf\u00e9"));
  EXPECT_FALSE(Pattern("[\\w]+").matches("a-b"));
  EXPECT_FALSE(Pattern("(a+)+b").matches(std::string(200, 'a'))) << "gives up";
}

// Calls that AWS took, or refused for another reason, must pass; calls that it refused so must be
// refused so.
class RecordedCalls : public testing::Test {
 protected:
  static std::string_view signing_name(std::string_view boto) {
    if (boto == "stepfunctions") return "states";
    if (boto == "cloudwatch") return "monitoring";
    return boto;
  }

  // Texts that refer to earlier answers stand for something that fits.
  static json::Value plain(const json::Value& value, bool& refers) {
    if (value.is_string() && value.as_string().find("{{") != std::string_view::npos) refers = true;
    if (value.is_array()) {
      std::vector<json::Value> out;
      for (const json::Value& item : value.items()) out.push_back(plain(item, refers));
      return json::Value::array(std::move(out));
    }
    if (!value.is_object()) return value;
    if (value.find("$json")) return json::write(value["$json"]);
    if (value.find("$base64")) return value["$base64"];
    if (value.find("$repeat"))
      return std::string(static_cast<size_t>(value["length"].as_int64().value_or(1)), 'a');
    json::ObjectBuilder out;
    for (const json::Member& member : value.members())
      out.add(member.name, plain(member.value, refers));
    return out.build();
  }

  void check_case(const json::Value& document) {
    for (const json::Value& call : document["calls"].items()) {
      bool refers = false;
      const json::Value params = plain(call["params"], refers);
      const Service* service = find(signing_name(call.text("service")));
      if (!service || refers) continue;
      const Operation* operation = service->find(call.text("operation"));
      if (!operation || !operation->input) continue;
      const auto read = codec::read_json_structure(*operation->input, params);  // times
      if (!read)
        continue;  // bodies that are no base64, times without a zone: what the SDK had yet to
                   // serialize
      const std::string said = fault(service->signing_name(), operation->name, json::write(*read));
      std::string recorded;
      if (call["matched"].is_array()) {
        for (const json::Value& key : call["matched"].items())
          recorded += json::write(document["expected"][key.as_string()]);
      }
      const bool expected = recorded.find("detected: Value") != std::string::npos;
      if (said != "none") ++refused;
      ++checked;
      if (said == "none" && !expected) continue;
      // Long values are recorded as placeholders: what stands behind them is compared.
      std::string message;
      const size_t behind =
          said.find(recorded.find("_chars>'") == std::string::npos ? ": " : "' at '");
      json::write_string(said.substr(behind + 2), message);
      if (recorded.empty() && call["expects_error"].is_bool())
        continue;  // refused, the words are not recorded
      EXPECT_NE(recorded.find(message.substr(1, message.size() - 2)), std::string::npos)
          << service->signing_name() << " " << operation->name << " "
          << json::write(params).substr(0, 300) << "\n"
          << said.substr(0, 500) << "\nrecorded " << recorded.substr(0, 500);
    }
  }
  size_t checked = 0, refused = 0;
};

TEST_F(RecordedCalls, AreJudgedAsAwsJudgedThem) {
  const auto folder = protocol::shared_folder();
  if (!folder) GTEST_SKIP() << "the conformance cases are not here";
  for (const char* part : {"recorded", "sfn"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(*folder / "conformance" / part)) {
      if (entry.path().extension() != ".json" || entry.path().filename() == "index.json") continue;
      std::ifstream in(entry.path());
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      const auto document = json::parse(text);
      ASSERT_TRUE(document);
      SCOPED_TRACE(entry.path().filename().string());
      check_case(*document);
    }
  }
  RecordProperty("checked", static_cast<int>(checked));
  RecordProperty("refused", static_cast<int>(refused));
}

}  // namespace
}  // namespace model
