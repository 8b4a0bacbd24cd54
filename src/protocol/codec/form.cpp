#include "protocol/codec/form.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/encoding.h"
#include "protocol/codec/scalar.h"

namespace codec {
namespace {
constexpr size_t kPairsMax = 100'000;
constexpr size_t kNameBytesMax = 1000;
constexpr ptrdiff_t kDotsMax = 40;  // of a name: how deep a value can nest

// '.' sorts before everything else, so that what belongs to one name stands together.
int rank(char c) { return c == '.' ? -1 : static_cast<unsigned char>(c); }

bool before(std::string_view a, std::string_view b) {
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

// All pairs whose names begin with one prefix: the value of that name, and what is below it.
struct Node {
  std::span<const Form::Pair> pairs;
  size_t prefix = 0;  // bytes of the name, the dot behind it not counted

  bool empty() const { return pairs.empty(); }
  // The value of the name itself; it sorts first.
  const std::string* value() const {
    return !pairs.empty() && pairs.front().name.size() == prefix ? &pairs.front().value : nullptr;
  }
  size_t start() const { return prefix == 0 ? 0 : prefix + 1; }  // where a child's segment begins

  Node child(std::string_view name) const {
    const size_t at = start();
    // Whether a pair's name lies before, in or behind the child.
    const auto side = [&](const Form::Pair& pair) {
      if (pair.name.size() < at || (pair.name.size() == prefix)) return -1;
      const std::string_view rest = std::string_view(pair.name).substr(at);
      const std::string_view head = rest.substr(0, name.size());
      if (head != name) return before(head, name) ? -1 : 1;
      if (rest.size() == name.size() || rest[name.size()] == '.') return 0;
      return 1;
    };
    const auto first =
        std::ranges::partition_point(pairs, [&](const Form::Pair& p) { return side(p) < 0; });
    const auto last =
        std::partition_point(first, pairs.end(), [&](const Form::Pair& p) { return side(p) == 0; });
    return {std::span(first, last), at + name.size()};
  }

  // The children in the order of their numbers; names that are no numbers are left out.
  std::vector<Node> numbered() const {
    std::vector<std::pair<uint64_t, Node>> found;
    const size_t at = start();
    for (size_t i = 0; i < pairs.size();) {
      const std::string& name = pairs[i].name;
      if (name.size() <= at) {
        ++i;
        continue;
      }
      const std::string_view segment = std::string_view(name).substr(at, name.find('.', at) - at);
      const Node node = child(segment);
      uint64_t number = 0;
      const auto [end, error] =
          std::from_chars(segment.data(), segment.data() + segment.size(), number);
      if (error == std::errc() && end == segment.data() + segment.size() && !node.empty())
        found.emplace_back(number, node);
      i += std::max<size_t>(node.pairs.size(), 1);
    }
    std::ranges::sort(found, {}, &std::pair<uint64_t, Node>::first);
    std::vector<Node> out;
    out.reserve(found.size());
    for (auto& [number, node] : found) out.push_back(node);
    return out;
  }
};

class Reader {
 public:
  explicit Reader(FormStyle style) : style_(style) {}

  Result<json::Value> structure(const model::Shape& shape, const Node& node) {
    std::vector<json::Member> out;
    for (const model::Member& member : shape.members) {
      const Node child = node.child(member.form_name);
      if (!child.empty()) out.push_back({std::string(member.name), TRY(value(member, child))});
    }
    return json::Value::object(std::move(out));
  }

 private:
  Result<json::Value> value(const model::Member& member, const Node& node) {
    const model::Shape& shape = *member.shape;
    switch (shape.type) {
      case model::Type::structure:
        return structure(shape, node);
      case model::Type::list:
        return list(member, node);
      case model::Type::map:
        return map(member, node);
      default:
        break;
    }
    const std::string* text = node.value();
    if (!text) return fail("MalformedInput", "Start of structure or map found where not expected.");
    if (auto scalar = parse_scalar(shape, *text)) return *std::move(scalar);
    if (style_ == FormStyle::ec2) {
      return fail("InvalidParameterValue", "Invalid value '" + *text + "' for " +
                                               std::string(member.name) + ". Must be of type " +
                                               std::string(model::type_name(shape.type)));
    }
    return fail("MalformedInput", "'" + *text + "' can not be converted to " +
                                      (shape.type == model::Type::integer ? "an " : "a ") +
                                      std::string(model::type_name(shape.type)));
  }

  Result<json::Value> list(const model::Member& member, const Node& node) {
    const model::Shape& shape = *member.shape;
    Node items = node;
    if (style_ != FormStyle::ec2 && !member.flattened) {
      items = node.child(shape.item.form_name);
      if (items.empty()) items = node.child("member");
    }
    std::vector<json::Value> out;
    for (const Node& item : items.numbered()) out.push_back(TRY(value(shape.item, item)));
    return json::Value::array(std::move(out));
  }

  Result<json::Value> map(const model::Member& member, const Node& node) {
    const model::Shape& shape = *member.shape;
    const Node entries = member.flattened ? node : node.child("entry");
    std::vector<json::Member> out;
    for (const Node& entry : entries.numbered()) {
      const Node key = entry.child(shape.key.form_name);
      const Node item = entry.child(shape.item.form_name);
      if (!key.value() || item.empty())
        return fail("MalformedInput", "Unexpected complex element termination");
      out.push_back({*key.value(), TRY(value(shape.item, item))});
    }
    return json::Value::object(std::move(out));
  }

  FormStyle style_;
};
}  // namespace

Status Form::add(std::string_view text) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), Plus::space);
    auto value = percent_decode(equals == pair.npos ? "" : pair.substr(equals + 1), Plus::space);
    if (!name || !value)
      return fail("MalformedQueryString", "The query string contains a syntax error.");
    if (pairs_.size() == kPairsMax || name->size() > kNameBytesMax ||
        std::ranges::count(*name, '.') > kDotsMax) {
      return fail("MalformedQueryString", "The query string has too many or too long parameters.");
    }
    if (!is_utf8(*name) || !is_utf8(*value)) {
      return fail("MalformedQueryString", "The query string is not valid UTF-8.");
    }
    pairs_.push_back({*std::move(name), *std::move(value)});
  }
  return {};
}

void Form::sort() {
  std::ranges::sort(pairs_, [](const Pair& a, const Pair& b) {
    return a.name == b.name ? a.value < b.value : before(a.name, b.name);
  });
}

std::optional<std::string_view> Form::find(std::string_view name) const {
  const auto it = std::ranges::lower_bound(pairs_, name, before, &Pair::name);
  if (it == pairs_.end() || it->name != name) return std::nullopt;
  return it->value;
}

Result<json::Value> read_form(const model::Shape& input, const Form& form, FormStyle style) {
  return Reader(style).structure(input, {std::span(form.pairs()), 0});
}

}  // namespace codec
