// Describe...: ids, filters and pages are the same for every kind; and what tags they carry.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "services/ec2/ec2.h"

namespace ec2 {

using json::Value;

namespace {

constexpr size_t kPageMax = 1'000;
constexpr size_t kTagsMax = 50;  // of one resource

// "availability-zone" -> "AvailabilityZone".
std::string member_of(std::string_view filter) {
  std::string out;
  bool upper = true;
  for (const char c : filter) {
    if (c == '-') {
      upper = true;
    } else {
      out.push_back(upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
      upper = false;
    }
  }
  return out;
}

std::string text_of(const Value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  return value.is_number() ? value.number_text() : "";
}

// '*' and '?' stand for any run of characters and for one. Linear: only the last '*' is ever gone
// back to.
bool like(std::string_view text, std::string_view pattern) {
  size_t t = 0, p = 0, star = pattern.npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] != '*' && pattern[p] == text[t]))) {
      ++t, ++p;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++, mark = t;
    } else if (star != pattern.npos) {
      p = star + 1, t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

const Value& tags_of(const Value& document) {
  return document.find("TagSet") ? document["TagSet"] : document["Tags"];
}

// Filters whose names are not those of the members.
std::string member_for(std::string_view filter) {
  static constexpr std::pair<std::string_view, std::string_view> kOther[] = {
      {"cidr", "CidrBlock"},
      {"cidrBlock", "CidrBlock"},
      {"isDefault", "IsDefault"},
      {"default", "IsDefault"},
      {"defaultForAz", "DefaultForAz"},
      {"availabilityZone", "AvailabilityZone"},
      {"security-group-rule-id", "SecurityGroupRuleId"}};
  const auto other =
      std::ranges::find(kOther, filter, &std::pair<std::string_view, std::string_view>::first);
  return other == std::end(kOther) ? member_of(filter) : std::string(other->second);
}

// The values that a filter looks at. "attachment.vpc-id" looks into each member of Attachments.
void values_for(const Value& document, std::string_view filter, std::vector<std::string>& out) {
  if (document.is_array()) {
    for (const Value& item : document.items()) values_for(item, filter, out);
    return;
  }
  if (filter.starts_with("tag:") || filter == "tag-key" || filter == "tag-value") {
    const Value& tags = tags_of(document);
    for (const Value& tag : tags.is_array() ? tags.items() : std::span<const Value>()) {
      if (filter == "tag-key") {
        out.emplace_back(tag.text("Key"));
      } else if (filter == "tag-value" || tag.text("Key") == filter.substr(4)) {
        out.emplace_back(tag.text("Value"));
      }
    }
    return;
  }
  const size_t dot = filter.find('.');
  if (dot != filter.npos) {
    static constexpr std::pair<std::string_view, std::string_view> kLists[] = {
        {"addresses", "PrivateIpAddresses"},
        {"group", "Groups"},
        {"ip-permission", "IpPermissions"},
        {"egress.ip-permission", "IpPermissionsEgress"},
        {"cidr-block-association", "CidrBlockAssociationSet"}};
    const std::string_view list = filter.substr(0, dot);
    const auto named =
        std::ranges::find(kLists, list, &std::pair<std::string_view, std::string_view>::first);
    const std::string member =
        named == std::end(kLists) ? member_of(list) : std::string(named->second);
    for (const std::string& name : {member, member + "s"}) {
      if (const Value* inner = document.find(name)) values_for(*inner, filter.substr(dot + 1), out);
    }
    return;
  }
  if (const Value* value = document.find(member_for(filter)); value && !value->is_array())
    out.push_back(text_of(*value));
  // A list of ids ("route-table-id" of an endpoint) is looked at item by item.
  if (const Value* values = document.find(member_for(filter) + "s"); values && values->is_array()) {
    for (const Value& value : values->items()) out.push_back(text_of(value));
  }
}

}  // namespace

bool passes_filters(const Value& document, const Value& filters) {
  if (!filters.is_array()) return true;
  return std::ranges::all_of(filters.items(), [&](const Value& filter) {
    std::vector<std::string> values;
    values_for(document, filter.text("Name"), values);
    const Value& wanted = filter["Values"];
    if (!wanted.is_array()) return true;
    return std::ranges::any_of(wanted.items(), [&](const Value& pattern) {
      return std::ranges::any_of(
          values, [&](const std::string& value) { return like(value, text_of(pattern)); });
    });
  });
}

