// Calls: of lambdas with their tail calls, of built-in functions with their signatures, of partials and compositions.
#include <algorithm>
#include <cmath>

#include "language/jsonata/evaluation.h"
#include "language/jsonata/text.h"

namespace jsonata {
namespace {

constexpr size_t kArgumentsMax = 8;  // of a call without an array of its own

uint8_t bit_of(Item item) {
  switch (item.tag()) {
    case Item::Tag::list:
    case Item::Tag::json_array: return kind_bit('a');
    case Item::Tag::string:
    case Item::Tag::json_string: return kind_bit('s');
    case Item::Tag::number:
    case Item::Tag::big_number: return kind_bit('n');
    case Item::Tag::boolean: return kind_bit('b');
    case Item::Tag::null: return kind_bit('l');
    case Item::Tag::function: return kind_bit('f');
    case Item::Tag::record:
    case Item::Tag::json_object:
    case Item::Tag::tuple: return kind_bit('o');
    default: return kind_bit('m');
  }
}

char kind_of(Item item) {
  const uint8_t bit = bit_of(item);
  size_t at = 0;
  while ((bit >> at & 1) == 0) ++at;
  return kKinds[at];
}

std::string_view plural(std::string_view kind) {
  if (kind == "a") return "arrays";
  if (kind == "b") return "booleans";
  if (kind == "f") return "functions";
  if (kind == "n") return "numbers";
  if (kind == "o") return "objects";
  if (kind == "s") return "strings";
  return {};
}

// As JavaScript makes a text of any value.
void coerce(Item item, std::string& out, int depth) {
  if (out.size() > (16u << 20) || depth > 500) throw Failure("U1001", "Expression evaluation memory limit exceeded: Check for excessive memory usage");
  if (item.is_string()) {
    out += item.string();
  } else if (item.is_number()) {
    out += number_text(item.number());
  } else if (item.is_bool()) {
    out += item.truth() ? "true" : "false";
  } else if (item.is_array()) {
    for (size_t i = 0; i < item.size(); ++i) {
      if (i > 0) out.push_back(',');
      const Item one = item[i];
      if (one.defined() && !one.is_null()) coerce(one, out, depth + 1);
    }
  } else {
    out += item.is_null() ? "null" : item.defined() ? "[object Object]" : "undefined";
  }
}

// Which parameter takes how many arguments, as a regular expression would have it that the signature is turned into.
// Recursion and retries are bounded by the number of parameters and arguments.
class Assignment {
 public:
  Assignment(std::span<const Parameter> parameters, std::span<const Item> arguments, bool whole)
      : counts(parameters.size()), parameters_(parameters), arguments_(arguments), whole_(whole) {}

