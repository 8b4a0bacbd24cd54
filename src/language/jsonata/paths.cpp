// Paths: steps over sequences, tuple streams, filters and group-by.
#include <algorithm>
#include <cmath>

#include "language/jsonata/evaluation.h"
#include "language/jsonata/text.h"

namespace jsonata {

using Tag = Item::Tag;

namespace {

bool is_tuples(Item item) { return item.is_list() && item.list().tuples; }

}  // namespace

Frame* Evaluation::frame_of(Frame* parent, const Tuple& tuple) {
  Frame* frame = arena.make<Frame>();
  frame->parent = parent;
  if (tuple.size > 0) {
    // A binding made in this frame is not to show in the tuple.
    frame->names = arena.make_array<Binding>(tuple.size);
    std::memcpy(static_cast<void*>(frame->names), tuple.names, tuple.size * sizeof(Binding));
    frame->size = frame->capacity = tuple.size;
  }
  return frame;
}

Item Evaluation::tuple_member(const Tuple& tuple, std::string_view name) {
  if (name == "@") return tuple.at;
  for (uint32_t i = 0; i < tuple.size; ++i) {
    if (code_.names[tuple.names[i].name] == name) return tuple.names[i].value;
  }
  return {};
}

Item Evaluation::name(std::string_view name, Item input) {
  if (!input.is_array()) return input.is_tuple() ? tuple_member(input.tuple(), name) : member(input, name);
  check_stack();
  List* out = make_sequence(arena);
  const size_t count = input.size();
  meter.spend(count);
  for (size_t i = 0; i < count; ++i) {
    const Item found = this->name(name, input[i]);
    if (!found.defined()) continue;
    if (found.is_array()) {
      out->push_all(arena, found);
    } else {
      out->push(arena, found);
    }
  }
  return Item(out);
}

// A step that is a mere name over an array of objects, the commonest of all.
bool Evaluation::names_only(const Node& node, Item input, bool last, Item& out) {
  if (node.type != Type::name || !node.plain || !node.stages.empty()) return false;
  const size_t count = input.size();
  List* found = make_sequence(arena, count);
  size_t& hint = hints_[node.id];
  meter.spend(count);
  const std::string_view text = node.text;
  bool flat = true;
  const auto take = [&](Item element) {
    if (element.tag() == Tag::json_object) {
      if (const json::Value* value = find_member(element.json(), node.name, hint)) {
        const Item one(*value);
        flat = flat && !one.is_array();
        found->data[found->size++] = one;
      }
      return true;
    }
    if (element.is_record()) {
      if (const Item* value = element.record().find(text); value && value->defined()) {
        // A list under way settles as any result of an evaluation.
        if (value->is_list() && value->list().sequence) return false;
        flat = flat && !value->is_array();
        found->data[found->size++] = *value;
      }
      return true;
    }
    return !element.is_array() && !element.is_tuple();
  };
  if (input.is_list()) {
    for (const Item element : input.list().items()) {
      if (!take(element)) return false;
    }
  } else {
    for (const json::Value& value : json::items_of(input.json())) {
      if (value.is_object()) {
        if (const json::Value* member = find_member(value, node.name, hint)) {
          const Item one(*member);
          flat = flat && !one.is_array();
          found->data[found->size++] = one;
        }
      } else if (value.is_array()) {
        return false;
      }
    }
  }
  if (flat) {
    out = Item(found);
    return true;
  }
  if (last && found->size == 1) {
    out = found->data[0];
    return true;
  }
  List* flattened = make_sequence(arena, found->size);
  for (const Item one : found->items()) {
    if (!one.is_array() || (one.is_list() && one.list().constructed)) {
      flattened->push(arena, one);
    } else {
      flattened->push_all(arena, one);
    }
  }
  out = Item(flattened);
  return true;
}

// Where a path of mere names leads through objects of the input, null where to nothing. Where it meets an array it is not for us.
std::optional<const json::Value*> Evaluation::find_names(const Node& path, const json::Value& object) {
  const json::Value* at = &object;
  for (const NodePtr& step : path.items) {
    if (at->is_array()) return std::nullopt;
    at = at->is_object() ? find_member(*at, step->name, hints_[step->id]) : nullptr;
    if (!at) return nullptr;
  }
  return at;
}

Item Evaluation::path(const Node& node, Item input, Frame* frame) {
  // One name of one object needs no sequence.
  if (node.items.size() == 1 && !input.is_array()) {
    const Node& only = *node.items[0];
    if (only.type == Type::name && only.plain && only.stages.empty() && !only.tuple && !node.group && !node.keep_singleton) {
      const Item found = input.is_tuple() ? tuple_member(input.tuple(), only.text) : member(input, only.text);
      if (!found.is_list()) return found;
    }
  }
  List single;
  Item sequence = input;
  Item alone = input;
  if (!input.is_array() || node.items[0]->type == Type::variable) {
    single.data = &alone;
    single.size = single.capacity = 1;
    single.sequence = true;
    sequence = Item(&single);
  }
  Item result;
  bool streaming = false;
  List* tuples = nullptr;
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Node& step_node = *node.items[i];
    streaming = streaming || step_node.tuple;
    if (i == 0 && step_node.constructs) {
      result = evaluate(step_node, sequence.is_list() && &sequence.list() == &single ? ([&] {
        List* kept = make_sequence(arena, 1);
        kept->push(arena, alone);
        return Item(kept);
      })() : sequence, frame);
    } else if (streaming) {
      tuples = tuple_step(step_node, sequence, tuples, frame);
    } else {
      result = step(step_node, sequence, frame, i + 1 == node.items.size());
    }
    if (!streaming && (!result.defined() || (result.is_array() && result.size() == 0) || (result.is_string() && result.string().empty()))) break;
    // Behind a first step that makes an array the result is its elements.
    if (step_node.focus == kNoName) sequence = result;
    if (!streaming && !sequence.is_array()) {
      List* one = make_sequence(arena, 1);
      one->push(arena, sequence);
      sequence = Item(one);
    }
  }
  if (streaming) {
    if (!tuples) {
      tuples = make_sequence(arena);
      tuples->tuples = true;
    }
    if (node.tuple) {
      result = Item(tuples);
    } else {
      List* values = make_sequence(arena, tuples->size);
      for (const Item one : tuples->items()) values->push(arena, one.is_tuple() ? one.tuple().at : one);
      result = Item(values);
    }
  }
  if (node.keep_singleton && result.is_array()) {
    if (result.is_list() && result.list().constructed && !result.list().sequence) {
      List* wrapped = make_sequence(arena, 1);
      wrapped->push(arena, result);
      result = Item(wrapped);
    }
    if (result.is_list()) result.list().keep_singleton = true;
  }
  if (node.group) result = group(node.group->pairs, node.group->position, streaming ? Item(tuples) : result, frame);
  return result;
}

