#include "services/ec2/ec2.h"

#include <fmt/format.h>

#include "services/ec2/cidr.h"

namespace ec2 {

using json::Value;
using protocol::Call;
using protocol::immediate;
using protocol::Need;

json::Value to_json(const Document& document) { return document.shown; }
Document from_json(const json::Value& value, std::type_identity<Document>) { return {value}; }

namespace {
constexpr KindInfo kKinds[] = {
    {"VpcId", "Vpcs", "VpcIds", "InvalidVpcID.NotFound", "vpc"},
    {"SubnetId", "Subnets", "SubnetIds", "InvalidSubnetID.NotFound", "subnet"},
    {"InternetGatewayId", "InternetGateways", "InternetGatewayIds",
     "InvalidInternetGatewayID.NotFound", "internet-gateway"},
    {"RouteTableId", "RouteTables", "RouteTableIds", "InvalidRouteTableID.NotFound", "route-table"},
    {"GroupId", "SecurityGroups", "GroupIds", "InvalidGroup.NotFound", "security-group"},
    {"NetworkInterfaceId", "NetworkInterfaces", "NetworkInterfaceIds",
     "InvalidNetworkInterfaceID.NotFound", "network-interface"},
    {"NetworkAclId", "NetworkAcls", "NetworkAclIds", "InvalidNetworkAclID.NotFound", "network-acl"},
    {"AllocationId", "Addresses", "AllocationIds", "InvalidAllocationID.NotFound", "elastic-ip"},
    {"NatGatewayId", "NatGateways", "NatGatewayIds", "NatGatewayNotFound", "natgateway"},
    {"VpcEndpointId", "VpcEndpoints", "VpcEndpointIds", "InvalidVpcEndpointId.NotFound",
     "vpc-endpoint"},
};
// How messages name what is missing.
constexpr std::string_view kNouns[] = {"vpc ID",         "subnet ID",      "internetGateway ID",
                                       "routeTable ID",  "security group", "networkInterface ID",
                                       "networkAcl ID",  "allocation ID",  "NAT gateway",
                                       "Vpc Endpoint Id"};
}  // namespace

const KindInfo& info(Kind kind) { return kKinds[static_cast<size_t>(kind)]; }
std::unexpected<Error> refused(std::string code, std::string message) {
  return fail(std::move(code), std::move(message), 400);
}

namespace {

// The id in a call's params that the call is about, and of what type that resource is.
struct Subject {
  std::string_view param, type;
};
constexpr Subject kSubjects[] = {{"NatGatewayId", "natgateway"},
                                 {"NetworkInterfaceId", "network-interface"},
                                 {"GroupId", "security-group"},
                                 {"RouteTableId", "route-table"},
                                 {"InternetGatewayId", "internet-gateway"},
                                 {"SubnetId", "subnet"},
                                 {"AllocationId", "elastic-ip"},
                                 {"VpcId", "vpc"}};

// On which resources a call must have its right: describing has none, what is yet to be made is
// named "*".
std::vector<Need> needs_of(const Call& call) {
  Need need{.action = "ec2:" + call.operation, .resources = {}};
  static constexpr std::pair<std::string_view, std::string_view> kMade[] = {
      {"CreateVpc", "vpc"},
      {"CreateSubnet", "subnet"},
      {"CreateInternetGateway", "internet-gateway"},
      {"CreateRouteTable", "route-table"},
      {"CreateSecurityGroup", "security-group"},
      {"CreateNetworkInterface", "network-interface"},
      {"AllocateAddress", "elastic-ip"},
      {"CreateNatGateway", "natgateway"},
      {"CreateVpcEndpoint", "vpc-endpoint"}};
  for (const auto& [operation, type] : kMade) {
    if (call.operation == operation) need.resources.push_back(call.arn(fmt::format("{}/*", type)));
  }
  if (need.resources.empty() && !call.operation.starts_with("Describe")) {
    for (const Subject& subject : kSubjects) {
      const Value& id = call.params[subject.param];
      if (!id.is_string() || !need.resources.empty()) continue;
      need.resources.push_back(call.arn(fmt::format("{}/{}", subject.type, id.as_string())));
    }
  }
  if (need.resources.empty()) need.resources.emplace_back("*");
  return {std::move(need)};
}

}  // namespace

Ec2::Ec2(services::Kit& kit) : kit_(kit), seen_(kit.store, "ec2/region") {
  for (const KindInfo& kind : kKinds)
    tables_.emplace_back(kit.store, fmt::format("ec2/{}", kind.type));
}

void Ec2::load() {
  for (auto& one : tables_) one.load();
  seen_.load();
  const auto add = [&](std::string_view name, auto answer) {
    kit_.registry.add("ec2", name,
                      immediate(
                          [this, answer](const Call& call) -> Result<Value> {
                            if (call.params["DryRun"] == Value(true))
                              return fail("DryRunOperation",
                                          "Request would have succeeded, but DryRun flag is set.",
                                          412);
                            ensure_default_vpc({call.account, call.region}, call.partition);
                            return answer(call);
                          },
                          needs_of));
  };
  const auto method = [this](Answer m) {
    return [this, m](const Call& call) { return (this->*m)(call); };
  };
  add("CreateVpc", method(&Ec2::create_vpc));
  add("DeleteVpc", method(&Ec2::delete_vpc));
  add("DescribeVpcAttribute", method(&Ec2::describe_vpc_attribute));
  add("ModifyVpcAttribute", method(&Ec2::modify_vpc_attribute));
  add("CreateSubnet", method(&Ec2::create_subnet));
  add("DeleteSubnet", method(&Ec2::delete_subnet));
  add("ModifySubnetAttribute", method(&Ec2::modify_subnet_attribute));
  add("CreateNetworkInterface", method(&Ec2::create_network_interface));
  add("DeleteNetworkInterface", method(&Ec2::delete_network_interface));
  add("CreateInternetGateway", method(&Ec2::create_internet_gateway));
  add("AttachInternetGateway", method(&Ec2::attach_internet_gateway));
  add("DetachInternetGateway", method(&Ec2::detach_internet_gateway));
  add("DeleteInternetGateway", method(&Ec2::delete_internet_gateway));
  add("AllocateAddress", method(&Ec2::allocate_address));
  add("ReleaseAddress", method(&Ec2::release_address));
  add("CreateNatGateway", method(&Ec2::create_nat_gateway));
  add("DeleteNatGateway", method(&Ec2::delete_nat_gateway));
  add("CreateVpcEndpoint", method(&Ec2::create_vpc_endpoint));
  add("DeleteVpcEndpoints", method(&Ec2::delete_vpc_endpoints));
  add("CreateRouteTable", method(&Ec2::create_route_table));
  add("DeleteRouteTable", method(&Ec2::delete_route_table));
  add("CreateRoute", method(&Ec2::create_route));
  add("DeleteRoute", method(&Ec2::delete_route));
  add("AssociateRouteTable", method(&Ec2::associate_route_table));
  add("DisassociateRouteTable", method(&Ec2::disassociate_route_table));
  add("CreateSecurityGroup", method(&Ec2::create_security_group));
  add("DeleteSecurityGroup", method(&Ec2::delete_security_group));
  for (const std::string_view direction : {"Ingress", "Egress"}) {
    add(fmt::format("AuthorizeSecurityGroup{}", direction), method(&Ec2::authorize_rules));
    add(fmt::format("RevokeSecurityGroup{}", direction), method(&Ec2::revoke_rules));
  }
  add("DescribeSecurityGroupRules", method(&Ec2::describe_rules));
  const std::pair<std::string_view, Kind> described[] = {
      {"DescribeVpcs", Kind::vpc},
      {"DescribeSubnets", Kind::subnet},
      {"DescribeInternetGateways", Kind::internet_gateway},
      {"DescribeRouteTables", Kind::route_table},
      {"DescribeSecurityGroups", Kind::security_group},
      {"DescribeNetworkInterfaces", Kind::network_interface},
      {"DescribeNetworkAcls", Kind::network_acl},
      {"DescribeAddresses", Kind::address},
      {"DescribeNatGateways", Kind::nat_gateway},
      {"DescribeVpcEndpoints", Kind::vpc_endpoint}};
  for (const auto& [operation, kind] : described) {
    add(operation, [this, what = kind](const Call& call) { return describe(call, what); });
  }
  add("DescribeAvailabilityZones", method(&Ec2::describe_zones));
  add("DescribeRegions", method(&Ec2::describe_regions));
  add("DescribeAccountAttributes", method(&Ec2::describe_account_attributes));
  add("DescribePrefixLists", method(&Ec2::describe_prefix_lists));
  add("DescribeTags", method(&Ec2::describe_tags));
  add("CreateTags", method(&Ec2::change_tags));
  add("DeleteTags", method(&Ec2::change_tags));
}

const Value* Ec2::find(const Scope& scope, Kind kind, std::string_view id) {
  const Document* found = table(kind).find(scope, id);
  return found ? &found->shown : nullptr;
}

Result<Value> Ec2::need(const Scope& scope, Kind kind, std::string_view id) {
  if (const Value* found = find(scope, kind, id)) return *found;
  return refused(std::string(info(kind).not_found),
                 fmt::format("The {} '{}' does not exist", kNouns[static_cast<size_t>(kind)], id));
}

void Ec2::put(const Scope& scope, Kind kind, const Value& shown) {
  table(kind).put(scope, shown.text(info(kind).id_member), Document{shown});
}

std::string Ec2::new_id(std::string_view prefix) {
  return fmt::format("{}-{}", prefix, kit_.random.hex(17));
}

Value Ec2::tags_given(const Call& call) const {
  std::vector<Value> tags;
  if (const Value& specifications = call.params["TagSpecifications"]; specifications.is_array()) {
    for (const Value& one : specifications.items()) {
      if (one["Tags"].is_array())
        tags.insert(tags.end(), one["Tags"].items().begin(), one["Tags"].items().end());
    }
  }
  return Value::array(std::move(tags));
}

bool Ec2::anything_in(const Scope& scope, std::string_view member, std::string_view id,
                      std::initializer_list<Kind> kinds) {
  for (const Kind kind : kinds) {
    for (const auto& [key, document] : table(kind).all(scope)) {
      if (document.shown.text(member) == id) return true;
    }
  }
  return false;
}

void Ec2::ensure_default_vpc(const Scope& scope, const std::string& partition) {
  if (seen_.find(scope, "")) return;
  seen_.put(scope, "", Document{Value::object()});
  const Value vpc = make_vpc(scope, partition, "172.31.0.0/16", true, Value::array());
  const std::string id(vpc.text("VpcId"));
  int third = 0;
  for (const char letter : kZoneLetters) {
    make_subnet(scope, partition, id, fmt::format("172.31.{}.0/20", third), scope.region + letter,
                true, Value::array());
    third += 16;
  }
  const std::string gateway = new_id("igw");
  put(scope, Kind::internet_gateway,
      json::object(
          {{"InternetGatewayId", gateway},
           {"OwnerId", scope.account},
           {"Tags", Value::array()},
           {"Attachments", json::array({json::object({{"State", "available"}, {"VpcId", id}})})}}));
  for (const auto& [key, routes] : table(Kind::route_table).all(scope)) {
    if (routes.shown.text("VpcId") != id) continue;
    std::vector<Value> list(routes.shown["Routes"].items().begin(),
                            routes.shown["Routes"].items().end());
    list.push_back(json::object({{"DestinationCidrBlock", "0.0.0.0/0"},
                                 {"GatewayId", gateway},
                                 {"Origin", "CreateRoute"},
                                 {"State", "active"}}));
    put(scope, Kind::route_table, routes.shown.with("Routes", Value::array(std::move(list))));
    break;
  }
}

}  // namespace ec2
