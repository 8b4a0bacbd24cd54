#include "services/iam/iam.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "services/iam/aws_managed.h"
#include "services/test_world.h"

namespace {

using json::Value;
using protocol::Principal;

const std::string kTrust =
    R"({\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"states.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]})";
const std::string kPolicy =
    R"({\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sns:Publish\",\"Resource\":\"*\"}]})";

struct Iam : ::testing::Test {
  Iam() { iam.load(); }
  services::TestWorld world;
  iam::Iam iam{world.kit, auth::Mode::audit};

  Value good(std::string_view operation, const std::string& params) {
    const auto answer = world.call("iam", operation, params);
    EXPECT_TRUE(answer) << operation << ": " << (answer ? "" : answer.error().message);
    return answer.value_or(Value());
  }
  std::string bad(std::string_view operation, const std::string& params) {
    const auto answer = world.call("iam", operation, params);
    return answer ? "no error" : answer.error().code + ": " + answer.error().message;
  }
  Value make_role(const std::string& name, const std::string& more = "") {
    return good("CreateRole", R"({"RoleName":")" + name + R"(","AssumeRolePolicyDocument":")" +
                                  kTrust + "\"" + more + "}")["Role"];
  }
  std::string make_policy(const std::string& name) {
    return std::string(
        good("CreatePolicy",
             R"({"PolicyName":")" + name + R"(","PolicyDocument":")" + kPolicy + "\"}")["Policy"]
            .text("Arn"));
  }
};

TEST_F(Iam, ARoleIsWhatItWasMadeOf) {
  const Value made =
      make_role("worker", R"(,"Path":"/team/","Description":"d","Tags":[{"Key":"k","Value":"v"}])");
  EXPECT_EQ(made.text("Arn"), "arn:aws:iam::000000000000:role/team/worker");
  EXPECT_EQ(made.text("RoleId").size(), 21u);
  EXPECT_TRUE(made.text("RoleId").starts_with("AROA"));
  EXPECT_EQ(*percent_decode(made.text("AssumeRolePolicyDocument")),
            json::parse("\"" + kTrust + "\"")->as_string());
  EXPECT_FALSE(made.find("MaxSessionDuration"));
  const Value shown = good("GetRole", R"({"RoleName":"WORKER"})")["Role"];
  EXPECT_EQ(shown["MaxSessionDuration"], Value(3600));
  EXPECT_EQ(shown["RoleLastUsed"], Value::object());
  EXPECT_EQ(shown["Tags"], json::array({json::object({{"Key", "k"}, {"Value", "v"}})}));
  EXPECT_EQ(
      bad("CreateRole", R"({"RoleName":"Worker","AssumeRolePolicyDocument":")" + kTrust + "\"}"),
      "EntityAlreadyExistsException: Role with name Worker already exists.");
  EXPECT_EQ(bad("GetRole", R"({"RoleName":"other"})"),
            "NoSuchEntityException: The role with name other cannot be found.");
  EXPECT_EQ(bad("CreateRole", R"({"RoleName":"x","AssumeRolePolicyDocument":"{"})"),
            "MalformedPolicyDocumentException: This policy contains invalid Json");
}

