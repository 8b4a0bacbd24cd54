// Security groups and their rules.
//
// A group keeps its rules one by one, as DescribeSecurityGroupRules shows them ("Rules", not part
// of what DescribeSecurityGroups shows); IpPermissions are those with the same protocol and ports
// taken together.
#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "language/json/parse.h"
#include "services/ec2/cidr.h"
#include "services/ec2/ec2.h"

namespace ec2 {

using json::Value;

namespace {

constexpr size_t kRulesMax = 1'000;  // of one group

// What a list of a permission holds, and what a single rule calls it.
struct Peer {
  std::string_view list, item, rule;
};
constexpr Peer kPeers[] = {{"IpRanges", "CidrIp", "CidrIpv4"},
                           {"Ipv6Ranges", "CidrIpv6", "CidrIpv6"},
                           {"PrefixListIds", "PrefixListId", "PrefixListId"},
                           {"UserIdGroupPairs", "GroupId", "ReferencedGroupInfo"}};

std::vector<Value> items_of(const Value& list) {
  if (!list.is_array()) return {};
  return {list.items().begin(), list.items().end()};
}

// "tcp" and "6" are the same protocol; so are "-1" and "all".
std::string protocol_name(std::string_view given) {
  std::string name(given);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (name == "6") return "tcp";
  if (name == "17") return "udp";
  if (name == "1") return "icmp";
  if (name == "58") return "icmpv6";
  return name == "all" ? "-1" : name;
}

// What makes two rules the same one: everything but its description and tags.
std::string identity(const Value& rule) {
  return json::write(rule.without("Description").without("Tags"));
}

std::string rule_id(std::string_view group, const Value& rule) {
  return "sgr-" + hex_encode(sha256(fmt::format("{} {}", group, identity(rule)))).substr(0, 17);
}

// The permissions of a call, single members included, as rules.
Result<std::vector<Value>> rules_given(const Value& params, bool egress, std::string_view account) {
  std::vector<Value> permissions = items_of(params["IpPermissions"]);
  if (params.find("IpProtocol") || params.find("CidrIp")) {
    json::ObjectBuilder one;
    one.add("IpProtocol", params.text("IpProtocol", "-1"));
    for (const std::string_view member : {"FromPort", "ToPort"}) {
      if (const Value* value = params.find(member)) one.add(member, *value);
    }
    if (const Value* cidr = params.find("CidrIp"))
      one.add("IpRanges", json::array({json::object({{"CidrIp", *cidr}})}));
    permissions.push_back(one.build());
  }
  std::vector<Value> rules;
  for (const Value& permission : permissions) {
    const std::string protocol = protocol_name(permission.text("IpProtocol"));
    if (protocol.empty())
      return refused("MissingParameter", "The request must contain the parameter ipProtocol");
    const bool has_ports = protocol != "-1";
    const int64_t from = has_ports ? permission["FromPort"].as_int64().value_or(-1) : -1;
    const int64_t to = has_ports ? permission["ToPort"].as_int64().value_or(-1) : -1;
    if ((protocol == "tcp" || protocol == "udp") && (from < 0 || to < from || to > 65535)) {
      return refused("InvalidParameterValue",
                     fmt::format("Invalid value '{}' for portRange.",
                                 from > to ? "Invalid TCP/UDP port range"
                                           : "Must specify both from and to ports with TCP/UDP"));
    }
    for (const Peer& peer : kPeers) {
      for (const Value& item : items_of(permission[peer.list])) {
        Value target = item[peer.item];
        if (peer.rule == "CidrIpv4") {
          const auto cidr = Cidr::parse(item.text("CidrIp"));
          if (!cidr)
            return refused("InvalidParameterValue",
                           fmt::format("CIDR block {} is malformed", item.text("CidrIp")));
          target = cidr->text();
        } else if (peer.rule == "ReferencedGroupInfo") {
          target = json::object(
              {{"GroupId", item["GroupId"]}, {"UserId", item.text("UserId", account)}});
        }
        json::ObjectBuilder rule;
        rule.add("IsEgress", egress)
            .add("IpProtocol", protocol)
            .add("FromPort", from)
            .add("ToPort", to)
            .add(peer.rule, target);
        rule.add_text("Description", item.text("Description"));
        rules.push_back(rule.build());
      }
    }
  }
  return rules;
}

// Rules of one direction, those with the same protocol and ports taken together.
Value permissions_of(const std::vector<Value>& rules, bool egress) {
  struct Group {
    Value protocol, from, to;
    std::vector<Value> lists[std::size(kPeers)];
  };
  std::vector<Group> groups;
  for (const Value& rule : rules) {
    if (rule["IsEgress"].as_bool() != egress) continue;
    auto group = std::ranges::find_if(groups, [&](const Group& g) {
      return g.protocol == rule["IpProtocol"] && g.from == rule["FromPort"] &&
             g.to == rule["ToPort"];
    });
    if (group == groups.end()) {
      groups.push_back({rule["IpProtocol"], rule["FromPort"], rule["ToPort"], {}});
      group = groups.end() - 1;
    }
    for (size_t i = 0; i < std::size(kPeers); ++i) {
      const Value* target = rule.find(kPeers[i].rule);
      if (!target) continue;
      json::ObjectBuilder item;
      if (target->is_object()) {
        item.add("GroupId", (*target)["GroupId"]).add("UserId", (*target)["UserId"]);
      } else {
        item.add(kPeers[i].item, *target);
      }
      item.add_text("Description", rule.text("Description"));
      group->lists[i].push_back(item.build());
    }
  }
  std::vector<Value> out;
  for (Group& group : groups) {
    json::ObjectBuilder one;
    one.add("IpProtocol", group.protocol);
    if (group.protocol != Value("-1")) one.add("FromPort", group.from).add("ToPort", group.to);
    for (size_t i = 0; i < std::size(kPeers); ++i)
      one.add(kPeers[i].list, Value::array(std::move(group.lists[i])));
    out.push_back(one.build());
  }
  return Value::array(std::move(out));
}

Value shown_rule(const Value& group, const Value& rule) {
  json::ObjectBuilder out;
  const std::string id = rule_id(group.text("GroupId"), rule);
  out.add("SecurityGroupRuleId", id)
      .add("GroupId", group["GroupId"])
      .add("GroupOwnerId", group["OwnerId"]);
  for (const json::Member& member : rule.members()) out.add(member.name, member.value);
  if (!rule.find("Tags")) out.add("Tags", Value::array());
  if (const std::string_view arn = group.text("SecurityGroupArn"); !arn.empty()) {
    out.add("SecurityGroupRuleArn",
            fmt::format("{}security-group-rule/{}", arn.substr(0, arn.rfind(':') + 1), id));
  }
  return out.build();
}

}  // namespace

void Ec2::put_security_group(const Scope& scope, const Value& group, std::vector<Value> rules) {
  Value shown = group.with("IpPermissions", permissions_of(rules, false))
                    .with("IpPermissionsEgress", permissions_of(rules, true));
  put(scope, Kind::security_group, shown.with("Rules", Value::array(std::move(rules))));
}

std::string Ec2::make_security_group(const Scope& scope, const std::string& partition,
                                     std::string_view vpc_id, std::string_view name,
                                     std::string_view description, const Value& tags) {
  const std::string id = new_id("sg");
  std::vector<Value> rules;
  const auto rule = [&](bool egress, std::string_view member, Value target) {
    rules.push_back(json::object({{"IsEgress", egress},
                                  {"IpProtocol", "-1"},
                                  {"FromPort", -1},
                                  {"ToPort", -1},
                                  {member, std::move(target)}}));
  };
  if (name == "default")
    rule(false, "ReferencedGroupInfo", json::object({{"GroupId", id}, {"UserId", scope.account}}));
  rule(true, "CidrIpv4", "0.0.0.0/0");
  put_security_group(
      scope,
      json::object({{"GroupId", id},
                    {"GroupName", name},
                    {"Description", description},
                    {"VpcId", vpc_id},
                    {"OwnerId", scope.account},
                    {"SecurityGroupArn", fmt::format("arn:{}:ec2:{}:{}:security-group/{}",
                                                     partition, scope.region, scope.account, id)},
                    {"Tags", tags}}),
      std::move(rules));
  return id;
}

// A group by its id, or by its name in the default VPC.
Result<Value> Ec2::need_security_group(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string_view id = call.params.text("GroupId"), name = call.params.text("GroupName");
  if (!id.empty()) return need(scope, Kind::security_group, id);
  if (name.empty())
    return refused("MissingParameter",
                   "The request must contain the parameter groupName or groupId");
  for (const auto& [key, group] : table(Kind::security_group).all(scope)) {
    const Value* vpc = find(scope, Kind::vpc, group.shown.text("VpcId"));
    if (group.shown.text("GroupName") == name && vpc && (*vpc)["IsDefault"] == Value(true))
      return group.shown;
  }
  return refused("InvalidGroup.NotFound",
                 fmt::format("The security group '{}' does not exist in default VPC", name));
}

Result<Value> Ec2::create_security_group(const Call& call) {
  const Scope scope{call.account, call.region};
  std::string vpc_id(call.params.text("VpcId"));
  if (vpc_id.empty()) {
    for (const auto& [id, vpc] : table(Kind::vpc).all(scope)) {
      if (vpc.shown["IsDefault"] == Value(true)) vpc_id = id;
    }
    if (vpc_id.empty()) return refused("VPCIdNotSpecified", "No default VPC for this user");
  }
  TRY(need(scope, Kind::vpc, vpc_id));
  const std::string_view name = call.params.text("GroupName");
  if (name.starts_with("sg-") || name == "default") {
    return refused(
        "InvalidParameterValue",
        fmt::format("Invalid value '{}' for groupName. {}", name,
                    name == "default" ? "It is reserved." : "It may not begin with 'sg-'."));
  }
  for (const auto& [id, other] : table(Kind::security_group).all(scope)) {
    if (other.shown.text("VpcId") == vpc_id && other.shown.text("GroupName") == name) {
      return refused(
          "InvalidGroup.Duplicate",
          fmt::format("The security group '{}' already exists for VPC '{}'", name, vpc_id));
    }
  }
  const Value tags = tags_given(call);
  const std::string id = make_security_group(scope, call.partition, vpc_id, name,
                                             call.params.text("Description"), tags);
  return json::object(
      {{"GroupId", id},
       {"SecurityGroupArn", (*find(scope, Kind::security_group, id))["SecurityGroupArn"]},
       {"Tags", tags}});
}

Result<Value> Ec2::delete_security_group(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value group = TRY(need_security_group(call));
  const std::string id(group.text("GroupId"));
  if (group.text("GroupName") == "default") {
    return refused(
        "CannotDelete",
        fmt::format("the specified group: \"{}\" name: \"default\" cannot be deleted by a user",
                    id));
  }
  const auto names_it = [&](const Value& list, auto&& member) {
    return std::ranges::any_of(items_of(list),
                               [&](const Value& one) { return member(one).text("GroupId") == id; });
  };
  bool used = false;
  for (const auto& [key, eni] : table(Kind::network_interface).all(scope)) {
    used = used || names_it(eni.shown["Groups"], [](const Value& one) { return one; });
  }
  for (const auto& [key, other] : table(Kind::security_group).all(scope)) {
    used = used || (key != id && names_it(other.shown["Rules"], [](const Value& one) {
                      return one["ReferencedGroupInfo"];
                    }));
  }
  if (used)
    return refused("DependencyViolation", fmt::format("resource {} has a dependent object", id));
  table(Kind::security_group).erase(scope, id);
  return json::object({{"Return", true}, {"GroupId", id}});
}

Result<Value> Ec2::authorize_rules(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value group = TRY(need_security_group(call));
  const Value tags = tags_given(call);
  std::vector<Value> rules = items_of(group["Rules"]), added;
  for (Value& given :
       TRY(rules_given(call.params, call.operation.ends_with("Egress"), call.account))) {
    const std::string_view peer = given["ReferencedGroupInfo"].text("GroupId");
    if (!peer.empty()) TRY(need(scope, Kind::security_group, peer));
    if (std::ranges::any_of(rules,
                            [&](const Value& rule) { return identity(rule) == identity(given); })) {
      const Value& target = given.find("CidrIpv4")   ? given["CidrIpv4"]
                            : given.find("CidrIpv6") ? given["CidrIpv6"]
                                                     : given["ReferencedGroupInfo"]["GroupId"];
      return refused(
          "InvalidPermission.Duplicate",
          fmt::format(
              "the specified rule \"peer: {}, {}, ALLOW\" already exists",
              target.is_string() ? target.as_string() : "",
              given.text("IpProtocol") == "-1"
                  ? std::string("ALL")
                  : fmt::format("{}, from port: {}, to port: {}",
                                given.text("IpProtocol") == "tcp"   ? "TCP"
                                : given.text("IpProtocol") == "udp" ? "UDP"
                                                                    : given.text("IpProtocol"),
                                *given["FromPort"].as_int64(), *given["ToPort"].as_int64())));
    }
    if (rules.size() >= kRulesMax)
      return refused("RulesPerSecurityGroupLimitExceeded",
                     "The maximum number of rules per security group has been reached.");
    if (tags.size() > 0) given = given.with("Tags", tags);
    added.push_back(shown_rule(group, given));
    rules.push_back(given);
  }
  if (added.empty())
    return refused("MissingParameter", "The request must contain the parameter ipPermissions");
  put_security_group(scope, group, std::move(rules));
  return json::object({{"Return", true}, {"SecurityGroupRules", Value::array(std::move(added))}});
}

Result<Value> Ec2::revoke_rules(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value group = TRY(need_security_group(call));
  std::vector<Value> rules = items_of(group["Rules"]);
  for (const Value& id : items_of(call.params["SecurityGroupRuleIds"])) {
    const auto gone = std::erase_if(rules, [&](const Value& rule) {
      return rule_id(group.text("GroupId"), rule) == id.as_string();
    });
    if (gone == 0) {
      return refused("InvalidSecurityGroupRuleId.NotFound",
                     fmt::format("The security group rule ID '{}' does not exist", id.as_string()));
    }
  }
  for (const Value& given :
       TRY(rules_given(call.params, call.operation.ends_with("Egress"), call.account))) {
    if (std::erase_if(rules,
                      [&](const Value& rule) { return identity(rule) == identity(given); }) == 0) {
      return refused("InvalidPermission.NotFound",
                     "The specified rule does not exist in this security group.");
    }
  }
  put_security_group(scope, group, std::move(rules));
  return json::object({{"Return", true}});
}

Result<Value> Ec2::describe_rules(const Call& call) {
  const Scope scope{call.account, call.region};
  std::vector<Value> shown;
  const Value& ids = call.params["SecurityGroupRuleIds"];
  for (const auto& [id, group] : table(Kind::security_group).all(scope)) {
    for (const Value& rule : items_of(group.shown["Rules"])) {
      Value one = shown_rule(group.shown, rule);
      const bool wanted =
          ids.size() == 0 ||
          std::ranges::find(ids.items(), one["SecurityGroupRuleId"]) != ids.items().end();
      if (wanted && passes_filters(one, call.params["Filters"])) shown.push_back(std::move(one));
    }
  }
  for (const Value& id : items_of(ids)) {
    if (std::ranges::none_of(
            shown, [&](const Value& rule) { return rule["SecurityGroupRuleId"] == id; })) {
      return refused("InvalidSecurityGroupRuleId.NotFound",
                     fmt::format("The security group rule ID '{}' does not exist", id.as_string()));
    }
  }
  return page(call, "SecurityGroupRules", shown);
}

}  // namespace ec2