Result<Value> Ec2::page(const Call& call, std::string_view member,
                        const std::vector<Value>& list) const {
  size_t limit = kPageMax, from = 0;
  if (const auto most = call.params["MaxResults"].as_int64(); most && *most > 0)
    limit = std::min(limit, static_cast<size_t>(*most));
  const std::string purpose =
      fmt::format("ec2:{}:{}:{}", call.operation, call.account, call.region);
  if (const std::string_view token = call.params.text("NextToken"); !token.empty()) {
    const auto opened = kit_.sealer.open(purpose, token);
    if (!opened)
      return refused("InvalidNextToken", fmt::format("The token '{}' is invalid.", token));
    std::from_chars(opened->data(), opened->data() + opened->size(), from);
  }
  from = std::min(from, list.size());
  const size_t to = std::min(list.size(), from + limit);
  json::ObjectBuilder out;
  out.add(member, Value::array(std::vector<Value>(list.begin() + static_cast<ptrdiff_t>(from),
                                                  list.begin() + static_cast<ptrdiff_t>(to))));
  if (to < list.size()) out.add("NextToken", kit_.sealer.seal(purpose, std::to_string(to)));
  return out.build();
}

Value Ec2::shown(const Scope& scope, Kind kind, const Value& document) {
  if (kind == Kind::vpc) return document.without("EnableDnsSupport").without("EnableDnsHostnames");
  if (kind == Kind::security_group) return document.without("Rules");
  if (kind != Kind::subnet) return document;
  int64_t used = 0;
  for (const auto& [id, eni] : table(Kind::network_interface).all(scope))
    used += eni.shown["SubnetId"] == document["SubnetId"];
  return document.with("AvailableIpAddressCount",
                       document["AvailableIpAddressCount"].as_int64().value_or(0) - used);
}

Result<Value> Ec2::describe(const Call& call, Kind kind) {
  const Scope scope{call.account, call.region};
  const KindInfo& what = info(kind);
  const Value& ids = call.params[what.ids_param];
  const Value& names = call.params["GroupNames"];
  if (ids.is_array()) {
    for (const Value& id : ids.items()) TRY(need(scope, kind, id.as_string()));
  }
  std::vector<Value> list;
  for (const auto& [id, document] : table(kind).all(scope)) {
    if (ids.size() > 0 && std::ranges::find(ids.items(), Value(id)) == ids.items().end()) continue;
    if (names.size() > 0 &&
        std::ranges::find(names.items(), document.shown["GroupName"]) == names.items().end())
      continue;
    if (!passes_filters(document.shown, call.params.find("Filter") ? call.params["Filter"]
                                                                   : call.params["Filters"]))
      continue;
    list.push_back(shown(scope, kind, document.shown));
  }
  return page(call, what.list_member, list);
}

Result<Value> Ec2::describe_zones(const Call& call) {
  std::vector<Value> zones;
  const Value &names = call.params["ZoneNames"], &ids = call.params["ZoneIds"];
  const auto among = [](const Value& list, const std::string& one) {
    return list.size() == 0 || std::ranges::find(list.items(), Value(one)) != list.items().end();
  };
  for (const char letter : kZoneLetters) {
    const std::string name = call.region + letter;
    const Value zone = json::object({{"OptInStatus", "opt-in-not-required"},
                                     {"Messages", Value::array()},
                                     {"RegionName", call.region},
                                     {"ZoneName", name},
                                     {"ZoneId", zone_id(name)},
                                     {"GroupName", call.region + "-zg-1"},
                                     {"NetworkBorderGroup", call.region},
                                     {"ZoneType", "availability-zone"},
                                     {"State", "available"}});
    if (among(names, name) && among(ids, zone_id(name)) &&
        passes_filters(zone, call.params["Filters"]))
      zones.push_back(zone);
  }
  if (zones.size() < names.size())
    return refused("InvalidParameterValue",
                   fmt::format("Invalid availability zone: [{}]", names[size_t{0}].as_string()));
  return json::object({{"AvailabilityZones", Value::array(std::move(zones))}});
}

Result<Value> Ec2::describe_regions(const Call& call) {
  static constexpr std::string_view kRegions[] = {
      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
      "ap-southeast-2", "ca-central-1",   "eu-central-1",   "eu-north-1", "eu-west-1",
      "eu-west-2",      "eu-west-3",      "sa-east-1",      "us-east-1",  "us-east-2",
      "us-west-1",      "us-west-2"};
  std::vector<std::string> known(std::begin(kRegions), std::end(kRegions));
  // Every region name works here, so the one that asks is one.
  if (std::ranges::find(known, call.region) == known.end()) known.push_back(call.region);
  std::vector<Value> regions;
  const Value& names = call.params["RegionNames"];
  for (const std::string& name : known) {
    const Value one = json::object({{"RegionName", name},
                                    {"Endpoint", fmt::format("ec2.{}.amazonaws.com", name)},
                                    {"OptInStatus", "opt-in-not-required"}});
    if (names.size() > 0 && std::ranges::find(names.items(), Value(name)) == names.items().end())
      continue;
    if (passes_filters(one, call.params["Filters"])) regions.push_back(one);
  }
  if (regions.size() < names.size())
    return refused("InvalidParameterValue",
                   fmt::format("Invalid region name: {}", names[size_t{0}].as_string()));
  return json::object({{"Regions", Value::array(std::move(regions))}});
}