TEST_F(Iam, EverythingIsThereAfterARestart) {
  make_role(
      "worker",
      R"(,"MaxSessionDuration":7200,"PermissionsBoundary":"arn:aws:iam::aws:policy/ReadOnlyAccess")");
  const std::string arn = make_policy("p");
  good("PutRolePolicy",
       R"({"RoleName":"worker","PolicyName":"own","PolicyDocument":")" + kPolicy + "\"}");
  good("AttachRolePolicy", R"({"RoleName":"worker","PolicyArn":")" + arn + "\"}");
  good("CreateUser", R"({"UserName":"ann"})");
  good("CreateGroup", R"({"GroupName":"g"})");
  good("AddUserToGroup", R"({"UserName":"ann","GroupName":"g"})");
  const std::string key(
      good("CreateAccessKey", R"({"UserName":"ann"})")["AccessKey"].text("AccessKeyId"));
  good("CreateAccountAlias", R"({"AccountAlias":"here"})");

  protocol::Registry second(world.loop, world.random);
  services::Kit kit{world.loop,   world.store, world.random,   second,     world.http,
                    world.sealer, "",          "000000000000", "us-east-1"};
  iam::Iam again(kit, auth::Mode::enforce);
  again.load();
  const auto ask = [&](std::string_view operation, std::string_view params) {
    Result<Value> out = Value();
    second.call(second.internal(Principal::root("000000000000"), "us-east-1", "iam", operation,
                                *json::parse(params)),
                [&](Result<Value> r) { out = r; });
    return *out;
  };
  for (const char* operation : {"GetRole", "ListRolePolicies", "ListAttachedRolePolicies"}) {
    EXPECT_EQ(ask(operation, R"({"RoleName":"worker"})"),
              good(operation, R"({"RoleName":"worker"})"))
        << operation;
  }
  EXPECT_EQ(ask("GetGroup", R"({"GroupName":"g"})"), good("GetGroup", R"({"GroupName":"g"})"));
  EXPECT_EQ(ask("GetPolicy", R"({"PolicyArn":")" + arn + "\"}"),
            good("GetPolicy", R"({"PolicyArn":")" + arn + "\"}"));
  EXPECT_EQ(ask("ListAccountAliases", "{}")["AccountAliases"], json::array({"here"}));
  ASSERT_TRUE(again.find(key));
  EXPECT_EQ(again.find(key)->principal.arn, "arn:aws:iam::000000000000:user/ann");
}

TEST_F(Iam, WhatIsInUseIsNotDeleted) {
  const std::string arn = make_policy("p");
  make_role("worker");
  good("AttachRolePolicy", R"({"RoleName":"worker","PolicyArn":")" + arn + "\"}");
  EXPECT_EQ(bad("DeleteRole", R"({"RoleName":"worker"})"),
            "DeleteConflictException: Cannot delete entity, must detach all policies first.");
  EXPECT_EQ(bad("DeletePolicy", R"({"PolicyArn":")" + arn + "\"}"),
            "DeleteConflictException: Cannot delete a policy attached to entities.");
  good("DetachRolePolicy", R"({"RoleName":"worker","PolicyArn":")" + arn + "\"}");
  EXPECT_EQ(bad("DetachRolePolicy", R"({"RoleName":"worker","PolicyArn":")" + arn + "\"}"),
            "NoSuchEntityException: Policy " + arn + " was not found.");
  good("PutRolePolicy",
       R"({"RoleName":"worker","PolicyName":"own","PolicyDocument":")" + kPolicy + "\"}");
  EXPECT_EQ(bad("DeleteRole", R"({"RoleName":"worker"})"),
            "DeleteConflictException: Cannot delete entity, must delete policies first.");
  good("DeleteRolePolicy", R"({"RoleName":"worker","PolicyName":"own"})");
  good("CreateInstanceProfile", R"({"InstanceProfileName":"ip"})");
  good("AddRoleToInstanceProfile", R"({"InstanceProfileName":"ip","RoleName":"worker"})");
  EXPECT_EQ(bad("DeleteRole", R"({"RoleName":"worker"})"),
            "DeleteConflictException: Cannot delete entity, must remove roles from instance "
            "profile first.");
  EXPECT_EQ(
      good("ListInstanceProfilesForRole", R"({"RoleName":"worker"})")["InstanceProfiles"].size(),
      1u);
  good("RemoveRoleFromInstanceProfile", R"({"InstanceProfileName":"ip","RoleName":"worker"})");
  good("DeleteRole", R"({"RoleName":"worker"})");
  good("DeletePolicy", R"({"PolicyArn":")" + arn + "\"}");
  EXPECT_EQ(bad("DeletePolicy", R"({"PolicyArn":")" + arn + "\"}"),
            "NoSuchEntityException: Policy " + arn + " was not found.");
}