Item Evaluation::step(const Node& node, Item input, Frame* frame, bool last) {
  if (node.type == Type::sort) {
    Item result = sort(node, input, frame);
    for (const Stage& stage : node.stages) {
      if (!stage.is_index) result = filter(*stage.filter, result, frame);
    }
    return result;
  }
  Item quick;
  if (names_only(node, input, last, quick)) return quick;
  const size_t count = input.size();
  List* gathered = make_sequence(arena, std::min<size_t>(count, 1024));
  bool flat = true;
  for (size_t i = 0; i < count; ++i) {
    Item value = evaluate(node, input[i], frame);
    for (const Stage& stage : node.stages) {
      if (!stage.is_index) value = filter(*stage.filter, value, frame);
    }
    if (!value.defined()) continue;
    flat = flat && !value.is_array();
    gathered->push(arena, value);
  }
  if (flat) return Item(gathered);
  if (last && gathered->size == 1) {
    const Item only = gathered->data[0];
    if (!only.is_list() || !only.list().sequence) return only;
  }
  List* out = make_sequence(arena, gathered->size);
  for (const Item one : gathered->items()) {
    if (!one.is_array() || (one.is_list() && one.list().constructed)) {
      out->push(arena, one);
    } else {
      out->push_all(arena, one);
    }
  }
  return Item(out);
}

