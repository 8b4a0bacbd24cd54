// Describe...: ids, filters and pages are the same for every kind; and what tags they carry.
#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/ec2.h"

namespace ec2 {

using json::Value;

namespace {

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

// '*' and '?' stand for any run of characters and for one.
bool like(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') return like(text, pattern.substr(1)) || (!text.empty() && like(text.substr(1), pattern));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && like(text.substr(1), pattern.substr(1));
}

// The values that a filter looks at. "attachment.vpc-id" looks into each member of Attachments.
std::vector<std::string> values_for(const Value& document, std::string_view filter) {
  std::vector<std::string> out;
  const Value& tags = document.find("TagSet") ? document["TagSet"] : document["Tags"];
  if (filter.starts_with("tag:") || filter == "tag-key") {
    if (!tags.is_array()) return out;
    for (const Value& tag : tags.items()) {
      if (filter == "tag-key") {
        out.emplace_back(tag.text("Key"));
      } else if (tag.text("Key") == filter.substr(4)) {
        out.emplace_back(tag.text("Value"));
      }
    }
    return out;
  }
  const size_t dot = filter.find('.');
  if (dot != filter.npos) {
    std::string list = member_of(filter.substr(0, dot));
    const Value* inner = document.find(list + "s");
    if (!inner) inner = document.find(list);
    if (inner && inner->is_array()) {
      for (const Value& item : inner->items()) {
        for (auto& value : values_for(item, filter.substr(dot + 1))) out.push_back(std::move(value));
      }
    }
    if (list == "Association" && filter.substr(dot + 1) == "route-table-association-id" && inner && inner->is_array()) {
      for (const Value& item : inner->items()) out.emplace_back(item.text("RouteTableAssociationId"));
    }
    return out;
  }
  static constexpr std::pair<std::string_view, std::string_view> kOther[] = {
      {"cidr", "CidrBlock"}, {"cidrBlock", "CidrBlock"}, {"isDefault", "IsDefault"}, {"default-for-az", "DefaultForAz"}, {"availabilityZone", "AvailabilityZone"},
      {"addresses.private-ip-address", "PrivateIpAddress"}, {"default", "IsDefault"}};
  const auto other = std::ranges::find(kOther, filter, &std::pair<std::string_view, std::string_view>::first);
  const Value* value = document.find(other == std::end(kOther) ? member_of(filter) : std::string(other->second));
  if (value) out.push_back(text_of(*value));
  return out;
}

bool passes(const Value& document, const Value& filters) {
  if (!filters.is_array()) return true;
  return std::ranges::all_of(filters.items(), [&](const Value& filter) {
    const auto values = values_for(document, filter.text("Name"));
    const Value& wanted = filter["Values"];
    if (!wanted.is_array()) return true;
    return std::ranges::any_of(wanted.items(), [&](const Value& pattern) {
      return std::ranges::any_of(values, [&](const std::string& value) { return like(value, text_of(pattern)); });
    });
  });
}

}  // namespace

Result<Value> Ec2::describe(const Call& call, Kind kind) {
  const Scope scope{call.account, call.region};
  const KindInfo& what = info(kind);
  const Value& ids = call.params[what.ids_param];
  std::vector<Value> list;
  std::string next;
  size_t limit = 1'000;
  if (const auto most = call.params["MaxResults"].as_int64(); most && *most > 0) limit = std::min(limit, static_cast<size_t>(*most));
  const std::string purpose = fmt::format("ec2:{}:{}:{}", call.operation, call.account, call.region);
  std::string from;
  if (const std::string_view token = call.params.text("NextToken"); !token.empty()) {
    auto opened = kit_.sealer.open(purpose, token);
    if (!opened) return refused("InvalidNextToken", fmt::format("The token '{}' is invalid.", token));
    from = *opened;
  }
  if (ids.is_array()) {
    for (const Value& id : ids.items()) TRY(need(scope, kind, id.as_string()));
  }
  const auto& all = table(kind).all(scope);
  for (auto it = all.lower_bound(from); it != all.end(); ++it) {
    const Value& shown = it->second.shown;
    if (ids.is_array() && ids.size() > 0 && std::ranges::find(ids.items(), Value(it->first)) == ids.items().end()) continue;
    const Value& names = call.params["GroupNames"];
    if (names.is_array() && names.size() > 0 && std::ranges::find(names.items(), shown["GroupName"]) == names.items().end()) continue;
    if (!passes(shown, call.params.find("Filter") ? call.params["Filter"] : call.params["Filters"])) continue;
    if (list.size() == limit) {
      next = it->first;
      break;
    }
    Value one = shown;
    if (kind == Kind::subnet) {
      int64_t used = 0;
      for (const auto& [id, eni] : table(Kind::network_interface).all(scope)) used += eni.shown.text("SubnetId") == it->first;
      one = one.with("AvailableIpAddressCount", one["AvailableIpAddressCount"].as_int64().value_or(0) - used);
    }
    list.push_back(std::move(one));
  }
  json::ObjectBuilder out;
  out.add(what.list_member, Value::array(std::move(list)));
  if (!next.empty()) out.add("NextToken", kit_.sealer.seal(purpose, next));
  return out.build();
}

Result<Value> Ec2::describe_zones(const Call& call) {
  std::vector<Value> zones;
  for (const char letter : {'a', 'b', 'c'}) {
    const std::string name = call.region + letter;
    const Value zone = json::object({{"ZoneName", name}, {"ZoneId", fmt::format("{}-az{}", call.region, letter - 'a' + 1)}, {"RegionName", call.region}, {"State", "available"},
                                     {"OptInStatus", "opt-in-not-required"}, {"GroupName", call.region}, {"NetworkBorderGroup", call.region},
                                     {"ZoneType", "availability-zone"}, {"Messages", Value::array()}});
    const Value& names = call.params["ZoneNames"];
    if (names.is_array() && names.size() > 0 && std::ranges::find(names.items(), Value(name)) == names.items().end()) continue;
    if (passes(zone, call.params["Filters"])) zones.push_back(zone);
  }
  return json::object({{"AvailabilityZones", Value::array(std::move(zones))}});
}

Result<Value> Ec2::describe_regions(const Call& call) {
  std::vector<Value> regions;
  for (const std::string_view name : {"us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "ap-southeast-1"}) {
    regions.push_back(json::object({{"RegionName", name}, {"Endpoint", fmt::format("ec2.{}.amazonaws.com", name)}, {"OptInStatus", "opt-in-not-required"}}));
  }
  (void)call;
  return json::object({{"Regions", Value::array(std::move(regions))}});
}

Result<Value> Ec2::describe_tags(const Call& call) {
  const Scope scope{call.account, call.region};
  std::vector<Value> list;
  for (size_t kind = 0; kind < tables_.size(); ++kind) {
    for (const auto& [id, document] : tables_[kind].all(scope)) {
      const Value& tags = document.shown.find("TagSet") ? document.shown["TagSet"] : document.shown["Tags"];
      if (!tags.is_array()) continue;
      for (const Value& tag : tags.items()) {
        const Value one = json::object({{"Key", tag["Key"]}, {"Value", tag["Value"]}, {"ResourceId", id}, {"ResourceType", info(static_cast<Kind>(kind)).type}});
        if (passes(one, call.params["Filters"])) list.push_back(one);
      }
    }
  }
  return json::object({{"Tags", Value::array(std::move(list))}});
}

Result<Value> Ec2::change_tags(const Call& call) {
  const Scope scope{call.account, call.region};
  const bool adds = call.operation == "CreateTags";
  if (!call.params["Resources"].is_array()) return refused("MissingParameter", "The request must contain the parameter resourceIdSet");
  for (const Value& id : call.params["Resources"].items()) {
    bool known = false;
    for (size_t kind = 0; kind < tables_.size() && !known; ++kind) {
      const Value* shown = find(scope, static_cast<Kind>(kind), id.as_string());
      if (!shown) continue;
      known = true;
      const std::string_view member = shown->find("TagSet") ? "TagSet" : "Tags";
      std::vector<Value> tags((*shown)[member].items().begin(), (*shown)[member].items().end());
      if (call.params["Tags"].is_array()) {
        for (const Value& given : call.params["Tags"].items()) {
          std::erase_if(tags, [&](const Value& tag) { return tag.text("Key") == given.text("Key"); });
          if (adds) tags.push_back(json::object({{"Key", given.text("Key")}, {"Value", given.text("Value")}}));
        }
      } else if (!adds) {
        tags.clear();
      }
      put(scope, static_cast<Kind>(kind), shown->with(member, Value::array(std::move(tags))));
    }
    if (!known) return refused("InvalidID", fmt::format("The ID '{}' is not valid", id.as_string()));
  }
  return Value::object();
}

}  // namespace ec2