TEST_F(Iam, AttachingTakesAPolicyThatThereIs) {
  make_role("worker");
  EXPECT_EQ(
      bad("AttachRolePolicy", R"({"RoleName":"worker","PolicyArn":"a-policy-name-and-no-arn"})"),
      "ValidationError: Invalid ARN:  Could not be parsed!");
  EXPECT_EQ(bad("AttachRolePolicy",
                R"({"RoleName":"worker","PolicyArn":"arn:aws:iam::000000000000:policy/none"})"),
            "NoSuchEntityException: Policy arn:aws:iam::000000000000:policy/none does not exist or "
            "is not attachable.");
  good("AttachRolePolicy",
       R"({"RoleName":"worker","PolicyArn":"arn:aws:iam::aws:policy/service-role/AWSLambdaRole"})");
  const Value list = good("ListAttachedRolePolicies", R"({"RoleName":"worker"})");
  EXPECT_EQ(list["AttachedPolicies"][0].text("PolicyName"), "AWSLambdaRole");
  EXPECT_EQ(list["IsTruncated"], Value(false));
  EXPECT_EQ(
      good(
          "ListEntitiesForPolicy",
          R"({"PolicyArn":"arn:aws:iam::aws:policy/service-role/AWSLambdaRole"})")["PolicyRoles"][0]
          .text("RoleName"),
      "worker");
}

TEST_F(Iam, PolicyVersionsAreFiveAtMostAndOneIsInForce) {
  const std::string arn = make_policy("p");
  const std::string named = R"({"PolicyArn":")" + arn + "\"";
  for (int i = 2; i <= 5; ++i) {
    EXPECT_EQ(good("CreatePolicyVersion",
                   named + R"(,"PolicyDocument":")" + kPolicy + "\"}")["PolicyVersion"]
                  .text("VersionId"),
              "v" + std::to_string(i));
  }
  EXPECT_TRUE(bad("CreatePolicyVersion", named + R"(,"PolicyDocument":")" + kPolicy + "\"}")
                  .starts_with("LimitExceededException: A managed policy can have up to 5"));
  good("SetDefaultPolicyVersion", named + R"(,"VersionId":"v3"})");
  EXPECT_EQ(bad("DeletePolicyVersion", named + R"(,"VersionId":"v3"})"),
            "DeleteConflictException: Cannot delete the default version of a policy.");
  good("DeletePolicyVersion", named + R"(,"VersionId":"v1"})");
  EXPECT_EQ(
      bad("GetPolicyVersion", named + R"(,"VersionId":"v1"})"),
      "NoSuchEntityException: Policy " + arn + " version v1 does not exist or is not attachable.");
  EXPECT_EQ(good("CreatePolicyVersion",
                 named + R"(,"PolicyDocument":")" + kPolicy + "\"}")["PolicyVersion"]
                .text("VersionId"),
            "v6");
  EXPECT_EQ(good("ListPolicyVersions", named + "}")["Versions"][0].text("VersionId"), "v6");
  EXPECT_EQ(good("GetPolicy", named + "}")["Policy"].text("DefaultVersionId"), "v3");
  EXPECT_TRUE(bad("DeletePolicy", named + "}")
                  .starts_with("DeleteConflictException: This policy has more than one version."));
}

TEST_F(Iam, PagesFollowEachOtherAndTheirMarkersCannotBeForged) {
  for (const char* name : {"a", "b", "c"}) make_role(name);
  const Value first = good("ListRoles", R"({"MaxItems":2})");
  EXPECT_EQ(first["Roles"].size(), 2u);
  EXPECT_EQ(first["IsTruncated"], Value(true));
  const std::string marker(first.text("Marker"));
  const Value second = good("ListRoles", R"({"MaxItems":2,"Marker":")" + marker + "\"}");
  EXPECT_EQ(second["Roles"].size(), 1u);
  EXPECT_EQ(second["Roles"][0].text("RoleName"), "c");
  EXPECT_FALSE(second.find("Marker"));
  std::string forged = marker;
  forged[3] = forged[3] == 'A' ? 'B' : 'A';
  EXPECT_TRUE(bad("ListRoles", R"({"Marker":")" + forged + "\"}")
                  .starts_with("ValidationError: Invalid Marker"));
  EXPECT_TRUE(bad("ListUsers", R"({"Marker":")" + marker + "\"}")
                  .starts_with("ValidationError: Invalid Marker"));
}

