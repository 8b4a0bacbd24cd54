#pragma once
// A revision's template, made ready to be carried out: which resources its conditions let be, and in which
// order they can be made.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "services/cloudformation/functions.h"
#include "services/cloudformation/stack.h"

namespace cloudformation {

struct Plan {
  json::Value body;
  Names names;  // without what resources stand for
  // Logical ids in the template's order, and for each what it needs.
  std::vector<std::string> resources;
  std::map<std::string, std::set<std::string>, std::less<>> depends;

  const json::Value& resource(std::string_view logical_id) const { return body["Resources"][logical_id]; }
  bool has(std::string_view logical_id) const { return depends.contains(logical_id); }
  // Whether an output is there.
  bool has_output(const json::Value& output) const;
};

// Fails when names cannot be resolved, resources wait for each other, or a rule does not hold.
Result<Plan> make_plan(const Revision& revision, const Pseudo& pseudo);

// What stands in a value when each Fn::If is the branch that its condition chooses.
json::Value choose_branches(const json::Value& value, const std::map<std::string, bool, std::less<>>& conditions);

// The resources among `depends` that wait for each other, sorted; empty when there is an order.
std::vector<std::string> find_cycle(const std::map<std::string, std::set<std::string>, std::less<>>& depends);

}  // namespace cloudformation
