#include "services/cloudformation/change_set_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "language/json/parse.h"
#include "services/cloudformation/template.h"

namespace cloudformation {

using json::Value;

namespace {

// One cause of one change of one property (or of Metadata and the like).
struct Detail {
  std::string source;     // "DirectModification"
  std::string evaluation; // "Static", "Dynamic"
  std::string causing;    // parameter, "Resource.Attribute", or empty
  std::string attribute;  // "Properties"
  std::string name;       // of the property
  bool recreates = false;
  bool valued_only = false, plain_only = false;
};

struct Leaf {
  std::string path;
  std::optional<Value> before, after;
};

// Where two values differ, down to the scalars.
void find_leaves(const Value* before, const Value* after, const std::string& path, std::vector<Leaf>& out) {
  const bool both = before && after;
  if (both && *before == *after) return;
  if (both && before->is_object() && after->is_object()) {
    std::set<std::string> names;
    for (const json::Member& member : before->members()) names.emplace(member.name);
    for (const json::Member& member : after->members()) names.emplace(member.name);
    for (const std::string& name : names) find_leaves(before->find(name), after->find(name), fmt::format("{}/{}", path, name), out);
    return;
  }
  if (both && before->is_array() && after->is_array()) {
    for (size_t i = 0; i < std::max(before->size(), after->size()); ++i) {
      find_leaves(i < before->size() ? &(*before)[i] : nullptr, i < after->size() ? &(*after)[i] : nullptr, fmt::format("{}/{}", path, i), out);
    }
    return;
  }
  out.push_back({path, before ? std::optional(*before) : std::nullopt, after ? std::optional(*after) : std::nullopt});
}

std::string shown_value(const Value& value) {
  if (auto text = scalar_text(value)) return *std::move(text);
  return json::write(value);
}

class Comparison {
 public:
  Comparison(const Stack& stack, const Revision& revision, const Plan& plan, const Records& records, const Catalog& catalog)
      : stack_(stack), plan_(plan), records_(records), catalog_(catalog), names_(plan.names) {
    names_.ref = [this](std::string_view id) -> Result<Value> {
      const Resource* there = known(id);
      if (!there) return Value(kKnownAfterApply);
      const Value* special = there->now.attributes.find("");
      return special ? *special : Value(there->now.id);
    };
    names_.attribute = [this](std::string_view id, std::string_view attribute) -> Result<Value> {
      const Resource* there = known(id);
      if (!there) return Value(kKnownAfterApply);
      if (const Value* value = there->now.attributes.find(attribute)) return *value;
      if (const Value* value = there->now.properties.find(attribute)) return *value;
      return Value("");
    };
    names_.imported = [](std::string_view) -> Result<Value> { return Value(kKnownAfterApply); };
    for (const Parameter& one : revision.parameters) {
      const auto before = std::ranges::find(stack.revision.parameters, one.key, &Parameter::key);
      if (before == stack.revision.parameters.end() || before->value != one.value) changed_parameters_.insert(one.key);
      for (const std::string* secret : {one.no_echo ? &one.value : nullptr, before != stack.revision.parameters.end() && before->no_echo ? &before->value : nullptr}) {
        if (secret && !secret->empty()) secrets_.push_back(*secret);
      }
    }
    tags_differ_ = !(stack.revision.tags == revision.tags);
  }

  Changes run() {
    // Causes come before what they change: in the order in which resources would be made.
    std::set<std::string> left(plan_.resources.begin(), plan_.resources.end());
    while (!left.empty()) {
      const auto next = std::ranges::find_if(left, [&](const std::string& id) {
        return std::ranges::none_of(plan_.depends.find(id)->second, [&](const std::string& other) { return left.contains(other); });
      });
      if (next == left.end()) break;
      const std::string id = *next;
      left.erase(next);
      compare(id);
    }
    for (const Resource* one : records_.resources(stack_)) {
      if (!plan_.has(one->logical_id) && !gone(*one)) removed(*one);
    }
    Changes out;
    for (const auto& [plain, list] : {std::pair{true, &out.plain}, std::pair{false, &out.valued}}) {
      std::vector<Value> changes;
      for (const auto& [key, change] : plain ? plain_ : valued_) {
        changes.push_back(json::object({{"Type", "Resource"}, {"ResourceChange", change}}));
      }
      *list = Value::array(std::move(changes));
    }
    return out;
  }

 private:
  static bool gone(const Resource& one) { return one.status == "DELETE_COMPLETE" || one.status == "DELETE_SKIPPED" || one.now.id.empty(); }
  // AWS quirk (recorded): a name comes after the longer names that begin with it.
  static std::string sort_key(const std::string& id) { return id + "~"; }

  // A resource as it is now and will still be; null when it is yet to be made, or to be made again.
  const Resource* known(std::string_view id) const {
    const Resource* there = records_.resource(stack_, id);
    return there && !gone(*there) && !replaced_.contains(std::string(id)) ? there : nullptr;
  }