Result<Value> Ec2::describe_account_attributes(const Call& call) {
  const Scope scope{call.account, call.region};
  std::string default_vpc = "none";
  for (const auto& [id, vpc] : table(Kind::vpc).all(scope)) {
    if (vpc.shown["IsDefault"] == Value(true)) default_vpc = id;
  }
  const std::pair<std::string_view, std::string> attributes[] = {
      {"supported-platforms", "VPC"},
      {"default-vpc", default_vpc},
      {"vpc-max-security-groups-per-interface", "5"},
      {"vpc-max-elastic-ips", "5"}};
  std::vector<Value> out;
  const Value& names = call.params["AttributeNames"];
  for (const auto& [name, value] : attributes) {
    if (names.size() > 0 && std::ranges::find(names.items(), Value(name)) == names.items().end())
      continue;
    out.push_back(json::object(
        {{"AttributeName", name},
         {"AttributeValues", json::array({json::object({{"AttributeValue", value}})})}}));
  }
  return json::object({{"AccountAttributes", Value::array(std::move(out))}});
}

// The services that gateway endpoints lead to.
Result<Value> Ec2::describe_prefix_lists(const Call& call) {
  std::vector<Value> list;
  const Value& ids = call.params["PrefixListIds"];
  for (const auto& [service, id] :
       {std::pair{"s3", "pl-63a5400a"}, std::pair{"dynamodb", "pl-02cd2c6b"}}) {
    const Value one = json::object(
        {{"Cidrs", Value::array()},
         {"PrefixListId", id},
         {"PrefixListName", fmt::format("com.amazonaws.{}.{}", call.region, service)}});
    if (ids.size() > 0 && std::ranges::find(ids.items(), Value(id)) == ids.items().end()) continue;
    if (passes_filters(one, call.params["Filters"])) list.push_back(one);
  }
  return page(call, "PrefixLists", list);
}

Result<Value> Ec2::describe_tags(const Call& call) {
  const Scope scope{call.account, call.region};
  std::vector<Value> list;
  for (size_t kind = 0; kind < tables_.size(); ++kind) {
    for (const auto& [id, document] : tables_[kind].all(scope)) {
      const Value& tags = tags_of(document.shown);
      if (!tags.is_array()) continue;
      for (const Value& tag : tags.items()) {
        const Value one = json::object({{"Key", tag["Key"]},
                                        {"ResourceId", id},
                                        {"ResourceType", info(static_cast<Kind>(kind)).type},
                                        {"Value", tag["Value"]}});
        if (passes_filters(one, call.params["Filters"])) list.push_back(one);
      }
    }
  }
  return page(call, "Tags", list);
}

Result<Value> Ec2::change_tags(const Call& call) {
  const Scope scope{call.account, call.region};
  const bool adds = call.operation == "CreateTags";
  const Value& ids = call.params["Resources"];
  if (ids.size() == 0)
    return refused("MissingParameter", "The request must contain the parameter resourceIdSet");
  std::vector<std::pair<Kind, Value>> changed;
  for (const Value& id : ids.items()) {
    bool known = false;
    for (size_t kind = 0; kind < tables_.size() && !known; ++kind) {
      const Value* document = find(scope, static_cast<Kind>(kind), id.as_string());
      if (!document) continue;
      known = true;
      const std::string_view member = document->find("TagSet") ? "TagSet" : "Tags";
      std::vector<Value> tags((*document)[member].items().begin(),
                              (*document)[member].items().end());
      if (call.params["Tags"].is_array()) {
        for (const Value& given : call.params["Tags"].items()) {
          if (given.text("Key").starts_with("aws:") && !call.for_stack()) {
            return refused("InvalidParameterValue",
                           fmt::format("Value ( {} ) for parameter key is invalid. Tag keys "
                                       "starting with 'aws:' are reserved for internal use",
                                       given.text("Key")));
          }
          // A tag given with a value is taken off only when it has this value.
          std::erase_if(tags, [&](const Value& tag) {
            return tag.text("Key") == given.text("Key") &&
                   (adds || !given.find("Value") || given.text("Value") == tag.text("Value"));
          });
          if (adds)
            tags.push_back(
                json::object({{"Key", given.text("Key")}, {"Value", given.text("Value")}}));
        }
      } else if (!adds) {
        std::erase_if(tags, [](const Value& tag) { return !tag.text("Key").starts_with("aws:"); });
      }
      if (tags.size() > kTagsMax)
        return refused("TagLimitExceeded",
                       "The maximum number of Tags for a resource has been reached.");
      changed.emplace_back(static_cast<Kind>(kind),
                           document->with(member, Value::array(std::move(tags))));
    }
    if (!known)
      return refused("InvalidID", fmt::format("The ID '{}' is not valid", id.as_string()));
  }
  for (const auto& [kind, document] : changed) put(scope, kind, document);
  return Value::object();
}

}  // namespace ec2