  bool find(size_t parameter, size_t argument) {
    if (++tries_ > 100'000) return false;
    if (parameter == parameters_.size()) {
      taken = argument;
      return !whole_ || argument == arguments_.size();
    }
    const Parameter& p = parameters_[parameter];
    const size_t least = p.optional ? 0 : 1;
    size_t most = 0;
    const size_t limit = p.many ? arguments_.size() : 1;
    while (most < limit && argument + most < arguments_.size() && (p.kinds & bit_of(arguments_[argument + most])) != 0) ++most;
    if (most < least) return false;
    for (size_t tried = 0; tried <= most - least; ++tried) {
      const size_t count = p.reluctant ? least + tried : most - tried;
      counts[parameter] = count;
      if (find(parameter + 1, argument + count)) return true;
    }
    return false;
  }

  std::vector<size_t> counts;
  size_t taken = 0;

 private:
  std::span<const Parameter> parameters_;
  std::span<const Item> arguments_;
  bool whole_;
  int tries_ = 0;
};

}  // namespace

void Evaluation::mismatch(const Signature& signature, std::span<Item> arguments) {
  size_t good_to = 0;
  for (size_t count = 1; count <= signature.parameters.size(); ++count) {
    Assignment prefix(std::span(signature.parameters).first(count), arguments, false);
    if (!prefix.find(0, 0)) break;
    good_to = prefix.taken;
  }
  fail("T0410", good_to < arguments.size() ? arguments[good_to] : Item(), static_cast<int>(good_to) + 1);
}

// `room`: where the checked arguments may go, if they fit.
std::span<Item> Evaluation::check_arguments(const Signature& signature, std::span<Item> arguments, Item context, std::span<Item> room) {
  const auto& parameters = signature.parameters;
  bool plain = arguments.size() <= parameters.size();
  for (size_t i = 0; i < parameters.size() && plain; ++i) {
    const Parameter& p = parameters[i];
    if (i >= arguments.size()) {
      plain = p.optional && !p.context;
      continue;
    }
    const uint8_t bit = bit_of(arguments[i]);
    plain = (p.kinds & bit) != 0 && !p.many && !p.reluctant;
    if (!plain || !p.array || bit == kind_bit('m')) continue;
    plain = bit == kind_bit('a');
    if (!plain || p.item.empty()) continue;
    const uint8_t wanted = kind_bit(p.item[0]);
    const size_t size = arguments[i].size();
    meter.spend(size / 8);
    for (size_t e = 0; e < size && plain; ++e) plain = bit_of(arguments[i][e]) == wanted;
  }
  if (plain) return arguments;

  Assignment assignment(parameters, arguments, true);
  if (!assignment.find(0, 0)) mismatch(signature, arguments);
  const size_t most = arguments.size() + parameters.size();
  Item* out = most <= room.size() ? room.data() : arena.make_array<Item>(most);
  size_t count = 0, argument = 0;
  const auto given = [&](size_t i) { return i < arguments.size() ? arguments[i] : Item(); };
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Parameter& p = parameters[i];
    const size_t taken = assignment.counts[i];
    if (taken == 0) {
      if (!p.context) {
        out[count++] = given(argument++);
        continue;
      }
      if ((p.context_kinds & bit_of(context)) == 0) fail("T0411", context, static_cast<int>(argument) + 1);
      out[count++] = context;
      continue;
    }
    const Item first = given(argument);
    for (size_t k = 0; k < taken; ++k, ++argument) {
      if (!p.array) {
        out[count++] = first;
        continue;
      }
      Item one = given(argument);
      if (!one.defined()) {
        out[count++] = one;
        continue;
      }
      bool fits = true;
      if (!p.item.empty()) {
        if (!one.is_array()) {
          fits = taken == 1 && p.item.size() == 1 && kind_of(one) == p.item[0];
        } else {
          const uint8_t wanted = kind_bit(p.item[0]);
          const size_t size = one.size();
          meter.spend(size / 8);
          for (size_t e = 0; e < size && fits; ++e) fits = bit_of(one[e]) == wanted;
        }
      }
      if (!fits) {
        Failure failure("T0412");
        failure.value = json_of(one);
        failure.index = static_cast<int>(argument) + 1;
        if (const std::string_view name = plural(p.item); !name.empty()) quote(name, failure.type);
        throw failure;
      }
      if (!one.is_array()) {
        List* wrapped = make_list(arena, 1);
        wrapped->push(arena, one);
        one = Item(wrapped);
      }
      out[count++] = one;
    }
  }
  return {out, count};
}

size_t Evaluation::arity(Item item) {
  const Function& function = item.function();
  switch (function.kind) {
    case Function::Kind::lambda: return function.parameters.size();
    case Function::Kind::native: return function.native->arity;
    case Function::Kind::partial:
      return static_cast<size_t>(std::ranges::count_if(function.given, [](Item one) { return one.tag() == Item::Tag::thunk; }));
    case Function::Kind::regex: return 2;
    case Function::Kind::next_match: return 0;
    case Function::Kind::composition:
    case Function::Kind::transform: return 1;
  }
  return 0;
}

Item Evaluation::lambda(const Node& node, Item input, Frame* frame) {
  if (node.thunk) {
    Thunk* thunk = arena.make<Thunk>();
    thunk->call = node.body.get();
    thunk->input = input;
    thunk->environment = frame;
    return Item(thunk);
  }
  Function* made = arena.make<Function>();
  made->node = &node;
  made->environment = frame;
  made->input = input;
  made->parameters = node.parameters;
  made->signature = node.signature.get();
  return Item(made);
}

namespace {
// The name by which a call names what it calls.
const std::string* procedure_name(const Node& procedure) {
  if (procedure.type == Type::path) return procedure.items[0]->text.empty() ? nullptr : &procedure.items[0]->text;
  return procedure.text.empty() || procedure.type == Type::lambda ? nullptr : &procedure.text;
}
}  // namespace

Item Evaluation::call(const Node& node, Item input, Frame* frame, const Item* first) {
  const Node& procedure = *node.left;
  const Item function = evaluate(procedure, input, frame);
  const std::string* name = procedure_name(procedure);
  if (!function.defined() && procedure.type == Type::path && procedure.items[0]->id != kNoName && lookup(procedure.items[0]->id, frame).defined()) {
    fail_at(node, "T1005", {}, {}, name);
  }
  const size_t count = node.items.size() + (first ? 1 : 0);
  Item few[kArgumentsMax];
  Item* arguments = count <= kArgumentsMax ? few : arena.make_array<Item>(count);
  size_t at = 0;
  if (first) arguments[at++] = *first;
  for (const NodePtr& one : node.items) arguments[at++] = evaluate(*one, input, frame);
  try {
    if (!function.is_function()) throw Failure("T1006");
    Function& called = function.function();
    called.token = name;
    called.position = node.position;
    called.placed = called.kind != Function::Kind::regex && called.kind != Function::Kind::next_match;
    return apply(function, {arguments, count}, input);
  } catch (Failure& failure) {
    if (!failure.position || *failure.position == 0) failure.position = node.position;
    if ((!failure.token || failure.token->empty()) && name) failure.token = *name;
    throw;
  }
}

Item Evaluation::apply(Item function, std::span<Item> arguments, Item input) {
  Item result = apply_once(function, arguments, input);
  while (result.tag() == Item::Tag::thunk) {
    const Thunk thunk = result.thunk();
    const Node& node = *thunk.call;
    const Item next = evaluate(*node.left, thunk.input, thunk.environment);
    const size_t count = node.items.size();
    Item few[kArgumentsMax];
    Item* given = count <= kArgumentsMax ? few : arena.make_array<Item>(count);
    if (next.is_function()) {
      Function& called = next.function();
      if (node.left->type == Type::variable) called.token = &node.left->text;
      called.position = node.left->position;
      called.placed = called.kind != Function::Kind::regex && called.kind != Function::Kind::next_match;
    }
    for (size_t i = 0; i < count; ++i) given[i] = evaluate(*node.items[i], thunk.input, thunk.environment);
    result = apply_once(next, {given, count}, input);
  }
  return result;
}

Item Evaluation::apply_once(Item item, std::span<Item> arguments, Item input) {
  if (!item.is_function()) throw Failure("T1006");
  Function& function = item.function();
  try {
    return apply_function(function, arguments, input);
  } catch (Failure& failure) {
    if (!failure.token && function.placed && function.token) failure.token = *function.token;
    // A built-in function that is not called by its name is told by it all the same.
    if (!failure.token && function.kind == Function::Kind::native) failure.token = std::string(function.native->name);
    if (function.placed && function.position != 0) failure.position = function.position;
    throw;
  }
}

Item Evaluation::apply_function(Function& function, std::span<Item> arguments, Item input) {
  Item room[kArgumentsMax];
  const auto given = [&](size_t i) { return i < arguments.size() ? arguments[i] : Item(); };
  switch (function.kind) {
    case Function::Kind::native: {
      Call call{*this, check_arguments(function.native->parsed, arguments, input, room), input};
      return function.native->run(call);
    }
    case Function::Kind::lambda: {
      if (function.signature) arguments = check_arguments(*function.signature, arguments, input, room);
      Frame* frame = arena.make<Frame>();
      frame->parent = function.environment;
      const size_t count = function.parameters.size();
      frame->names = arena.make_array<Binding>(count);
      frame->capacity = static_cast<uint32_t>(count);
      for (size_t i = 0; i < count; ++i) {
        const Item value = given(i);
        bool repeated = false;
        for (uint32_t k = 0; k < frame->size; ++k) {
          if (frame->names[k].name != function.parameters[i]) continue;
          frame->names[k].value = value;
          repeated = true;
        }
        if (!repeated) frame->names[frame->size++] = {function.parameters[i], value};
      }
      return evaluate(*function.node->body, function.input, frame);
    }
    case Function::Kind::partial: {
      const size_t count = function.given.size();
      Item* all = count <= kArgumentsMax ? room : arena.make_array<Item>(count);
      size_t next = 0;
      for (size_t i = 0; i < count; ++i) all[i] = function.given[i].tag() == Item::Tag::thunk ? given(next++) : function.given[i];
      return apply(Item(function.first), {all, count}, Item::null());
    }
    case Function::Kind::regex: {
      Item subject = given(0);
      if (!subject.is_string()) {
        std::string coerced;
        coerce(subject, coerced, 0);
        subject = text(coerced);
      }
      return match(*function.node, subject, 0, 0);
    }
    case Function::Kind::next_match: {
      if (function.at_byte >= function.input.string().size()) return {};
      const Item found = match(*function.node, function.input, function.at_byte, function.at_unit);
      if (found.defined() && member(found, "match").string().empty()) {
        std::string source;
        quote(function.node->regex->source(), source);
        Failure failure("D1004");
        failure.position = function.node->position;
        failure.value = source;
        throw failure;
      }
      return found;
    }
    case Function::Kind::composition: {
      Item one = apply(Item(function.first), arguments.first(std::min<size_t>(1, arguments.size())), Item::null());
      return apply(Item(function.second), {&one, 1}, Item::null());
    }
    case Function::Kind::transform: {
      static const Signature kObjectOrArray = *parse_signature("<(oa):o>");
      return transform(function, check_arguments(kObjectOrArray, arguments, input, room)[0]);
    }
  }
  return {};
}

Item Evaluation::partial(const Node& node, Item input, Frame* frame) {
  const size_t count = node.items.size();
  auto* given = arena.make_array<Item>(count);
  static Thunk awaited;
  for (size_t i = 0; i < count; ++i) given[i] = node.items[i]->type == Type::placeholder ? Item(&awaited) : evaluate(*node.items[i], input, frame);
  const Node& procedure = *node.left;
  const Item function = evaluate(procedure, input, frame);
  if (!function.defined() && procedure.type == Type::path && procedure.items[0]->id != kNoName && lookup(procedure.items[0]->id, frame).defined()) {
    fail_at(node, "T1007", {}, {}, procedure_name(procedure));
  }
  if (!function.is_function()) fail_at(node, "T1008", {}, {}, procedure_name(procedure));
  Function* made = arena.make<Function>();
  if (function.function().kind != Function::Kind::lambda) {
    made->kind = Function::Kind::partial;
    made->given = {given, count};
    made->first = &function.function();
    return Item(made);
  }
  const Function& lambda = function.function();
  Frame* bound = arena.make<Frame>();
  bound->parent = lambda.environment;
  auto* open = arena.make_array<NameId>(lambda.parameters.size());
  size_t left = 0;
  for (size_t i = 0; i < lambda.parameters.size(); ++i) {
    if (i < count && given[i].tag() == Item::Tag::thunk) {
      open[left++] = lambda.parameters[i];
    } else {
      bound->bind(arena, lambda.parameters[i], i < count ? given[i] : Item());
    }
  }
  made->node = lambda.node;
  made->environment = bound;
  made->input = lambda.input;
  made->parameters = {open, left};
  return Item(made);
}

Item Evaluation::apply_operator(const Node& node, Item input, Frame* frame) {
  Item left = evaluate(*node.left, input, frame);
  if (node.right->type == Type::call) {
    // The call as a whole is evaluated here, so what follows it on its node is as well.
    meter.spend();
    Item result = call(*node.right, input, frame, &left);
    return result;
  }
  const Item function = evaluate(*node.right, input, frame);
  if (!function.is_function()) fail_at(node, "T2006", function);
  if (left.is_function()) {
    Function* made = arena.make<Function>();
    made->kind = Function::Kind::composition;
    made->first = &left.function();
    made->second = &function.function();
    return Item(made);
  }
  return apply(function, {&left, 1}, Item::null());
}

Item Evaluation::clone(Item item) {
  check_stack();
  meter.spend();
  if (item.is_array()) {
    if (item.is_list() && item.list().outer && item.list().size == 1) return clone(item.list().data[0]);
    const size_t count = item.size();
    List* out = make_list(arena, count);
    for (size_t i = 0; i < count; ++i) {
      const Item one = clone(item[i]);
      out->push(arena, one.defined() ? one : Item::null());
    }
    return Item(out);
  }
  if (item.is_tuple()) return clone(item.tuple().at);
  if (item.is_object()) {
    const Members members(arena, item);
    Record* out = arena.make<Record>();
    for (size_t i = 0; i < members.size(); ++i) {
      const Item value = clone(members.value(i));
      if (value.defined()) out->set(arena, members.name(i), value);
    }
    return Item(out);
  }
  if (item.is_function()) return Item(std::string_view());
  if (item.tag() != Item::Tag::number) return item;
  if (std::isinf(item.number())) fail("D1001", item);
  return std::isnan(item.number()) ? Item::null() : Item(to_precision_15(item.number()));
}

Item Evaluation::transform(Function& function, Item object) {
  if (!object.defined()) return {};
  const Node& node = *function.node;
  const auto clone_id = code_.ids.find("clone");
  Item cloned;
  if (clone_id == code_.ids.end()) {
    cloned = clone(object);
  } else {
    const Item cloner = lookup(clone_id->second, function.environment);
    if (!cloner.is_function()) fail_at(node, "T2013");
    cloned = apply(cloner, {&object, 1}, Item::null());
  }
  const Item matches = evaluate(*node.left, cloned, function.environment);
  if (!matches.defined()) return cloned;
  const size_t count = matches.is_array() ? matches.size() : 1;
  for (size_t i = 0; i < count; ++i) {
    const Item match = matches.is_array() ? matches[i] : matches;
    const Item update = evaluate(*node.right, match, function.environment);
    if (update.defined()) {
      if (!update.is_object()) fail_at(*node.right, "T2011", update);
      const Members members(arena, update);
      for (size_t k = 0; k < members.size() && match.is_record(); ++k) match.record().set(arena, members.name(k), members.value(k));
    }
    if (!node.third) continue;
    const Item deletions = evaluate(*node.third, match, function.environment);
    if (!deletions.defined()) continue;
    const size_t deleted = deletions.is_array() ? deletions.size() : 1;
    for (size_t k = 0; k < deleted; ++k) {
      if (!(deletions.is_array() ? deletions[k] : deletions).is_string()) fail_at(*node.third, "T2012", deletions);
    }
    for (size_t k = 0; k < deleted && match.is_record(); ++k) match.record().erase((deletions.is_array() ? deletions[k] : deletions).string());
  }
  return cloned;
}

}  // namespace jsonata
