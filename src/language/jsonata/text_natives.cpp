// Functions that search in strings, by text, by regular expression or by a function that acts as one.
#include <cmath>
#include <string>

#include "language/jsonata/evaluation.h"
#include "language/jsonata/text.h"

namespace jsonata {

bool Evaluation::matches(const Node& regex, std::string_view text) { return !regex.regex->find(text, 0).empty(); }

Item Evaluation::match(const Node& regex, Item subject, size_t at_byte, size_t at_unit) {
  const std::string_view text = subject.string();
  meter.spend(1 + (text.size() - at_byte) / 64);
  const std::span<const size_t> found = regex.regex->find(text, at_byte);
  if (found.empty()) return {};
  const size_t start = found[0], end = found[1];
  const size_t start_unit = at_unit + units_of(text.substr(at_byte, start - at_byte));
  const size_t end_unit = start_unit + units_of(text.substr(start, end - start));
  List* groups = make_list(arena, found.size() / 2 - 1);
  for (size_t i = 2; i < found.size(); i += 2) {
    groups->push(arena, found[i] == Regex::kNone ? Item() : Item(text.substr(found[i], found[i + 1] - found[i])));
  }
  Function* next = arena.make<Function>();
  next->kind = Function::Kind::next_match;
  next->node = &regex;
  next->input = subject;
  next->at_byte = end;
  next->at_unit = end_unit;
  Record* out = arena.make<Record>();
  out->data = arena.make_array<Entry>(5);
  out->capacity = out->size = 5;
  out->data[0] = {"match", Item(text.substr(start, end - start))};
  out->data[1] = {"start", Item(static_cast<double>(start_unit))};
  out->data[2] = {"end", Item(static_cast<double>(end_unit))};
  out->data[3] = {"groups", Item(groups)};
  out->data[4] = {"next", Item(next)};
  return Item(out);
}

namespace {

// The matches of one text, one after the other.
class Search {
 public:
  Search(Call& call, Item matcher, Item text) : call_(call), text_(text) {
    if (!matcher.is_function()) throw Failure("T1006");
    take(call.evaluation.apply(matcher, {&text_, 1}, Item::null()));
  }

  explicit operator bool() const { return found_.defined(); }
  Item object() const { return found_; }
  std::string_view match() const {
    const Item matched = member(found_, "match");
    return matched.is_string() ? matched.string() : std::string_view();
  }
  size_t start() { return byte(member(found_, "start")); }
  size_t end() { return byte(member(found_, "end")); }
  Item groups() const { return member(found_, "groups"); }

  void next() {
    call_.evaluation.meter.spend();
    const Item following = member(found_, "next");
    if (!following.is_function()) throw Failure("T1006");
    take(call_.evaluation.apply(following, {}, Item::null()));
  }

 private:
  void take(Item result) {
    found_ = result;
    if (!result.defined()) return;
    const bool whole = member(result, "start").is_number() || member(result, "groups").is_array() || member(result, "next").is_function();
    if (!whole && truthy(call_.evaluation.meter, result)) throw Failure("T1010");
    if (!whole) found_ = {};
  }

  // Places are told in UTF-16 units; the last one is remembered, since they grow.
  size_t byte(Item place) {
    const std::string_view text = text_.string();
    if (!place.is_number() || !(place.number() >= 0)) return 0;
    const double wanted = place.number();
    if (wanted < static_cast<double>(unit_)) byte_ = unit_ = 0;
    while (byte_ < text.size() && static_cast<double>(unit_) < wanted) {
      const auto lead = static_cast<uint8_t>(text[byte_]);
      unit_ += lead >= 0xF0 ? 2 : 1;
      byte_ += lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    }
    return std::min(byte_, text.size());
  }

