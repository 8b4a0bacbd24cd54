// VPCs, subnets and the interfaces that take addresses from them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/ec2/cidr.h"
#include "services/ec2/ec2.h"

namespace ec2 {

using json::Value;

namespace {
constexpr size_t kReservedAddresses = 5;  // the first four and the last

}  // namespace

std::string zone_id(std::string_view zone) {
  // "us-east-1a" is "use1-az1": the area's first letters, the direction, the number.
  const size_t dash = zone.find('-');
  if (dash == zone.npos || zone.size() < 4) return std::string(zone);
  std::string id(zone.substr(0, dash));
  const std::string_view rest = zone.substr(dash + 1);
  id += rest.substr(0, 1);
  id += zone.substr(zone.size() - 2, 1);
  return fmt::format("{}-az{}", id, zone.back() - 'a' + 1);
}

Value Ec2::make_vpc(const Scope& scope, const std::string& partition, const std::string& cidr,
                    bool is_default, const Value& tags) {
  const std::string id = new_id("vpc");
  const Value association =
      json::object({{"AssociationId", new_id("vpc-cidr-assoc")},
                    {"CidrBlock", cidr},
                    {"CidrBlockState", json::object({{"State", "associated"}})}});
  const Value vpc = json::object({{"VpcId", id},
                                  {"OwnerId", scope.account},
                                  {"State", "available"},
                                  {"CidrBlock", cidr},
                                  {"DhcpOptionsId", "dopt-" + id.substr(4)},
                                  {"InstanceTenancy", "default"},
                                  {"IsDefault", is_default},
                                  {"CidrBlockAssociationSet", json::array({association})},
                                  {"Ipv6CidrBlockAssociationSet", Value::array()},
                                  {"Tags", tags},
                                  {"EnableDnsSupport", true},
                                  {"EnableDnsHostnames", is_default}});
  put(scope, Kind::vpc, vpc);
  // What every VPC comes with: a network ACL, a main route table, a default security group.
  std::vector<Value> entries;
  for (const bool egress : {true, false}) {
    for (const auto& [number, action] : {std::pair{100, "allow"}, std::pair{32767, "deny"}}) {
      entries.push_back(json::object({{"CidrBlock", "0.0.0.0/0"},
                                      {"Egress", egress},
                                      {"Protocol", "-1"},
                                      {"RuleAction", action},
                                      {"RuleNumber", number}}));
    }
  }
  put(scope, Kind::network_acl,
      json::object({{"NetworkAclId", new_id("acl")},
                    {"VpcId", id},
                    {"OwnerId", scope.account},
                    {"IsDefault", true},
                    {"Associations", Value::array()},
                    {"Entries", Value::array(std::move(entries))},
                    {"Tags", Value::array()}}));
  const std::string routes = new_id("rtb");
  put(scope, Kind::route_table,
      json::object({{"RouteTableId", routes},
                    {"VpcId", id},
                    {"OwnerId", scope.account},
                    {"PropagatingVgws", Value::array()},
                    {"Tags", Value::array()},
                    {"Routes", json::array({json::object({{"DestinationCidrBlock", cidr},
                                                          {"GatewayId", "local"},
                                                          {"Origin", "CreateRouteTable"},
                                                          {"State", "active"}})})},
                    {"Associations",
                     json::array({json::object(
                         {{"Main", true},
                          {"RouteTableAssociationId", new_id("rtbassoc")},
                          {"RouteTableId", routes},
                          {"AssociationState", json::object({{"State", "associated"}})}})})}}));
  make_security_group(scope, partition, id, "default", "default VPC security group",
                      Value::array());
  return vpc;
}

Result<Value> Ec2::create_vpc(const Call& call) {
  const auto cidr = Cidr::parse(call.params.text("CidrBlock"));
  if (!cidr) {
    return refused(
        "InvalidParameterValue",
        fmt::format(
            "Value ({}) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
            call.params.text("CidrBlock")));
  }
  if (cidr->bits < 16 || cidr->bits > 28)
    return refused("InvalidVpc.Range", fmt::format("The CIDR '{}' is invalid.", cidr->text()));
  Value vpc =
      make_vpc({call.account, call.region}, call.partition, cidr->text(), false, tags_given(call));
  if (const std::string_view tenancy = call.params.text("InstanceTenancy"); !tenancy.empty()) {
    vpc = vpc.with("InstanceTenancy", tenancy);
    put({call.account, call.region}, Kind::vpc, vpc);
  }
  return json::object({{"Vpc", shown({call.account, call.region}, Kind::vpc, vpc)}});
}

Result<Value> Ec2::delete_vpc(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string id(call.params.text("VpcId"));
  TRY(need(scope, Kind::vpc, id));
  bool used =
      anything_in(scope, "VpcId", id,
                  {Kind::subnet, Kind::network_interface, Kind::vpc_endpoint, Kind::nat_gateway});
  for (const auto& [key, gateway] : table(Kind::internet_gateway).all(scope)) {
    for (const Value& attachment : gateway.shown["Attachments"].items())
      used = used || attachment.text("VpcId") == id;
  }
  std::vector<std::pair<Kind, std::string>> own;
  for (const Kind kind : {Kind::security_group, Kind::route_table, Kind::network_acl}) {
    for (const auto& [key, document] : table(kind).all(scope)) {
      if (document.shown.text("VpcId") != id) continue;
      const bool came_with_it =
          kind == Kind::network_acl || document.shown.text("GroupName") == "default" ||
          (kind == Kind::route_table && document.shown["Associations"].size() > 0 &&
           document.shown["Associations"][size_t{0}]["Main"] == Value(true));
      used = used || !came_with_it;
      own.emplace_back(kind, key);
    }
  }
  if (used)
    return refused("DependencyViolation",
                   fmt::format("The vpc '{}' has dependencies and cannot be deleted.", id));
  for (const auto& [kind, key] : own) table(kind).erase(scope, key);
  table(Kind::vpc).erase(scope, id);
  return Value::object();
}

Result<Value> Ec2::describe_vpc_attribute(const Call& call) {
  const Value vpc = TRY(need({call.account, call.region}, Kind::vpc, call.params.text("VpcId")));
  std::string member(call.params.text("Attribute"));
  if (!member.empty()) member[0] = static_cast<char>(std::toupper(member[0]));
  const Value* value = vpc.find(member);
  return json::object({{"VpcId", vpc.text("VpcId")},
                       {member, json::object({{"Value", value ? *value : Value(false)}})}});
}

Result<Value> Ec2::modify_vpc_attribute(const Call& call) {
  Value vpc = TRY(need({call.account, call.region}, Kind::vpc, call.params.text("VpcId")));
  for (const std::string_view member : {"EnableDnsSupport", "EnableDnsHostnames"}) {
    if (const Value* given = call.params[member].find("Value")) vpc = vpc.with(member, *given);
  }
  put({call.account, call.region}, Kind::vpc, vpc);
  return Value::object();
}

Value Ec2::make_subnet(const Scope& scope, const std::string& partition, const std::string& vpc_id,
                       const std::string& cidr, const std::string& zone, bool is_default,
                       const Value& tags) {
  const std::string id = new_id("subnet");
  const Value subnet =
      json::object({{"SubnetId", id},
                    {"SubnetArn", fmt::format("arn:{}:ec2:{}:{}:subnet/{}", partition, scope.region,
                                              scope.account, id)},
                    {"VpcId", vpc_id},
                    {"OwnerId", scope.account},
                    {"State", "available"},
                    {"CidrBlock", cidr},
                    {"AvailabilityZone", zone},
                    {"AvailabilityZoneId", zone_id(zone)},
                    {"AvailableIpAddressCount", Cidr::parse(cidr)->size() - kReservedAddresses},
                    {"DefaultForAz", is_default},
                    {"MapPublicIpOnLaunch", is_default},
                    {"AssignIpv6AddressOnCreation", false},
                    {"Ipv6CidrBlockAssociationSet", Value::array()},
                    {"MapCustomerOwnedIpOnLaunch", false},
                    {"EnableDns64", false},
                    {"Ipv6Native", false},
                    {"Tags", tags},
                    {"PrivateDnsNameOptionsOnLaunch",
                     json::object({{"HostnameType", "ip-name"},
                                   {"EnableResourceNameDnsARecord", false},
                                   {"EnableResourceNameDnsAAAARecord", false}})}});
  put(scope, Kind::subnet, subnet);
  for (const auto& [acl_id, acl] : table(Kind::network_acl).all(scope)) {
    if (acl.shown.text("VpcId") != vpc_id) continue;
    std::vector<Value> associations(acl.shown["Associations"].items().begin(),
                                    acl.shown["Associations"].items().end());
    associations.push_back(json::object({{"NetworkAclAssociationId", new_id("aclassoc")},
                                         {"NetworkAclId", acl_id},
                                         {"SubnetId", id}}));
    put(scope, Kind::network_acl,
        acl.shown.with("Associations", Value::array(std::move(associations))));
    break;
  }
  return subnet;
}

Result<Value> Ec2::create_subnet(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value vpc = TRY(need(scope, Kind::vpc, call.params.text("VpcId")));
  const auto cidr = Cidr::parse(call.params.text("CidrBlock"));
  if (!cidr)
    return refused(
        "InvalidParameterValue",
        fmt::format(
            "Value ({}) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
            call.params.text("CidrBlock")));
  if (!Cidr::parse(vpc.text("CidrBlock"))->contains(*cidr) || cidr->bits > 28) {
    return refused("InvalidSubnet.Range", fmt::format("The CIDR '{}' is invalid.", cidr->text()));
  }
  for (const auto& [id, other] : table(Kind::subnet).all(scope)) {
    if (other.shown.text("VpcId") == vpc.text("VpcId") &&
        Cidr::parse(other.shown.text("CidrBlock"))->overlaps(*cidr)) {
      return refused("InvalidSubnet.Conflict",
                     fmt::format("The CIDR '{}' conflicts with another subnet", cidr->text()));
    }
  }
  const std::string zone(call.params.text("AvailabilityZone", call.region + "a"));
  if (!zone.starts_with(call.region) || zone.size() != call.region.size() + 1 ||
      zone.back() < 'a' || zone.back() > 'c') {
    return refused("InvalidParameterValue",
                   fmt::format("Value ({}) for parameter availabilityZone is invalid. Subnets can "
                               "currently only be created in the "
                               "following availability zones: {}a, {}b, {}c.",
                               zone, call.region, call.region, call.region));
  }
  return json::object({{"Subnet", make_subnet(scope, call.partition, std::string(vpc.text("VpcId")),
                                              cidr->text(), zone, false, tags_given(call))}});
}

Result<Value> Ec2::delete_subnet(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string id(call.params.text("SubnetId"));
  TRY(need(scope, Kind::subnet, id));
  if (anything_in(scope, "SubnetId", id, {Kind::network_interface})) {
    return refused("DependencyViolation",
                   fmt::format("The subnet '{}' has dependencies and cannot be deleted.", id));
  }
  // What ties it to a network ACL and a route table goes with it.
  for (const Kind kind : {Kind::network_acl, Kind::route_table}) {
    for (const auto& [key, document] : table(kind).all(scope)) {
      std::vector<Value> left(document.shown["Associations"].items().begin(),
                              document.shown["Associations"].items().end());
      if (std::erase_if(left, [&](const Value& one) { return one.text("SubnetId") == id; }) == 0)
        continue;
      put(scope, kind, document.shown.with("Associations", Value::array(std::move(left))));
    }
  }
  table(Kind::subnet).erase(scope, id);
  return Value::object();
}

Result<Value> Ec2::modify_subnet_attribute(const Call& call) {
  Value subnet = TRY(need({call.account, call.region}, Kind::subnet, call.params.text("SubnetId")));
  for (const std::string_view member :
       {"MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64"}) {
    if (const Value* given = call.params[member].find("Value"))
      subnet = subnet.with(member, *given);
  }
  put({call.account, call.region}, Kind::subnet, subnet);
  return Value::object();
}

// --- interfaces
// ------------------------------------------------------------------------------------------------

std::string Ec2::default_security_group(const Scope& scope, std::string_view vpc_id) {
  for (const auto& [id, group] : table(Kind::security_group).all(scope)) {
    if (group.shown.text("VpcId") == vpc_id && group.shown.text("GroupName") == "default")
      return id;
  }
  return "";
}

std::string Ec2::new_public_address(const Scope& scope) {
  // From the blocks that RFC 5737 keeps for documentation: nothing answers there.
  static constexpr std::string_view kBlocks[] = {"203.0.113", "198.51.100", "192.0.2"};
  std::set<std::string> taken;
  for (const auto& [id, address] : table(Kind::address).all(scope))
    taken.emplace(address.shown.text("PublicIp"));
  std::string address;
  for (int attempt = 0; attempt < 64 && (address.empty() || taken.contains(address)); ++attempt) {
    address = fmt::format("{}.{}", kBlocks[kit_.random.below(3)], 1 + kit_.random.below(254));
  }
  return address;
}

Result<Value> Ec2::make_interface(const Scope& scope, const Value& subnet, const Value& params,
                                  const Value& tags) {
  const Cidr cidr = *Cidr::parse(subnet.text("CidrBlock"));
  std::set<uint32_t> taken;
  for (const auto& [id, other] : table(Kind::network_interface).all(scope)) {
    if (other.shown.text("SubnetId") == subnet.text("SubnetId"))
      taken.insert(*parse_address(other.shown.text("PrivateIpAddress")));
  }
  uint32_t address = cidr.base + 4;
  const auto last = static_cast<uint32_t>(cidr.base + cidr.size() - 1);
  if (const std::string_view wanted = params.text("PrivateIpAddress"); !wanted.empty()) {
    const auto given = parse_address(wanted);
    if (!given || *given < cidr.base + 4 || *given >= last) {
      return refused(
          "InvalidParameterValue",
          fmt::format("Address {} does not fall within the subnet's address range", wanted));
    }
    if (taken.contains(*given))
      return refused("InvalidIPAddress.InUse", fmt::format("Address {} is in use.", wanted));
    address = *given;
  }
  while (address < last && taken.contains(address)) ++address;
  if (address >= last) {
    return refused(
        "InsufficientFreeAddressesInSubnet",
        fmt::format(
            "The specified subnet does not have enough free addresses to satisfy the request: {}",
            subnet.text("SubnetId")));
  }
  std::vector<Value> groups;
  if (params["Groups"].size() > 0) {
    for (const Value& id : params["Groups"].items()) {
      const Value group = TRY(need(scope, Kind::security_group, id.as_string()));
      if (group["VpcId"] != subnet["VpcId"]) {
        return refused(
            "InvalidParameter",
            fmt::format("You have specified two resources that belong to different networks."));
      }
      groups.push_back(
          json::object({{"GroupId", group["GroupId"]}, {"GroupName", group["GroupName"]}}));
    }
  } else {
    groups.push_back(json::object({{"GroupId", default_security_group(scope, subnet.text("VpcId"))},
                                   {"GroupName", "default"}}));
  }
  const std::string text = address_text(address);
  std::string dashed = text;
  std::ranges::replace(dashed, '.', '-');
  const std::string name = fmt::format("ip-{}.{}.compute.internal", dashed, scope.region);
  const std::string mac = fmt::format("0a:58:{:02x}:{:02x}:{:02x}:{:02x}", address >> 24,
                                      address >> 16 & 255, address >> 8 & 255, address & 255);
  json::ObjectBuilder made, primary;
  primary.add("Primary", true).add("PrivateDnsName", name).add("PrivateIpAddress", text);
  if (params["AssociatePublicIpAddress"] == Value(true)) {
    const std::string outside = new_public_address(scope);
    std::string outside_dashed = outside;
    std::ranges::replace(outside_dashed, '.', '-');
    const Value association =
        json::object({{"IpOwnerId", "amazon"},
                      {"PublicIp", outside},
                      {"PublicDnsName", fmt::format("ec2-{}.{}.compute.amazonaws.com",
                                                    outside_dashed, scope.region)}});
    made.add("Association", association);
    primary.add("Association", association);
  }
  made.add("AvailabilityZone", subnet["AvailabilityZone"])
      .add("Description", params.text("Description"));
  made.add("Groups", Value::array(std::move(groups)))
      .add("InterfaceType", params.text("InterfaceType", "interface"));
  made.add("Ipv6Addresses", Value::array())
      .add("MacAddress", mac)
      .add("NetworkInterfaceId", new_id("eni"))
      .add("OwnerId", scope.account);
  made.add("PrivateDnsName", name)
      .add("PrivateIpAddress", text)
      .add("PrivateIpAddresses", json::array({primary.build()}));
  made.add("RequesterManaged", true)
      .add("SourceDestCheck", true)
      .add("Status", "in-use")
      .add("SubnetId", subnet["SubnetId"]);
  made.add("TagSet", tags).add("VpcId", subnet["VpcId"]);
  const Value built = made.build();
  put(scope, Kind::network_interface, built);
  return built;
}

Result<Value> Ec2::create_network_interface(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value subnet = TRY(need(scope, Kind::subnet, call.params.text("SubnetId")));
  return json::object(
      {{"NetworkInterface", TRY(make_interface(scope, subnet, call.params, tags_given(call)))}});
}

Result<Value> Ec2::delete_network_interface(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string id(call.params.text("NetworkInterfaceId"));
  TRY(need(scope, Kind::network_interface, id));
  table(Kind::network_interface).erase(scope, id);
  return Value::object();
}

}  // namespace ec2