  void compare(const std::string& id) {
    const Value& declared = plan_.resource(id);
    auto made = evaluate_value(declared["Properties"], names_);
    const Value properties = made && made->is_object() ? with_texts(*made) : Value::object();
    const Resource* there = known(id);
    if (!there) return added(id, declared, properties);
    const ResourceType* type = catalog_.find(there->type);
    const Value before = with_texts(there->now.properties.is_object() ? there->now.properties : Value::object());
    std::vector<Detail> details;
    std::vector<Leaf> leaves;

    auto metadata = evaluate_value(declared["Metadata"], names_);
    if (metadata && !(with_texts(*metadata) == with_texts(there->metadata))) add_causes(declared["Metadata"], "Metadata", "", false, details);
    std::set<std::string> changed;
    for (const Value* side : {&before, &properties}) {
      for (const json::Member& member : side->members()) changed.emplace(member.name);
    }
    bool replaces = false;
    for (const std::string& name : changed) {
      const Value *old = before.find(name), *now = properties.find(name);
      const bool recreates = type && type->replaces(name);
      if (old && now && *old == *now) {
        add_dynamic(declared["Properties"][name], name, recreates, details);
        continue;
      }
      replaces = replaces || recreates;
      find_leaves(old, now, fmt::format("/Properties/{}", name), leaves);
      add_causes(declared["Properties"][name], "Properties", name, recreates, details);
    }
    for (const std::string_view policy : {"DeletionPolicy", "UpdateReplacePolicy"}) {
      auto value = evaluate_value(declared[policy], names_);
      const std::string text = value ? scalar_text(*value).value_or("") : "";
      if (text != (policy == "DeletionPolicy" ? there->deletion_policy : there->update_replace_policy)) {
        add_causes(declared[policy], std::string(policy), "", false, details);
      }
    }
    if (tags_differ_ && type && type->taggable) details.push_back({"DirectModification", "Static", "", "Tags", "", false});
    if (replaces) replaced_.insert(id);
    if (details.empty()) return;
    modified_.insert(id);
    modify(id, *there, declared, before, properties, details, leaves, replaces);
  }

  // Why a value changes: parameters that changed, resources that will be new, or the template itself.
  void add_causes(const Value& declared, const std::string& attribute, const std::string& name, bool recreates, std::vector<Detail>& details) {
    std::set<std::string> parameters, resources;
    visit_references(choose_branches(declared, names_.conditions), [&](const Reference& reference) {
      if (reference.kind == Reference::Kind::name && changed_parameters_.contains(reference.name)) parameters.insert(reference.name);
      if (reference.kind == Reference::Kind::condition || !replaced_.contains(reference.name)) return;
      resources.insert(reference.kind == Reference::Kind::name ? reference.name : fmt::format("{}.{}", reference.name, reference.attribute));
    });
    for (const std::string& one : parameters) details.push_back({"ParameterReference", "Static", one, attribute, name, recreates});
    const bool indirect = !parameters.empty() || !resources.empty();
    Detail direct{"DirectModification", indirect ? "Dynamic" : "Static", "", attribute, name, recreates};
    // AWS quirk (recorded): where only resources are to blame, the template is suspected only with values.
    direct.valued_only = parameters.empty() && !resources.empty();
    details.push_back(direct);
    for (const std::string& one : resources) {
      details.push_back({one.find('.') == one.npos ? "ResourceReference" : "ResourceAttribute", "Static", one, attribute, name, recreates});
    }
  }

  // A value that is the same as far as one can tell, but made of an attribute of a resource that changes.
  void add_dynamic(const Value& declared, const std::string& name, bool recreates, std::vector<Detail>& details) {
    std::set<std::string> attributes;
    visit_references(choose_branches(declared, names_.conditions), [&](const Reference& reference) {
      if (reference.kind == Reference::Kind::attribute && modified_.contains(reference.name)) attributes.insert(fmt::format("{}.{}", reference.name, reference.attribute));
    });
    for (const std::string& one : attributes) {
      Detail detail{"ResourceAttribute", "Dynamic", one, "Properties", name, recreates};
      detail.plain_only = true;
      details.push_back(detail);
    }
  }

  std::string masked(std::string text) const {
    for (const std::string& secret : secrets_) {
      for (size_t at = 0; (at = text.find(secret, at)) != text.npos; at += 4) text.replace(at, secret.size(), "****");
    }
    return text;
  }

  std::string context(const Value& properties, const Value& metadata) const {
    json::ObjectBuilder out;
    out.add("Properties", properties);
    if (metadata.is_object() && metadata.size() > 0) out.add("Metadata", with_texts(metadata));
    return masked(json::write(out.build()));
  }

  Value shown_detail(const Detail& detail, const Leaf* leaf) const {
    json::ObjectBuilder target, out;
    target.add("Attribute", detail.attribute).add_text("Name", detail.name);
    target.add("RequiresRecreation", detail.recreates ? "Always" : "Never");
    if (leaf) {
      target.add("Path", leaf->path);
      if (leaf->before) target.add("BeforeValue", masked(shown_value(*leaf->before)));
      if (leaf->after) target.add("AfterValue", masked(shown_value(*leaf->after)));
      target.add("AttributeChangeType", !leaf->before ? "Add" : !leaf->after ? "Remove" : "Modify");
    }
    out.add("Target", target.build()).add("Evaluation", detail.evaluation).add("ChangeSource", detail.source).add_text("CausingEntity", detail.causing);
    return out.build();
  }

