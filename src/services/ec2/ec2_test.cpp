#include "services/ec2/ec2.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/store/memory_store.h"
#include "net/http_client.h"
#include "protocol/models/validate.h"
#include "services/ec2/cidr.h"

namespace ec2 {
namespace {

using json::Value;

class NoHttp final : public net::HttpClient {
 public:
  void send(net::Request, net::SendOptions, Done done) override {
    done(fail("HttpConnection", "there is no network here"));
  }
};

// The service on a registry, called as the root of an account.
class Ec2Test : public ::testing::Test {
 protected:
  struct World {
    explicit World(store::Store& store)
        : registry(loop, random),
          kit{loop,           store,      random, registry, http, sealer, "http://127.0.0.1:4566",
              "000000000000", "us-east-1"},
          ec2(kit) {
      registry.set_validator(model::make_validator());
      ec2.load();
    }
    ManualLoop loop;
    SeededRandom random{7};
    NoHttp http;
    protocol::Sealer sealer{"key"};
    protocol::Registry registry;
    services::Kit kit;
    Ec2 ec2;
  };

  Result<Value> call(std::string_view operation, Value params,
                     std::string_view region = "us-east-1",
                     std::string_view account = "000000000000") {
    auto made = world->registry.internal(protocol::Principal::root(std::string(account)), region,
                                         "ec2", operation, std::move(params));
    std::optional<Result<Value>> answer;
    world->registry.call(made, [&](Result<Value> result) { answer = std::move(result); });
    return *answer;
  }
  Value ok(std::string_view operation, Value params, std::string_view region = "us-east-1") {
    auto answer = call(operation, std::move(params), region);
    EXPECT_TRUE(answer) << operation << ": "
                        << (answer ? "" : answer.error().code + " " + answer.error().message);
    return answer ? *answer : Value();
  }
  std::string refusal(std::string_view operation, Value params) {
    auto answer = call(operation, std::move(params));
    return answer ? "none" : answer.error().code;
  }
  std::string vpc(std::string_view cidr = "10.0.0.0/16") {
    return std::string(ok("CreateVpc", json::object({{"CidrBlock", cidr}}))["Vpc"].text("VpcId"));
  }
  std::string subnet(std::string_view vpc_id, std::string_view cidr) {
    return std::string(
        ok("CreateSubnet", json::object({{"VpcId", vpc_id}, {"CidrBlock", cidr}}))["Subnet"].text(
            "SubnetId"));
  }
  static Value filter(std::string_view name, std::string_view value) {
    return json::array({json::object({{"Name", name}, {"Values", json::array({value})}})});
  }