  Call& call_;
  Item text_, found_;
  size_t byte_ = 0, unit_ = 0;
};

Item contains(Call& call) {
  if (!call[0].defined()) return {};
  if (call[1].is_string()) return Item(call[0].string().find(call[1].string()) != std::string_view::npos);
  return Item(static_cast<bool>(Search(call, call[1], call[0])));
}

Item match(Call& call) {
  if (!call[0].defined()) return {};
  const Item limit = call[2];
  if (limit.defined() && limit.number() < 0) call.evaluation.fail("D3040", limit, 3);
  Arena& arena = call.evaluation.arena;
  List* out = make_sequence(arena);
  if (limit.defined() && !(limit.number() > 0)) return Item(out);
  for (Search search(call, call[1], call[0]); search && (!limit.defined() || out->size < limit.number()); search.next()) {
    Record* one = arena.make<Record>();
    one->set(arena, "match", member(search.object(), "match"));
    one->set(arena, "index", member(search.object(), "start"));
    one->set(arena, "groups", search.groups());
    out->push(arena, Item(one));
  }
  return Item(out);
}

// parseInt(text, 10) of a few letters.
bool parse_int(std::string_view text, double& out) {
  size_t at = 0;
  while (at < text.size() && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r'))) ++at;
  bool negative = false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
  const size_t digits = at;
  out = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) out = out * 10 + (text[at] - '0');
  if (negative) out = -out;
  return at > digits;
}

// "$1 and $$": what the replacement of a regular expression says.
std::string substitute(std::string_view replacement, const Search& search) {
  const Item groups = search.groups();
  const size_t count = groups.is_array() ? groups.size() : 0;
  std::string out;
  size_t position = 0;
  for (size_t dollar = replacement.find('$'); dollar != replacement.npos && position < replacement.size(); dollar = replacement.find('$', position)) {
    append_text(out, replacement.substr(position, dollar - position));
    position = dollar + 1;
    const char next = position < replacement.size() ? replacement[position] : '\0';
    if (next == '$') {
      out.push_back('$');
      ++position;
      continue;
    }
    if (next == '0') {
      append_text(out, search.match());
      ++position;
      continue;
    }
    const size_t digits = count == 0 ? 1 : static_cast<size_t>(std::floor(std::log10(static_cast<double>(count)))) + 1;
    double index = 0;
    bool number = parse_int(replacement.substr(std::min(position, replacement.size()), digits), index);
    if (digits > 1 && number && index > static_cast<double>(count)) {
      number = parse_int(replacement.substr(std::min(position, replacement.size()), digits - 1), index);
    }
    if (!number) {
      out.push_back('$');
      continue;
    }
    if (index >= 1 && index <= static_cast<double>(count)) {
      if (const Item group = groups[static_cast<size_t>(index) - 1]; group.is_string()) append_text(out, group.string());
    }
    position += number_text(index).size();
  }
  if (position < replacement.size()) append_text(out, replacement.substr(position));
  return out;
}

Item replace(Call& call) {
  Evaluation& evaluation = call.evaluation;
  if (!call[0].defined()) return {};
  const Item pattern = call[1], replacement = call[2], limit = call[3];
  if (pattern.is_string() && pattern.string().empty()) evaluation.fail("D3010", pattern, 2);
  if (limit.defined() && limit.number() < 0) evaluation.fail("D3011", limit, 4);
  const std::string_view text = call[0].string();
  if (limit.defined() && !(limit.number() > 0)) return call[0];
  const auto more = [&](size_t count) { return !limit.defined() || static_cast<double>(count) < limit.number(); };
  std::string out;
  size_t position = 0, count = 0;
  if (pattern.is_string()) {
    const std::string_view sought = pattern.string();
    for (size_t at = text.find(sought); at != text.npos && more(count); at = text.find(sought, position)) {
      if (!replacement.is_string()) evaluation.fail("D3012", replacement);
      append_text(out, text.substr(position, at - position));
      append_text(out, replacement.string());
      evaluation.admit(static_cast<double>(out.size()));
      position = at + sought.size();
      ++count;
    }
    append_text(out, text.substr(position));
    return evaluation.text(out);
  }
  Search search(call, pattern, call[0]);
  if (!search) return call[0];
  for (; search && more(count); search.next(), ++count) {
    const size_t start = search.start();
    if (start > position) append_text(out, text.substr(position, start - position));
    if (replacement.is_string()) {
      append_text(out, substitute(replacement.string(), search));
    } else {
      Item object = search.object();
      if (!replacement.is_function()) evaluation.fail("D3012", replacement);
      const Item with = evaluation.apply(replacement, {&object, 1}, Item::null());
      if (!with.is_string()) evaluation.fail("D3012", with);
      append_text(out, with.string());
    }
    evaluation.admit(static_cast<double>(out.size()));
    position = std::min(text.size(), start + search.match().size());
  }
  append_text(out, text.substr(position));
  return evaluation.text(out);
}

Item split(Call& call) {
  if (!call[0].defined()) return {};
  Arena& arena = call.evaluation.arena;
  const Item limit = call[2];
  if (limit.defined() && limit.number() < 0) call.evaluation.fail("D3020", limit, 3);
  const std::string_view text = call[0].string();
  List* out = make_list(arena);
  if (limit.defined() && !(limit.number() > 0)) return Item(out);
  if (!call[1].defined()) {
    out->push(arena, call[0]);
    return Item(out);
  }
  if (call[1].is_string()) {
    const size_t most = limit.defined() ? static_cast<size_t>(std::min(limit.number(), 4e9)) : SIZE_MAX;
    const std::string_view separator = call[1].string();
    if (separator.empty()) {
      for (size_t at = 0; at < text.size() && out->size < most;) {
        const size_t start = at;
        const char32_t c = code_point(text, at);
        if (c < 0x10000) {
          out->push(arena, Item(text.substr(start, at - start)));
          continue;
        }
        for (const char32_t half : {0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF)}) {
          std::string unit;
          append_unit(unit, half);
          if (out->size < most) out->push(arena, call.evaluation.text(unit));
        }
      }
      return Item(out);
    }
    size_t position = 0;
    for (size_t at = text.find(separator); at != text.npos && out->size < most; at = text.find(separator, position)) {
      out->push(arena, Item(text.substr(position, at - position)));
      position = at + separator.size();
    }
    if (out->size < most) out->push(arena, Item(text.substr(position)));
    return Item(out);
  }
  Search search(call, call[1], call[0]);
  if (!search) {
    out->push(arena, call[0]);
    return Item(out);
  }
  const auto more = [&] { return !limit.defined() || out->size < limit.number(); };
  size_t position = 0;
  for (; search && more(); search.next()) {
    const size_t start = search.start();
    out->push(arena, Item(start > position ? text.substr(position, start - position) : std::string_view()));
    position = search.end();
  }
  if (more()) out->push(arena, Item(text.substr(position)));
  return Item(out);
}

const Native kTextNatives[] = {
    {"match", "<s-f<s:o>n?:a<o>>", 3, match},
    {"contains", "<s-(sf):b>", 2, contains},
    {"replace", "<s-(sf)(sf)n?:s>", 4, replace},
    {"split", "<s-(sf)n?:a<s>>", 3, split},
};

}  // namespace

std::span<const Native> text_natives() { return kTextNatives; }

}  // namespace jsonata