TEST_F(Iam, UsersHaveTwoKeysAtMostAndAreFoundByThem) {
  good("CreateUser", R"({"UserName":"ann"})");
  const Value key = good("CreateAccessKey", R"({"UserName":"ann"})")["AccessKey"];
  good("CreateAccessKey", R"({"UserName":"ann"})");
  EXPECT_EQ(bad("CreateAccessKey", R"({"UserName":"ann"})"),
            "LimitExceededException: Cannot exceed quota for AccessKeysPerUser: 2");
  const std::string id(key.text("AccessKeyId"));
  auto found = iam.find(id);
  ASSERT_TRUE(found && found->active);
  EXPECT_EQ(found->secret_access_key, key.text("SecretAccessKey"));
  EXPECT_EQ(found->principal.type, Principal::Type::user);
  // The caller is meant where no user is named.
  EXPECT_EQ(
      (*world.call(found->principal, "iam", "GetUser", Value::object()))["User"].text("UserName"),
      "ann");
  EXPECT_EQ(
      good("GetAccessKeyLastUsed", R"({"AccessKeyId":")" + id + "\"}")["AccessKeyLastUsed"].text(
          "ServiceName"),
      "N/A");
  good("UpdateAccessKey",
       R"({"UserName":"ann","AccessKeyId":")" + id + R"(","Status":"Inactive"})");
  EXPECT_FALSE(iam.find(id)->active);
  EXPECT_EQ(bad("DeleteUser", R"({"UserName":"ann"})"),
            "DeleteConflictException: Cannot delete entity, must delete access keys first.");
  good("UpdateUser", R"({"UserName":"ann","NewUserName":"anna"})");
  EXPECT_EQ(iam.find(id)->principal.arn, "arn:aws:iam::000000000000:user/anna");
  good("DeleteAccessKey", R"({"UserName":"anna","AccessKeyId":")" + id + "\"}");
  EXPECT_FALSE(iam.find(id));
  EXPECT_EQ(good("ListAccessKeys", R"({"UserName":"anna"})")["AccessKeyMetadata"].size(), 1u);
}

TEST_F(Iam, TheRootIsKnownByTheSettingsAlone) {
  EXPECT_FALSE(iam.find("AKIAROOT"));
  iam.set_root_credentials("AKIAROOT", "secret");
  ASSERT_TRUE(iam.find("AKIAROOT"));
  EXPECT_EQ(iam.find("AKIAROOT")->principal.arn, "arn:aws:iam::000000000000:root");
}

TEST_F(Iam, TagsKeepOneValueAKeyWhateverItsCase) {
  make_role("worker");
  good("TagRole", R"({"RoleName":"worker","Tags":[{"Key":"Team","Value":"a"}]})");
  good("TagRole", R"({"RoleName":"worker","Tags":[{"Key":"team","Value":"b"}]})");
  EXPECT_EQ(good("ListRoleTags", R"({"RoleName":"worker"})")["Tags"],
            json::array({json::object({{"Key", "team"}, {"Value", "b"}})}));
  EXPECT_EQ(bad("TagRole",
                R"({"RoleName":"worker","Tags":[{"Key":"a","Value":""},{"Key":"A","Value":""}]})"),
            "InvalidInputException: Duplicate tag keys found. Please note that Tag keys are case "
            "insensitive.");
  good("UntagRole", R"({"RoleName":"worker","TagKeys":["TEAM"]})");
  EXPECT_EQ(good("ListRoleTags", R"({"RoleName":"worker"})")["Tags"].size(), 0u);
}

