#include "protocol/models/model.h"

#include <gtest/gtest.h>

#include <set>

#include "language/json/parse.h"
#include "protocol/codec/rest.h"

namespace model {
namespace {

TEST(Model, EveryServiceLoadsAndNamesAreUnique) {
  std::set<std::string> names;
  for (const Metadata& metadata : all()) {
    EXPECT_TRUE(names.insert(metadata.signing_name).second);
    const Service* service = find(metadata.signing_name);
    ASSERT_NE(service, nullptr);
    EXPECT_FALSE(service->operations().empty());
    EXPECT_FALSE(metadata.protocols.empty()) << metadata.signing_name;
    for (const Operation& operation : service->operations())
      EXPECT_EQ(service->find(operation.name), &operation);
  }
  EXPECT_EQ(find("nosuch"), nullptr);
}

TEST(Model, KeysOfJsonAreWhatAWriterWouldMakeOfTheNames) {
  for (const Metadata& metadata : all()) {
    for (const Operation& operation : find(metadata.signing_name)->operations()) {
      for (const Shape* shape : {operation.input, operation.output}) {
        if (!shape) continue;
        for (const Member& member : shape->members) {
          std::string key = ",";
          json::write_string(member.json_name, key);
          EXPECT_EQ(member.json_key, key + ":");
        }
      }
    }
  }
}

TEST(Model, KnowsServicesByTheirNames) {
  EXPECT_EQ(find_by_target("AWSStepFunctions")->signing_name, "states");
  EXPECT_EQ(find_by_target("GraniteServiceVersion20100801")->signing_name, "monitoring");
  EXPECT_EQ(find_by_target(""), nullptr);
  EXPECT_EQ(find_metadata("logs")->sdk_id, "CloudWatch Logs");
  EXPECT_TRUE(find_metadata("monitoring")->speaks(Protocol::cbor));
  EXPECT_TRUE(find_metadata("sqs")->speaks(Protocol::query));
  EXPECT_TRUE(find_metadata("sqs")->query_compatible);
}

TEST(Model, ErrorsAreFoundByShapeAndByCode) {
  const Service& sns = *find("sns");
  EXPECT_EQ(sns.error("NotFoundException"), sns.error("NotFound"));
  EXPECT_EQ(sns.error("NotFound")->error_status, 404);
  EXPECT_EQ(find("sqs")->error("QueueDoesNotExist")->error_code,
            "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(sns.error("PublishInput"), nullptr) << "no error";
}

TEST(Model, MembersKnowTheirNamesOnTheWire) {
  const Shape& subnet = *find("ec2")->find("CreateSubnet")->input;
  const Member* specifications = subnet.find("TagSpecifications");
  ASSERT_NE(specifications, nullptr);
  EXPECT_EQ(specifications->form_name, "TagSpecification");
  const Shape& states = *find("states")->find("StartExecution")->input;
  EXPECT_TRUE(states.find("stateMachineArn")->required);
  EXPECT_FALSE(states.find("name")->required);
}

TEST(Model, RestPathsNameOperations) {
  const Service& scheduler = *find("scheduler");
  EXPECT_EQ(codec::match_request(scheduler, "GET", "/schedules", "")->name, "ListSchedules");
  EXPECT_EQ(codec::match_request(scheduler, "GET", "/schedules/", "")->name, "ListSchedules");
  EXPECT_EQ(codec::match_request(scheduler, "GET", "/schedules/a%20b", "")->name, "GetSchedule");
  EXPECT_EQ(codec::match_request(scheduler, "PATCH", "/schedules/a", ""), nullptr);
  EXPECT_EQ(codec::match_request(scheduler, "GET", "/schedules/a/b", ""), nullptr);
  const Service& s3 = *find("s3");
  EXPECT_EQ(codec::match_request(s3, "GET", "/bucket", "list-type=2&prefix=x")->name,
            "ListObjectsV2");
  EXPECT_EQ(codec::match_request(s3, "GET", "/bucket/some/key", "")->name, "GetObject");
  const auto labels = codec::match_path(*s3.find("GetObject"), "/bucket/some/key%2F1");
  ASSERT_TRUE(labels);
  EXPECT_EQ((*labels)[1].second, "some/key/1");
}

TEST(Model, DocumentsThatAreNoModelsAreRefused) {
  for (const char* text : {"{}", R"({"shapes":{},"operations":{"A":{"input":{"shape":"B"}}}})",
                           R"({"shapes":{"A":{"type":"tree"}},"operations":{}})"}) {
    EXPECT_FALSE(Service::parse(json::parse(text).value())) << text;
  }
}

}  // namespace
}  // namespace model