  store::MemoryStore store;
  std::unique_ptr<World> world = std::make_unique<World>(store);
};

TEST(Cidr, ParsesAndKeepsToTheNetwork) {
  EXPECT_EQ(Cidr::parse("10.0.3.7/16")->text(), "10.0.0.0/16");
  EXPECT_EQ(Cidr::parse("10.0.0.0/33"), std::nullopt);
  EXPECT_EQ(Cidr::parse("10.0.0/8"), std::nullopt);
  EXPECT_EQ(Cidr::parse("10.0.0.256/8"), std::nullopt);
  EXPECT_TRUE(Cidr::parse("10.0.0.0/16")->contains(*Cidr::parse("10.0.255.0/24")));
  EXPECT_FALSE(Cidr::parse("10.0.1.0/24")->overlaps(*Cidr::parse("10.0.2.0/24")));
  EXPECT_EQ(Cidr::parse("0.0.0.0/0")->size(), uint64_t{1} << 32);
}

TEST_F(Ec2Test, EveryRegionHasADefaultVpcWithASubnetInEachZone) {
  for (const char* region : {"us-east-1", "eu-west-3"}) {
    const Value vpcs = ok("DescribeVpcs", json::object({{"Filters", filter("is-default", "true")}}),
                          region)["Vpcs"];
    ASSERT_EQ(vpcs.size(), 1u);
    EXPECT_EQ(vpcs[size_t{0}].text("CidrBlock"), "172.31.0.0/16");
    EXPECT_EQ(vpcs[size_t{0}].find("EnableDnsSupport"), nullptr);
    EXPECT_EQ(ok("DescribeSubnets", json::object({{"Filters", filter("default-for-az", "true")}}),
                 region)["Subnets"]
                  .size(),
              3u);
    EXPECT_EQ(ok("DescribeAvailabilityZones", Value::object(), region)["AvailabilityZones"].size(),
              3u);
  }
}

TEST_F(Ec2Test, ADefaultVpcThatWasDeletedStaysAway) {
  const Value vpc = Value(ok("DescribeVpcs", Value::object())["Vpcs"][size_t{0}]);
  const Value id = vpc["VpcId"];
  const Value gateways = ok("DescribeInternetGateways", Value::object())["InternetGateways"];
  const Value gateway = gateways[size_t{0}]["InternetGatewayId"];
  EXPECT_EQ(refusal("DeleteVpc", json::object({{"VpcId", id}})), "DependencyViolation");
  ok("DetachInternetGateway", json::object({{"VpcId", id}, {"InternetGatewayId", gateway}}));
  for (const Value& one : ok("DescribeSubnets", Value::object())["Subnets"].items())
    ok("DeleteSubnet", json::object({{"SubnetId", one["SubnetId"]}}));
  ok("DeleteVpc", json::object({{"VpcId", id}}));
  EXPECT_EQ(ok("DescribeVpcs", Value::object())["Vpcs"].size(), 0u);
  EXPECT_EQ(ok("DescribeSecurityGroups", Value::object())["SecurityGroups"].size(), 0u);
}

TEST_F(Ec2Test, SubnetsStayInsideTheirVpcAndApart) {
  const std::string id = vpc();
  subnet(id, "10.0.0.0/24");
  const auto create = [&](std::string_view cidr) {
    return refusal("CreateSubnet", json::object({{"VpcId", id}, {"CidrBlock", cidr}}));
  };
  EXPECT_EQ(create("10.0.0.128/25"), "InvalidSubnet.Conflict");
  EXPECT_EQ(create("10.1.0.0/24"), "InvalidSubnet.Range");
  EXPECT_EQ(create("10.0.1.0/29"), "InvalidSubnet.Range");
  EXPECT_EQ(create("ten"), "InvalidParameterValue");
  EXPECT_EQ(
      refusal("CreateSubnet", json::object({{"VpcId", "vpc-0"}, {"CidrBlock", "10.0.1.0/24"}})),
      "InvalidVpcID.NotFound");
  EXPECT_EQ(refusal("CreateSubnet", json::object({{"VpcId", id},
                                                  {"CidrBlock", "10.0.1.0/24"},
                                                  {"AvailabilityZone", "us-east-1z"}})),
            "InvalidParameterValue");
}

TEST_F(Ec2Test, InterfacesTakeFreeAddressesAndGiveThemBack) {
  const std::string id = vpc(), net = subnet(id, "10.0.0.0/28");
  std::set<std::string> addresses;
  std::string last;
  for (int i = 0; i < 11; ++i) {
    const Value eni =
        ok("CreateNetworkInterface", json::object({{"SubnetId", net}}))["NetworkInterface"];
    addresses.emplace(eni.text("PrivateIpAddress"));
    last = eni.text("NetworkInterfaceId");
  }
  EXPECT_EQ(addresses.size(), 11u);
  EXPECT_TRUE(addresses.contains("10.0.0.4"));
  EXPECT_FALSE(addresses.contains("10.0.0.15"));
  EXPECT_EQ(refusal("CreateNetworkInterface", json::object({{"SubnetId", net}})),
            "InsufficientFreeAddressesInSubnet");
  EXPECT_EQ(refusal("DeleteSubnet", json::object({{"SubnetId", net}})), "DependencyViolation");
  const Value described =
      ok("DescribeSubnets", json::object({{"SubnetIds", json::array({net})}}))["Subnets"];
  EXPECT_EQ(described[size_t{0}]["AvailableIpAddressCount"], Value(0));
  ok("DeleteNetworkInterface", json::object({{"NetworkInterfaceId", last}}));
  const Value again =
      ok("CreateNetworkInterface",
         json::object({{"SubnetId", net}, {"AssociatePublicIpAddress", true}}))["NetworkInterface"];
  EXPECT_EQ(again.text("PrivateIpAddress"), "10.0.0.14");
  EXPECT_EQ(again.text("PrivateDnsName"), "ip-10-0-0-14.us-east-1.compute.internal");
  EXPECT_EQ(again["Groups"][size_t{0}].text("GroupName"), "default");
  EXPECT_FALSE(again["Association"].text("PublicIp").empty());
}

TEST_F(Ec2Test, RoutesLeadThroughGatewaysThatExist) {
  const std::string id = vpc();
  const Value gateway =
      ok("CreateInternetGateway", Value::object())["InternetGateway"]["InternetGatewayId"];
  ok("AttachInternetGateway", json::object({{"VpcId", id}, {"InternetGatewayId", gateway}}));
  EXPECT_EQ(refusal("AttachInternetGateway",
                    json::object({{"VpcId", id}, {"InternetGatewayId", gateway}})),
            "Resource.AlreadyAssociated");
  EXPECT_EQ(refusal("DeleteInternetGateway", json::object({{"InternetGatewayId", gateway}})),
            "DependencyViolation");
  const Value table =
      ok("CreateRouteTable", json::object({{"VpcId", id}}))["RouteTable"]["RouteTableId"];
  const Value route = json::object(
      {{"RouteTableId", table}, {"DestinationCidrBlock", "0.0.0.0/0"}, {"GatewayId", gateway}});
  ok("CreateRoute", route);
  EXPECT_EQ(refusal("CreateRoute", route), "RouteAlreadyExists");
  const std::string net = subnet(id, "10.0.0.0/24");
  const Value association =
      ok("AssociateRouteTable",
         json::object({{"RouteTableId", table}, {"SubnetId", net}}))["AssociationId"];
  EXPECT_EQ(refusal("DeleteRouteTable", json::object({{"RouteTableId", table}})),
            "DependencyViolation");
  EXPECT_EQ(ok("DescribeRouteTables",
               json::object({{"Filters", filter("association.subnet-id", net)}}))["RouteTables"]
                .size(),
            1u);
  ok("DisassociateRouteTable", json::object({{"AssociationId", association}}));
  ok("DeleteRoute", json::object({{"RouteTableId", table}, {"DestinationCidrBlock", "0.0.0.0/0"}}));
  ok("DeleteRouteTable", json::object({{"RouteTableId", table}}));
}

TEST_F(Ec2Test, SecurityGroupRulesAreTakenTogetherByPorts) {
  const std::string id = vpc();
  const Value group =
      ok("CreateSecurityGroup",
         json::object({{"GroupName", "web"}, {"Description", "d"}, {"VpcId", id}}))["GroupId"];
  EXPECT_EQ(refusal("CreateSecurityGroup",
                    json::object({{"GroupName", "web"}, {"Description", "d"}, {"VpcId", id}})),
            "InvalidGroup.Duplicate");
  const auto permission = [&](std::string_view cidr) {
    return json::object({{"GroupId", group},
                         {"IpPermissions",
                          json::array({json::object(
                              {{"IpProtocol", "tcp"},
                               {"FromPort", 80},
                               {"ToPort", 80},
                               {"IpRanges", json::array({json::object({{"CidrIp", cidr}})})}})})}});
  };
  const Value added = ok("AuthorizeSecurityGroupIngress", permission("10.0.0.0/24"));
  const Value rule = added["SecurityGroupRules"][size_t{0}]["SecurityGroupRuleId"];
  ok("AuthorizeSecurityGroupIngress", permission("10.0.1.0/24"));
  EXPECT_EQ(refusal("AuthorizeSecurityGroupIngress", permission("10.0.1.0/24")),
            "InvalidPermission.Duplicate");
  const Value groups = ok("DescribeSecurityGroups",
                          json::object({{"GroupIds", json::array({group})}}))["SecurityGroups"];
  const Value& shown = groups[size_t{0}];
  ASSERT_EQ(shown["IpPermissions"].size(), 1u);
  EXPECT_EQ(shown["IpPermissions"][size_t{0}]["IpRanges"].size(), 2u);
  EXPECT_EQ(shown.find("Rules"), nullptr);
  EXPECT_EQ(
      ok("DescribeSecurityGroupRules",
         json::object({{"Filters", filter("group-id", group.as_string())}}))["SecurityGroupRules"]
          .size(),
      3u);
  ok("RevokeSecurityGroupIngress",
     json::object({{"GroupId", group}, {"SecurityGroupRuleIds", json::array({rule})}}));
  ok("RevokeSecurityGroupIngress", permission("10.0.1.0/24"));
  EXPECT_EQ(refusal("RevokeSecurityGroupIngress", permission("10.0.1.0/24")),
            "InvalidPermission.NotFound");
  EXPECT_EQ(refusal("DeleteVpc", json::object({{"VpcId", id}})), "DependencyViolation");
  ok("DeleteSecurityGroup", json::object({{"GroupId", group}}));
  ok("DeleteVpc", json::object({{"VpcId", id}}));
}

TEST_F(Ec2Test, ANatGatewayHoldsItsAddressUntilItGoes) {
  const std::string id = vpc(), net = subnet(id, "10.0.0.0/24");
  const Value address = ok("AllocateAddress", json::object({{"Domain", "vpc"}}))["AllocationId"];
  const Value gateway =
      ok("CreateNatGateway", json::object({{"SubnetId", net},
                                           {"AllocationId", address},
                                           {"ClientToken", "t"}}))["NatGateway"]["NatGatewayId"];
  EXPECT_EQ(
      ok("CreateNatGateway", json::object({{"SubnetId", net},
                                           {"AllocationId", address},
                                           {"ClientToken", "t"}}))["NatGateway"]["NatGatewayId"],
      gateway);
  EXPECT_EQ(refusal("ReleaseAddress", json::object({{"AllocationId", address}})),
            "InvalidIPAddress.InUse");
  EXPECT_EQ(refusal("DeleteSubnet", json::object({{"SubnetId", net}})), "DependencyViolation");
  ok("DeleteNatGateway", json::object({{"NatGatewayId", gateway}}));
  ok("ReleaseAddress", json::object({{"AllocationId", address}}));
  ok("DeleteSubnet", json::object({{"SubnetId", net}}));
}

TEST_F(Ec2Test, ListingsComeInPages) {
  for (int i = 0; i < 7; ++i) ok("CreateInternetGateway", Value::object());
  size_t seen = 0;
  Value params = json::object({{"MaxResults", 5}});
  for (int page = 0; page < 10; ++page) {
    const Value answer = ok("DescribeInternetGateways", params);
    seen += answer["InternetGateways"].size();
    if (!answer.find("NextToken")) break;
    params = json::object({{"MaxResults", 5}, {"NextToken", answer["NextToken"]}});
  }
  EXPECT_EQ(seen, 8u);  // the default VPC's too
  EXPECT_EQ(refusal("DescribeInternetGateways", json::object({{"NextToken", "x"}})),
            "InvalidNextToken");
}

TEST_F(Ec2Test, TagsFilterAndBelongToTheirResource) {
  const std::string id = vpc();
  ok("CreateTags",
     json::object({{"Resources", json::array({id})},
                   {"Tags", json::array({json::object({{"Key", "Name"}, {"Value", "main"}})})}}));
  EXPECT_EQ(
      ok("DescribeVpcs", json::object({{"Filters", filter("tag:Name", "ma*")}}))["Vpcs"].size(),
      1u);
  EXPECT_EQ(
      ok("DescribeTags", json::object({{"Filters", filter("resource-id", id)}}))["Tags"].size(),
      1u);
  ok("DeleteTags", json::object({{"Resources", json::array({id})},
                                 {"Tags", json::array({json::object({{"Key", "Name"}})})}}));
  EXPECT_EQ(ok("DescribeVpcs", json::object({{"Filters", filter("tag:Name", "*")}}))["Vpcs"].size(),
            0u);
}

TEST_F(Ec2Test, AccountsAreSeparateAndEverythingSurvivesARestart) {
  const std::string id = vpc("10.9.0.0/16");
  EXPECT_EQ(call("DescribeVpcs", json::object({{"VpcIds", json::array({id})}}), "us-east-1",
                 "111122223333")
                .error()
                .code,
            "InvalidVpcID.NotFound");
  const size_t before = ok("DescribeVpcs", Value::object())["Vpcs"].size();
  world = std::make_unique<World>(store);
  EXPECT_EQ(ok("DescribeVpcs", Value::object())["Vpcs"].size(), before);
  EXPECT_EQ(ok("DescribeVpcs", json::object({{"VpcIds", json::array({id})}}))["Vpcs"].size(), 1u);
}

}  // namespace
}  // namespace ec2
