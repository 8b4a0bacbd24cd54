// Security groups and their rules.
#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/ec2.h"

namespace ec2 {

using json::Value;

namespace {

// A rule that was given in single members, as one permission.
std::vector<Value> permissions_given(const Value& params) {
  std::vector<Value> list;
  if (params["IpPermissions"].is_array()) list.assign(params["IpPermissions"].items().begin(), params["IpPermissions"].items().end());
  if (params.find("IpProtocol")) {
    json::ObjectBuilder one;
    one.add("IpProtocol", params["IpProtocol"]);
    for (const std::string_view member : {"FromPort", "ToPort"}) {
      if (const Value* value = params.find(member)) one.add(member, *value);
    }
    if (const Value* cidr = params.find("CidrIp")) one.add("IpRanges", json::array({json::object({{"CidrIp", *cidr}})}));
    list.push_back(one.build());
  }
  for (Value& permission : list) {
    for (const std::string_view member : {"IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"}) {
      if (!permission.find(member)) permission = permission.with(member, Value::array());
    }
  }
  return list;
}

std::vector<Value> list_of(const Value& value) {
  if (!value.is_array()) return {};
  return {value.items().begin(), value.items().end()};
}

}  // namespace

Result<Value> Ec2::create_security_group(const Call& call) {
  const Scope scope{call.account, call.region};
  std::string vpc_id(call.params.text("VpcId"));
  if (vpc_id.empty()) {
    for (const auto& [id, vpc] : table(Kind::vpc).all(scope)) {
      if (vpc.shown["IsDefault"] == Value(true)) vpc_id = id;
    }
  }
  TRY(need(scope, Kind::vpc, vpc_id));
  const std::string_view name = call.params.text("GroupName");
  for (const auto& [id, other] : table(Kind::security_group).all(scope)) {
    if (other.shown.text("VpcId") == vpc_id && other.shown.text("GroupName") == name) {
      return refused("InvalidGroup.Duplicate", fmt::format("The security group '{}' already exists for VPC '{}'", name, vpc_id));
    }
  }
  const std::string id = new_id("sg");
  const Value everywhere = json::object({{"IpProtocol", "-1"}, {"IpRanges", json::array({json::object({{"CidrIp", "0.0.0.0/0"}})})},
                                         {"Ipv6Ranges", Value::array()}, {"PrefixListIds", Value::array()}, {"UserIdGroupPairs", Value::array()}});
  const std::string arn = fmt::format("arn:{}:ec2:{}:{}:security-group/{}", call.partition, call.region, call.account, id);
  put(scope, Kind::security_group,
      json::object({{"GroupId", id}, {"GroupName", name}, {"Description", call.params.text("Description")}, {"VpcId", vpc_id}, {"OwnerId", call.account},
                    {"SecurityGroupArn", arn}, {"IpPermissions", Value::array()}, {"IpPermissionsEgress", json::array({everywhere})}, {"Tags", tags_given(call)}}));
  return json::object({{"GroupId", id}, {"SecurityGroupArn", arn}, {"Tags", tags_given(call)}});
}

Result<Value> Ec2::delete_security_group(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value group = TRY(need(scope, Kind::security_group, call.params.text("GroupId")));
  if (group.text("GroupName") == "default") return refused("CannotDelete", "the specified group: \"" + std::string(group.text("GroupId")) + "\" name: \"default\" cannot be deleted by a user");
  for (const auto& [id, eni] : table(Kind::network_interface).all(scope)) {
    for (const Value& used : eni.shown["Groups"].items()) {
      if (used.text("GroupId") == group.text("GroupId")) {
        return refused("DependencyViolation", fmt::format("resource {} has a dependent object", group.text("GroupId")));
      }
    }
  }
  table(Kind::security_group).erase(scope, group.text("GroupId"));
  return Value::object();
}

Result<Value> Ec2::change_rules(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value group = TRY(need(scope, Kind::security_group, call.params.text("GroupId")));
  const bool ingress = call.operation.ends_with("Ingress"), adds = call.operation.starts_with("Authorize");
  const std::string_view member = ingress ? "IpPermissions" : "IpPermissionsEgress";
  std::vector<Value> rules = list_of(group[member]);
  for (const Value& given : permissions_given(call.params)) {
    const auto there = std::ranges::find(rules, given);
    if (adds && there != rules.end()) {
      return refused("InvalidPermission.Duplicate", "the specified rule already exists");
    }
    if (adds) {
      rules.push_back(given);
    } else if (there != rules.end()) {
      rules.erase(there);
    } else {
      return refused("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
    }
  }
  put(scope, Kind::security_group, group.with(member, Value::array(std::move(rules))));
  return json::object({{"Return", true}});
}

Result<Value> Ec2::describe_rules(const Call& call) {
  const Scope scope{call.account, call.region};
  std::vector<Value> rules;
  for (const auto& [id, group] : table(Kind::security_group).all(scope)) {
    for (const bool egress : {false, true}) {
      for (const Value& permission : list_of(group.shown[egress ? "IpPermissionsEgress" : "IpPermissions"])) {
        for (const Value& range : list_of(permission["IpRanges"])) {
          json::ObjectBuilder rule;
          rule.add("GroupId", id).add("GroupOwnerId", call.account).add("IsEgress", egress).add("IpProtocol", permission["IpProtocol"]);
          rule.add("FromPort", permission.find("FromPort") ? permission["FromPort"] : Value(-1));
          rule.add("ToPort", permission.find("ToPort") ? permission["ToPort"] : Value(-1)).add("CidrIpv4", range["CidrIp"]);
          rules.push_back(rule.build());
        }
      }
    }
  }
  return json::object({{"SecurityGroupRules", Value::array(std::move(rules))}});
}

}  // namespace ec2