TEST_F(Iam, SizesAreBounded) {
  make_role("worker");
  std::string actions = "\\\"a:b\\\"";
  for (int i = 0; i < 1500; ++i) actions += ",\\\"svc:Act" + std::to_string(i) + "\\\"";
  const std::string large =
      R"({\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[)" + actions +
      R"(],\"Resource\":\"*\"}]})";
  EXPECT_EQ(bad("PutRolePolicy",
                R"({"RoleName":"worker","PolicyName":"large","PolicyDocument":")" + large + "\"}"),
            "LimitExceededException: Maximum policy size of 10240 bytes exceeded for role worker");
  EXPECT_EQ(bad("CreatePolicy", R"({"PolicyName":"large","PolicyDocument":")" + large + "\"}"),
            "LimitExceededException: Cannot exceed quota for PolicySize: 6144");
}

TEST_F(Iam, AwsPoliciesAreShippedAndNotToBeChanged) {
  EXPECT_GT(iam::aws_managed_policies().size(), 40u);
  for (const iam::ManagedPolicy& one : iam::aws_managed_policies()) {
    EXPECT_TRUE(policy::parse(one.in_force().policy.text, policy::Kind::managed)) << one.arn;
  }
  const Value admin =
      good("GetPolicyVersion",
           R"({"PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess","VersionId":"v1"})");
  EXPECT_EQ((*json::parse(*percent_decode(
                admin["PolicyVersion"].text("Document"))))["Statement"][0]["Action"],
            json::array({"*"}));
  EXPECT_TRUE(bad("DeletePolicy", R"({"PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"})")
                  .starts_with("AccessDenied"));
  EXPECT_EQ(good("ListPolicies", R"({"Scope":"Local"})")["Policies"].size(), 0u);
}

TEST_F(Iam, ServiceLinkedRolesBelongToTheirService) {
  const Value role =
      good("CreateServiceLinkedRole", R"({"AWSServiceName":"ecs.amazonaws.com"})")["Role"];
  EXPECT_EQ(
      role.text("Arn"),
      "arn:aws:iam::000000000000:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
  EXPECT_TRUE(bad("DeleteRole", R"({"RoleName":"AWSServiceRoleForECS"})")
                  .starts_with("UnmodifiableEntityException"));
  EXPECT_EQ(bad("CreateServiceLinkedRole", R"({"AWSServiceName":"ecs.amazonaws.com"})"),
            "InvalidInputException: Service role name AWSServiceRoleForECS has been taken in this "
            "account, please try a different suffix.");
  EXPECT_EQ(bad("CreateServiceLinkedRole",
                R"({"AWSServiceName":"rds.amazonaws.com","CustomSuffix":"x"})"),
            "InvalidInputException: Custom suffix is not allowed for rds.amazonaws.com");
  const Value task = good("DeleteServiceLinkedRole", R"({"RoleName":"AWSServiceRoleForECS"})");
  EXPECT_EQ(good("GetServiceLinkedRoleDeletionStatus", json::write(task)),
            json::object({{"Status", "SUCCEEDED"}}));
}

TEST_F(Iam, TheAccountIsSummedUp) {
  make_role("worker");
  make_policy("p");
  good("CreateUser", R"({"UserName":"ann"})");
  const Value map = good("GetAccountSummary", "{}")["SummaryMap"];
  EXPECT_EQ(map["Roles"], Value(1));
  EXPECT_EQ(map["Policies"], Value(1));
  const Value all = good("GetAccountAuthorizationDetails", "{}");
  EXPECT_EQ(all["RoleDetailList"].size(), 1u);
  EXPECT_EQ(all["UserDetailList"].size(), 1u);
  EXPECT_EQ(all["Policies"].size(), 1u);
  EXPECT_EQ(bad("GetAccountPasswordPolicy", "{}").substr(0, 21), "NoSuchEntityException");
  EXPECT_EQ(good("ListMFADevices", R"({"UserName":"ann"})"),
            json::object({{"MFADevices", Value::array()}, {"IsTruncated", false}}));
}

}  // namespace
