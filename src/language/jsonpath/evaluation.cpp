#include "language/jsonpath/evaluation.h"

#include <algorithm>

#include "language/json/nodes.h"
#include "language/jsonpath/java_text.h"

namespace jsonpath {

using json::Value;

const Value* look_up(const Path::Code& code, const Value& start) {
  const Value* model = &start;
  for (const Step& step : code.steps) {
    if (step.kind == Step::Kind::property) {
      model = model->find(step.name);
      if (model == nullptr) return nullptr;
    } else {
      if (!model->is_array()) return nullptr;
      const auto items = model->items();
      const ptrdiff_t size = std::ssize(items);
      const ptrdiff_t at = step.index < 0 ? size + step.index : step.index;
      if (at < 0 || at >= size) return nullptr;
      model = &items[static_cast<size_t>(at)];
    }
  }
  return model;
}

bool Evaluation::evaluate(const Value& start, Value& out) {
  if (!walk(0, start)) return false;
  if (!code_.definite) {
    out = Value::array(std::move(results_));
    return true;
  }
  if (results_.empty()) {
    return run_.stop(Trouble::not_found, "No results for path: " + code_.canonical(code_.steps.size(), true));
  }
  out = std::move(results_.back());
  return true;
}

bool Evaluation::walk(size_t step, const Value& model) {
  if (!run_.spend()) return false;
  if (++run_.depth > Run::kDepthMax) {
    --run_.depth;
    return run_.stop(Trouble::function, "The path leads too deep");
  }
  int entered = 0;
  const bool ok = chain(step, &model, entered);
  entered_ -= entered;
  --run_.depth;
  return ok;
}

// Follows single steps in a loop and leaves those that fan out to others.
bool Evaluation::chain(size_t at, const Value* model, int& entered) {
  Value made;  // by a function
  for (; at < code_.steps.size(); ++at) {
    const Step& step = code_.steps[at];
    switch (step.kind) {
      case Step::Kind::property: {
        if (!model->is_object()) return missing_object(at, *model);
        const Value* found = find(at, *model);
        if (found == nullptr) {
          if (leaf(at)) return !require_ || run_.stop(Trouble::not_found, "No results for path: " + canonical(at + 1));
          if (!step.upstream_definite && !require_) return true;
          return run_.stop(Trouble::not_found, "Missing property in path " + canonical(at + 1));
        }
        if (leaf(at) && hidden_by_scan(at)) return true;
        model = found;
        break;
      }
      case Step::Kind::index: {
        bool go_on = false;
        if (!check_array(at, *model, go_on) || !go_on) return go_on || run_.trouble == Trouble::none;
        const auto items = model->items();
        const ptrdiff_t size = std::ssize(items);
        const ptrdiff_t place = step.index < 0 ? size + step.index : step.index;
        if (place < 0 || place >= size) {
          run_.past_end = true;
          return true;
        }
        model = &items[static_cast<size_t>(place)];
        ++entered;
        ++entered_;
        break;
      }
      case Step::Kind::function: {
        Value result;
        if (!call_function(step, *model, run_, result)) {
          if (run_.trouble != Trouble::overrun || entered_ == 0) return false;
          run_.trouble = Trouble::none;
          return true;
        }
        if (leaf(at)) {
          results_.push_back(std::move(result));
          return true;
        }
        results_.push_back(result);
        made = std::move(result);
        model = &made;
        break;
      }
      case Step::Kind::properties:
        return properties(at, *model);
      case Step::Kind::indexes:
        return indexes(at, *model);
      case Step::Kind::slice:
        return slice(at, *model);
      case Step::Kind::wildcard:
        return wildcard(at, *model);
      case Step::Kind::filter:
        return filter(at, *model);
      case Step::Kind::scan:
        return scan(at + 1, *model);
    }
  }
  results_.push_back(*model);
  return true;
}

constexpr size_t kLookedThrough = 12;  // larger objects may have an index

const Value* Evaluation::find(size_t at, const Value& object) {
  const Step& step = code_.steps[at];
  if (at >= kHinted) return object.find(step.name);
  const auto members = object.members();
  uint32_t& hint = hints_[at];
  if (hint < members.size() && json::same_name(members[hint].name, step.name)) return &members[hint].value;
  if (members.size() >= kLookedThrough) return object.find(step.name);
  for (size_t i = 0; i < members.size(); ++i) {
    if (!json::same_name(members[i].name, step.name)) continue;
    hint = static_cast<uint32_t>(i);
    return &members[i].value;
  }
  return nullptr;
}

bool Evaluation::missing_object(size_t at, const Value& model) {
  const Step& step = code_.steps[at];
  if (!step.upstream_definite) return true;
  const std::string path = code_.canonical(at + 1, true);
  return run_.stop(Trouble::not_found,
                   "Expected to find an object with property " + path.substr(code_.canonical(at, true).size()) +
                       " in path " + canonical(at) + " but found '" + std::string(java_class(model)) +
                       "'. This is not a json object according to the JsonProvider: "
                       "'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.");
}

bool Evaluation::check_array(size_t at, const Value& model, bool& go_on) {
  go_on = model.is_array();
  if (go_on || !code_.steps[at].upstream_definite) return true;
  if (model.is_null()) return run_.stop(Trouble::not_found, "The path " + canonical(at) + " is null");
  const std::string rest = code_.canonical(code_.steps.size(), true).substr(code_.canonical(at, true).size());
  return run_.stop(Trouble::not_found,
                   "Filter: " + rest + " can only be applied to arrays. Current context is: " + java_text(model));
}

// Behind an element of an array.
bool Evaluation::enter(size_t next, const Value& element) {
  ++entered_;
  const bool ok = walk(next, element);
  --entered_;
  return ok;
}

// Behind `$..[i]` and the like Jayway comes to the last step with every element of the array, and keeps
// only what it finds in the element whose number is written there.
bool Evaluation::hidden_by_scan(size_t at) const {
  if (scanned_element_ < 0) return false;
  if (at == 0) return true;
  const Step& before = code_.steps[at - 1];
  return before.kind != Step::Kind::index || before.index != scanned_element_;
}

bool Evaluation::properties(size_t at, const Value& model) {
  const Step& step = code_.steps[at];
  if (!model.is_object()) return missing_object(at, model);
  std::vector<json::Member> merged;
  for (const std::string& name : step.names) {
    const Value* found = model.find(name);
    if (found == nullptr) {
      if (require_) return run_.stop(Trouble::not_found, "Missing property in path " + canonical(at + 1));
    } else if (leaf(at)) {
      merged.push_back({name, *found});
    } else if (!walk(at + 1, *found)) {
      return false;
    }
  }
  if (leaf(at)) results_.push_back(Value::object(std::move(merged)));
  return true;
}

bool Evaluation::indexes(size_t at, const Value& model) {
  bool go_on = false;
  if (!check_array(at, model, go_on)) return false;
  if (!go_on) return true;
  const auto items = model.items();
  for (const int index : code_.steps[at].indexes) {
    const ptrdiff_t place = index < 0 ? std::ssize(items) + index : index;
    if (place < 0 || place >= std::ssize(items)) continue;
    if (!enter(at + 1, items[static_cast<size_t>(place)])) return false;
  }
  return true;
}

// [a:] and [:b] count negative bounds from the end. In [a:b] Jayway does not: each index, negative ones
// too, is looked up by itself, up to b.
bool Evaluation::slice(size_t at, const Value& model) {
  const Step& step = code_.steps[at];
  bool go_on = false;
  if (!check_array(at, model, go_on)) return false;
  if (!go_on) return true;
  const auto items = model.items();
  const ptrdiff_t size = std::ssize(items);
  ptrdiff_t from = step.from == kUnset ? 0 : step.from;
  ptrdiff_t to = step.to == kUnset ? size : step.to;
  if (step.to == kUnset) {
    if (from < 0) from = std::max<ptrdiff_t>(0, size + from);
  } else if (step.from == kUnset && to < 0) {
    to = size + to;
  }
  to = std::min(to, size);
  // What lies further below the start than the array is long names nothing.
  for (ptrdiff_t i = std::max(from, -size); i < to; ++i) {
    if (!enter(at + 1, items[static_cast<size_t>(i < 0 ? size + i : i)])) return false;
  }
  return true;
}

bool Evaluation::wildcard(size_t at, const Value& model) {
  if (model.is_object()) {
    if (leaf(at) && hidden_by_scan(at)) return true;
    for (const json::Member& member : model.members()) {
      if (!walk(at + 1, member.value)) return false;
    }
  } else if (model.is_array()) {
    for (const Value& item : model.items()) {
      if (enter(at + 1, item)) continue;
      if (run_.trouble != Trouble::not_found || require_) return false;
      run_.trouble = Trouble::none;
    }
  }
  return true;
}

bool Evaluation::accept(const Step& step, const Value& item, bool& accepted) {
  if (fulfils(*step.condition, item, run_, accepted)) return true;
  if (run_.trouble != Trouble::invalid && run_.trouble != Trouble::not_found) return false;
  run_.trouble = Trouble::none;
  accepted = false;
  return true;
}

bool Evaluation::filter(size_t at, const Value& model) {
  const Step& step = code_.steps[at];
  bool accepted = false;
  if (model.is_object()) {
    if (!accept(step, model, accepted)) return false;
    return !accepted || walk(at + 1, model);
  }
  if (!model.is_array()) {
    if (!step.upstream_definite) return true;
    const std::string rest = code_.canonical(code_.steps.size(), true).substr(code_.canonical(at, true).size());
    return run_.stop(Trouble::invalid,
                     "Filter: " + rest + " can not be applied to primitives. Current context is: " + java_text(model));
  }
  for (const Value& item : model.items()) {
    if (!run_.spend() || !accept(step, item, accepted)) return false;
    if (accepted && !enter(at + 1, item)) return false;
  }
  return true;
}

bool Evaluation::scan_matches(size_t target, const Value& model, bool& matches) {
  const Step& step = code_.steps[target];
  switch (step.kind) {
    case Step::Kind::property:
      matches = model.is_object() && (require_ || find(target, model) != nullptr);
      return true;
    case Step::Kind::properties:
      matches = model.is_object() && (require_ || !leaf(target) ||
                                      std::ranges::all_of(step.names, [&](const std::string& name) {
                                        return model.find(name) != nullptr;
                                      }));
      return true;
    case Step::Kind::index:
    case Step::Kind::indexes:
    case Step::Kind::slice:
      matches = model.is_array();
      return true;
    case Step::Kind::wildcard:
      matches = true;
      return true;
    case Step::Kind::filter:
      return accept(step, model, matches);
    default:
      matches = false;
      return true;
  }
}

// A node's own match first, then its members in order.
bool Evaluation::scan(size_t target, const Value& model) {
  const bool object = model.is_object();
  if (!object && !model.is_array()) return true;
  if (target >= code_.steps.size()) return true;
  if (!run_.spend()) return false;
  bool matches = false;
  if (!scan_matches(target, model, matches)) return false;
  if (matches && (object || leaf(target))) {
    if (!walk(target, model)) return false;
  } else if (matches) {
    int element = 0;
    for (const Value& item : model.items()) {
      if (leaf(target + 1)) scanned_element_ = element++;
      if (!walk(target + 1, item)) return false;
    }
  }
  if (++run_.depth > Run::kDepthMax) {
    --run_.depth;
    return run_.stop(Trouble::function, "The path leads too deep");
  }
  bool ok = true;
  const auto scan_inside = [&](const Value& value) {
    if (value.is_object() || value.is_array()) ok = scan(target, value);
    return ok;
  };
  if (object) {
    for (const json::Member& member : model.members()) {
      if (!scan_inside(member.value)) break;
    }
  } else {
    for (const Value& item : model.items()) {
      if (!scan_inside(item)) break;
    }
  }
  --run_.depth;
  return ok;
}

}  // namespace jsonpath