List* Evaluation::tuple_step(const Node& node, Item input, List* given, Frame* frame) {
  List* out = nullptr;
  if (node.type == Type::sort) {
    if (given) {
      out = &sort(node, Item(given), frame).list();
    } else {
      const Item sorted = sort(node, input, frame);
      out = make_sequence(arena);
      out->tuples = true;
      const size_t count = sorted.is_array() ? sorted.size() : 1;
      for (size_t i = 0; i < count; ++i) {
        Tuple* tuple = arena.make<Tuple>();
        tuple->at = sorted.is_array() ? sorted[i] : sorted;
        if (node.index != kNoName) tuple->bind(arena, node.index, Item(static_cast<double>(i)));
        out->push(arena, Item(tuple));
      }
    }
  } else {
    out = make_sequence(arena);
    out->tuples = true;
    const size_t count = given ? given->size : input.size();
    for (size_t i = 0; i < count; ++i) {
      Tuple plain;
      const Tuple* from = &plain;
      if (!given) {
        plain.at = input[i];
      } else if (given->data[i].is_tuple()) {
        from = &given->data[i].tuple();
      } else {
        plain.at = given->data[i];
      }
      const Item value = evaluate(node, from->at, frame_of(frame, *from));
      if (!value.defined()) continue;
      const size_t size = value.is_array() ? value.size() : 1;
      const bool stream = is_tuples(value);
      for (size_t k = 0; k < size; ++k) {
        const Item element = value.is_array() ? value[k] : value;
        Tuple* tuple = from->copy(arena, 3);
        if (stream && element.is_tuple()) {
          const Tuple& inner = element.tuple();
          tuple->at = inner.at;
          for (uint32_t b = 0; b < inner.size; ++b) tuple->bind(arena, inner.names[b].name, inner.names[b].value);
        } else {
          if (node.focus != kNoName) {
            tuple->bind(arena, node.focus, element);
          } else {
            tuple->at = element;
          }
          if (node.index != kNoName) tuple->bind(arena, node.index, Item(static_cast<double>(k)));
          if (node.ancestor != kNoName) tuple->bind(arena, node.ancestor, from->at);
        }
        out->push(arena, Item(tuple));
      }
      meter.spend(size);
    }
  }
  Item result(out);
  for (const Stage& stage : node.stages) {
    if (!stage.is_index) {
      result = filter(*stage.filter, result, frame);
      continue;
    }
    const size_t count = result.is_list() ? result.list().size : 0;
    for (size_t i = 0; i < count; ++i) {
      if (const Item one = result.list().data[i]; one.is_tuple()) one.tuple().bind(arena, stage.index, Item(static_cast<double>(i)));
    }
  }
  if (result.is_list()) return &result.list();
  // A literal index may have picked an array out.
  List* all = make_sequence(arena);
  all->push_all(arena, result);
  return all;
}

// The elements at these places, which are the same for each of them; null where those are no numbers.
List* Evaluation::pick(Item numbers, Item given) {
  const bool several = numbers.is_array();
  const size_t wanted = several ? numbers.size() : 1;
  const size_t size = given.is_array() ? given.size() : 1;
  for (size_t i = 0; i < wanted; ++i) {
    const Item number = several ? numbers[i] : numbers;
    if (!number.is_number() || std::isnan(number.number())) return nullptr;
    if (std::isinf(number.number())) fail("D1001", number);
  }
  meter.spend(wanted);
  auto* places = arena.make_array<size_t>(wanted);
  size_t count = 0;
  for (size_t i = 0; i < wanted; ++i) {
    double place = std::floor((several ? numbers[i] : numbers).number());
    if (place < 0) place += static_cast<double>(size);
    if (place >= 0 && place < static_cast<double>(size)) places[count++] = static_cast<size_t>(place);
  }
  std::sort(places, places + count);
  List* out = make_sequence(arena, count);
  out->tuples = is_tuples(given);
  for (size_t i = 0; i < count; ++i) out->push(arena, given.is_array() ? given[places[i]] : given);
  return out;
}