  void modify(const std::string& id, const Resource& there, const Value& declared, const Value& before, const Value& after,
              const std::vector<Detail>& all_details, const std::vector<Leaf>& leaves, bool replaces) {
    std::vector<Detail> details = all_details;
    const auto rank = [](const Detail& detail) { return detail.source == "ParameterReference" ? 0 : detail.source == "DirectModification" ? 1 : 2; };
    std::ranges::stable_sort(details, {}, rank);
    for (const bool valued : {false, true}) {
      std::set<std::string> scope;
      std::vector<Value> shown;
      bool maybe = false;
      for (const Detail& detail : details) {
        if (valued ? detail.plain_only : detail.valued_only) continue;
        scope.insert(detail.attribute);
        maybe = maybe || (detail.recreates && detail.evaluation == "Dynamic");
        bool any = false;
        const std::string prefix = fmt::format("/Properties/{}", detail.name);
        for (const Leaf& leaf : leaves) {
          if (!valued || detail.attribute != "Properties" || (leaf.path != prefix && !leaf.path.starts_with(prefix + "/"))) continue;
          shown.push_back(shown_detail(detail, &leaf));
          any = true;
        }
        if (!any) shown.push_back(shown_detail(detail, nullptr));
      }
      if (shown.empty()) continue;
      json::ObjectBuilder change;
      if (replaces) change.add("PolicyAction", there.update_replace_policy.starts_with("Retain") ? "ReplaceAndRetain" : "ReplaceAndDelete");
      change.add("Action", "Modify").add("LogicalResourceId", id).add("PhysicalResourceId", there.now.id).add("ResourceType", there.type);
      change.add("Replacement", replaces ? "True" : maybe ? "Conditional" : "False").add("Scope", Value::array(std::vector<Value>(scope.begin(), scope.end())));
      change.add("Details", Value::array(std::move(shown)));
      if (valued) {
        auto metadata = evaluate_value(declared["Metadata"], names_);
        change.add("BeforeContext", context(before, there.metadata)).add("AfterContext", context(after, metadata ? *metadata : Value()));
      }
      (valued ? valued_ : plain_)[sort_key(id)] = change.build();
    }
  }

  void added(const std::string& id, const Value& declared, const Value& properties) {
    replaced_.insert(id);
    json::ObjectBuilder change;
    change.add("Action", "Add").add("LogicalResourceId", id).add("ResourceType", declared["Type"]).add("Scope", Value::array()).add("Details", Value::array());
    const Value plain = change.build();
    plain_[sort_key(id)] = plain;
    auto metadata = evaluate_value(declared["Metadata"], names_);
    valued_[sort_key(id)] = plain.with("AfterContext", context(properties, metadata ? *metadata : Value()));
  }

  void removed(const Resource& there) {
    json::ObjectBuilder change;
    change.add("PolicyAction", there.deletion_policy == "Retain" ? "Retain" : "Delete");
    change.add("Action", "Remove").add("LogicalResourceId", there.logical_id).add("PhysicalResourceId", there.now.id).add("ResourceType", there.type);
    const Value plain = change.add("Scope", Value::array()).add("Details", Value::array()).build();
    plain_[sort_key(there.logical_id)] = plain;
    valued_[sort_key(there.logical_id)] = plain.with("BeforeContext", context(with_texts(there.now.properties), there.metadata));
  }

  const Stack& stack_;
  const Plan& plan_;
  const Records& records_;
  const Catalog& catalog_;
  Names names_;
  std::set<std::string> changed_parameters_, replaced_, modified_;
  std::vector<std::string> secrets_;
  bool tags_differ_ = false;
  std::map<std::string, Value> plain_, valued_;
};

}  // namespace

Changes find_changes(const Stack& stack, const Revision& revision, const Plan& plan, const Records& records, const Catalog& catalog) {
  return Comparison(stack, revision, plan, records, catalog).run();
}

bool differs(const Stack& stack, const Revision& revision, const Plan& plan, const Records& records, const Catalog& catalog) {
  if (find_changes(stack, revision, plan, records, catalog).plain.size() > 0) return true;
  const Value &before = stack.revision.body(), &after = plan.body;
  if (!(before["Outputs"] == after["Outputs"]) || !(stack.revision.tags == revision.tags)) return true;
  if (!(stack.revision.notification_arns == revision.notification_arns)) return true;
  // Outputs may be made of parameters and mappings alone.
  return after["Outputs"].size() > 0 && (!(stack.revision.parameters == revision.parameters) || !(before["Mappings"] == after["Mappings"]) ||
                                         !(before["Conditions"] == after["Conditions"]));
}

}  // namespace cloudformation