Item Evaluation::filter(const Node& predicate, Item given, Frame* frame) {
  const bool tuples = is_tuples(given);
  const bool many = given.is_array();
  const size_t size = many ? given.size() : 1;
  const auto element = [&](size_t i) { return many ? given[i] : given; };
  const auto count = static_cast<double>(size);
  if (predicate.type == Type::literal && predicate.literal.is_number()) {
    double index = std::floor(predicate.literal.number());
    if (index < 0) index += count;
    const Item found = index >= 0 && index < count ? element(static_cast<size_t>(index)) : Item();
    if (found.is_array()) return found;
    List* out = make_sequence(arena, 1);
    out->tuples = tuples;
    if (found.defined()) out->push(arena, found);
    return Item(out);
  }
  Item verdict;
  if (predicate.fixed && size > 0) {
    verdict = evaluate(predicate, element(0), frame);
    if (List* picked = pick(verdict, given)) return Item(picked);
  }
  List* out = make_sequence(arena);
  out->tuples = tuples;
  // Whether a text matches is all that is asked of `text ~> /pattern/` here.
  const bool by_pattern = predicate.type == Type::apply && predicate.plain && predicate.right->type == Type::regex && predicate.right->plain;
  for (size_t i = 0; i < size; ++i) {
    const Item one = element(i);
    if (predicate.fixed) {
      meter.spend();
    } else if (tuples && one.is_tuple()) {
      verdict = evaluate(predicate, one.tuple().at, frame_of(frame, one.tuple()));
    } else if (by_pattern) {
      meter.spend();
      const Item subject = evaluate(*predicate.left, one, frame);
      if (subject.is_string()) {
        if (matches(*predicate.right, subject.string())) out->push(arena, one);
        continue;
      }
      verdict = evaluate(predicate, one, frame);
    } else {
      verdict = evaluate(predicate, one, frame);
    }
    const auto take_at = [&](double number) {
      double index = std::floor(number);
      if (index < 0) index += count;
      if (index == static_cast<double>(i)) out->push(arena, one);
    };
    const auto numeric = [&](Item item) {
      if (!item.is_number() || std::isnan(item.number())) return false;
      if (std::isinf(item.number())) fail("D1001", item);
      return true;
    };
    if (verdict.tag() == Tag::boolean) {
      if (verdict.truth()) out->push(arena, one);
    } else if (numeric(verdict)) {
      take_at(verdict.number());
    } else if (verdict.is_array()) {
      const size_t numbers = verdict.size();
      bool all = true;
      for (size_t k = 0; k < numbers && all; ++k) all = numeric(verdict[k]);
      meter.spend(numbers);
      if (!all) {
        if (truthy(meter, verdict)) out->push(arena, one);
      } else {
        for (size_t k = 0; k < numbers; ++k) take_at(verdict[k].number());
      }
    } else if (truthy(meter, verdict)) {
      out->push(arena, one);
    }
  }
  return Item(out);
}

namespace {

void flatten(Evaluation& evaluation, Item item, List& out) {
  check_stack();
  evaluation.meter.spend();
  if (!item.is_array()) return out.push(evaluation.arena, item);
  const size_t count = item.size();
  for (size_t i = 0; i < count; ++i) flatten(evaluation, item[i], out);
}

void descend(Evaluation& evaluation, Item item, List& out) {
  check_stack();
  evaluation.meter.spend();
  if (item.is_array()) {
    const size_t count = item.size();
    for (size_t i = 0; i < count; ++i) descend(evaluation, item[i], out);
    return;
  }
  out.push(evaluation.arena, item);
  if (!item.is_object()) return;
  const Members members(evaluation.arena, item);
  for (size_t i = 0; i < members.size(); ++i) descend(evaluation, members.value(i), out);
}

}  // namespace

Item Evaluation::wildcard(Item input) {
  if (input.is_list() && input.list().outer && input.list().size > 0) input = input.list().data[0];
  List* out = make_sequence(arena);
  const auto take = [&](Item value) {
    if (!value.is_array()) return out->push(arena, value);
    // Joining arrays makes an array, which is kept as it is.
    out->sequence = false;
    flatten(*this, value, *out);
  };
  if (input.is_array()) {
    const size_t count = input.size();
    for (size_t i = 0; i < count; ++i) take(input[i]);
  } else if (input.is_object()) {
    const Members members(arena, input);
    for (size_t i = 0; i < members.size(); ++i) take(members.value(i));
  }
  return Item(out);
}

Item Evaluation::descendants(Item input) {
  if (!input.defined()) return {};
  List* out = make_sequence(arena);
  descend(*this, input, *out);
  if (out->size == 1) return out->data[0];
  return Item(out);
}

Item Evaluation::object(const Node& node, Item input, Frame* frame) {
  Record* out = arena.make<Record>();
  out->reserve(arena, node.pairs.size());
  for (const auto& [name, expression] : node.pairs) {
    const Item value = evaluate(*expression, input, frame);
    if (value.defined()) out->add(arena, name->literal.string(), value);
  }
  return Item(out);
}

Item Evaluation::group(const Pairs& pairs, size_t position, Item input, Frame* frame) {
  struct GroupEntry {
    Item data;
    uint32_t pair;
    bool own;  // `data` is a list that this group has made
  };
  const bool reduce = is_tuples(input);
  const bool many = input.is_array() && input.size() > 0;
  const size_t count = many ? input.size() : 1;
  const auto element = [&](size_t i) { return many ? input[i] : input.is_array() ? Item() : input; };
  // Keys in order of appearance; a record finds them, its values count into `entries`.
  Record keys;
  const auto refuse = [&](std::string_view code, Item key) {
    Failure failure(code);
    failure.position = position;
    failure.value = json_of(key);
    throw failure;
  };
  GroupEntry* entries = nullptr;
  uint32_t used = 0, room = 0;
  for (size_t i = 0; i < count; ++i) {
    const Item one = element(i);
    const bool tuple = reduce && one.is_tuple();
    Frame* scope = tuple ? frame_of(frame, one.tuple()) : frame;
    const Item context = tuple ? one.tuple().at : one;
    for (uint32_t p = 0; p < pairs.size(); ++p) {
      const Item key = evaluate(*pairs[p].first, context, scope);
      if (!key.defined()) continue;
      if (!key.is_string()) refuse("T1003", key);
      Item* known = keys.find(key.string());
      if (!known) {
        if (used == room) {
          const uint32_t more = std::max<uint32_t>(static_cast<uint32_t>(pairs.size()), room * 2);
          auto* moved = arena.make_array<GroupEntry>(more);
          if (used > 0) std::memcpy(static_cast<void*>(moved), entries, used * sizeof(GroupEntry));
          entries = moved;
          room = more;
        }
        keys.set(arena, key.string(), Item(static_cast<double>(used)));
        entries[used++] = {one, p, false};
        continue;
      }
      GroupEntry& entry = entries[static_cast<size_t>(known->number())];
      if (entry.pair != p) refuse("D1009", key);
      if (!entry.own) {
        if (!entry.data.defined() || !one.defined()) {
          entry.data = append(arena, entry.data, one);
          continue;
        }
        List* list = make_list(arena, 8);
        if (entry.data.is_array()) {
          list->push_all(arena, entry.data);
        } else {
          list->push(arena, entry.data);
        }
        entry = {Item(list), p, true};
      }
      if (one.is_array()) {
        entry.data.list().push_all(arena, one);
      } else if (one.defined()) {
        entry.data.list().push(arena, one);
      }
    }
  }
  const Members ordered(arena, Item(&keys));
  Record* out = arena.make<Record>();
  for (size_t k = 0; k < ordered.size(); ++k) {
    const GroupEntry entry = entries[static_cast<size_t>(ordered.value(k).number())];
    const Node& expression = *pairs[entry.pair].second;
    Item value;
    if (!reduce) {
      value = evaluate(expression, entry.data, frame);
    } else {
      Tuple* merged = arena.make<Tuple>();
      const size_t tuples = entry.data.is_array() ? entry.data.size() : 1;
      for (size_t i = 0; i < tuples; ++i) {
        const Item one = entry.data.is_array() ? entry.data[i] : entry.data;
        if (!one.is_tuple()) continue;
        if (i == 0) {
          merged = one.tuple().copy(arena, 0);
          continue;
        }
        merged->at = append(arena, merged->at, one.tuple().at);
        for (uint32_t b = 0; b < one.tuple().size; ++b) {
          const Binding& binding = one.tuple().names[b];
          Item so_far;
          for (uint32_t m = 0; m < merged->size; ++m) {
            if (merged->names[m].name == binding.name) so_far = merged->names[m].value;
          }
          merged->bind(arena, binding.name, append(arena, so_far, binding.value));
        }
        meter.spend(merged->at.is_array() ? 1 + merged->at.size() / 64 : 1);
      }
      value = evaluate(expression, merged->at, frame_of(frame, *merged));
    }
    if (value.defined()) out->set(arena, ordered.name(k), value);
  }
  return Item(out);
}

}  // namespace jsonata
