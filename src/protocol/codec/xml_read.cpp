#include "protocol/codec/xml_read.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "protocol/codec/scalar.h"

namespace codec {
namespace {
constexpr int kXmlDepthMax = 100;
constexpr size_t kXmlElementsMax = 1'000'000;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view local_name(std::string_view name) {
  const size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<XmlElement> document() {
    TRY(skip_prologue());
    return element(0);
  }

 private:
  static std::unexpected<Error> malformed(std::string_view what) {
    return fail("MalformedXml", "Malformed XML: " + std::string(what));
  }

  std::string_view rest() const { return text_.substr(at_); }

  Status skip_past(std::string_view end) {
    const size_t found = text_.find(end, at_);
    if (found == text_.npos) return malformed("no end");
    at_ = found + end.size();
    return {};
  }

  Status skip_prologue() {
    while (true) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      if (rest().starts_with("\xEF\xBB\xBF")) {
        at_ += 3;
      } else if (rest().starts_with("<?")) {
        TRY(skip_past("?>"));
      } else if (rest().starts_with("<!--")) {
        TRY(skip_past("-->"));
      } else if (rest().starts_with("<") && !rest().starts_with("<!")) {
        return {};
      } else {
        return malformed("no element");
      }
    }
  }

  Status append_unescaped(std::string_view raw, std::string& out) {
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '&') {
        out.push_back(raw[i]);
        continue;
      }
      const size_t end = raw.find(';', i);
      if (end == raw.npos || end - i > 12) return malformed("entity");
      const std::string_view name = raw.substr(i + 1, end - i - 1);
      i = end;
      if (name == "amp") {
        out.push_back('&');
      } else if (name == "lt") {
        out.push_back('<');
      } else if (name == "gt") {
        out.push_back('>');
      } else if (name == "quot") {
        out.push_back('"');
      } else if (name == "apos") {
        out.push_back('\'');
      } else if (name.starts_with('#')) {
        const bool hex = name.starts_with("#x");
        const std::string_view digits = name.substr(hex ? 2 : 1);
        uint32_t code = 0;
        const auto [last, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
        if (error != std::errc() || last != digits.data() + digits.size() || code > 0x10FFFF) {
          return malformed("entity");
        }
        append_utf8(out, code);
      } else {
        return malformed("entity");
      }
    }
    return {};
  }

  Status attributes(std::string_view tag, XmlElement& out) {
    while (true) {
      while (!tag.empty() && is_blank(tag.front())) tag.remove_prefix(1);
      if (tag.empty()) return {};
      const size_t equals = tag.find('=');
      if (equals == tag.npos || equals + 1 >= tag.size()) return malformed("attribute");
      std::string_view name = tag.substr(0, equals);
      while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
      tag.remove_prefix(equals + 1);
      while (!tag.empty() && is_blank(tag.front())) tag.remove_prefix(1);
      if (tag.empty() || (tag.front() != '"' && tag.front() != '\'')) return malformed("attribute");
      const size_t close = tag.find(tag.front(), 1);
      if (close == tag.npos) return malformed("attribute");
      std::string value;
      TRY(append_unescaped(tag.substr(1, close - 1), value));
      out.attributes.emplace_back(name, std::move(value));
      tag.remove_prefix(close + 1);
    }
  }

  // The end of a tag: the first '>' outside quotes.
  size_t tag_end() const {
    char quote = 0;
    for (size_t i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return i;
      }
    }
    return text_.npos;
  }

  Result<XmlElement> element(int depth) {
    if (depth > kXmlDepthMax || ++elements_ > kXmlElementsMax) return malformed("too much");
    const size_t end = tag_end();
    if (end == text_.npos) return malformed("no end");
    std::string_view tag = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    const bool empty = tag.ends_with('/');
    if (empty) tag.remove_suffix(1);
    const std::string_view name = tag.substr(0, std::min(tag.find_first_of(" \t\r\n"), tag.size()));
    XmlElement out;
    out.name = local_name(name);
    TRY(attributes(tag.substr(name.size()), out));
    if (!empty) TRY(content(name, depth, out));
    return out;
  }

  Status content(std::string_view name, int depth, XmlElement& out) {
    while (true) {
      const size_t next = text_.find('<', at_);
      if (next == text_.npos) return malformed("no end");
      TRY(append_unescaped(text_.substr(at_, next - at_), out.text));
      at_ = next;
      if (rest().starts_with("</")) {
        const size_t end = text_.find('>', at_);
        if (end == text_.npos) return malformed("no end");
        std::string_view closed = text_.substr(at_ + 2, end - at_ - 2);
        while (!closed.empty() && is_blank(closed.back())) closed.remove_suffix(1);
        if (closed != name) return malformed("end of another element");
        at_ = end + 1;
        if (!out.children.empty()) out.text.clear();
        return {};
      }
      if (rest().starts_with("<!--")) {
        TRY(skip_past("-->"));
      } else if (rest().starts_with("<![CDATA[")) {
        const size_t start = at_ + 9;
        TRY(skip_past("]]>"));
        out.text += text_.substr(start, at_ - 3 - start);
      } else if (rest().starts_with("<?")) {
        TRY(skip_past("?>"));
      } else if (rest().starts_with("<!")) {
        return malformed("declaration");
      } else {
        out.children.push_back(TRY(element(depth + 1)));
      }
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t elements_ = 0;
};

json::Value read_list(const model::Shape& shape, std::span<const XmlElement* const> elements);

json::Value read_member(const model::Member& member, const XmlElement& element) {
  const model::Shape& shape = *member.shape;
  switch (shape.type) {
    case model::Type::structure:
      return read_xml_members(shape, element);
    case model::Type::list: {
      std::vector<const XmlElement*> items;
      for (const XmlElement& child : element.children) items.push_back(&child);
      return read_list(shape, items);
    }
    case model::Type::map: {
      json::ObjectBuilder out;
      for (const XmlElement& entry : element.children) {
        const XmlElement* key = entry.child(shape.key.xml_name);
        const XmlElement* value = entry.child(shape.item.xml_name);
        if (key && value) out.set(key->text, read_member(shape.item, *value));
      }
      return out.build();
    }
    default:
      return parse_scalar(shape, element.text).value_or(json::Value());
  }
}

json::Value read_list(const model::Shape& shape, std::span<const XmlElement* const> elements) {
  std::vector<json::Value> out;
  for (const XmlElement* one : elements) out.push_back(read_member(shape.item, *one));
  return json::Value::array(std::move(out));
}

// A flattened list or map: every element of the name is an item or an entry.
json::Value read_flattened(const model::Member& member, const XmlElement& parent) {
  std::vector<const XmlElement*> found;
  for (const XmlElement& child : parent.children) {
    if (child.name == member.xml_name) found.push_back(&child);
  }
  if (found.empty()) return {};
  const model::Shape& shape = *member.shape;
  if (shape.type == model::Type::list) return read_list(shape, found);
  json::ObjectBuilder out;
  for (const XmlElement* entry : found) {
    const XmlElement* key = entry->child(shape.key.xml_name);
    const XmlElement* value = entry->child(shape.item.xml_name);
    if (key && value) out.set(key->text, read_member(shape.item, *value));
  }
  return out.build();
}
}  // namespace

const XmlElement* XmlElement::child(std::string_view child_name) const {
  const auto it = std::ranges::find(children, child_name, &XmlElement::name);
  return it == children.end() ? nullptr : &*it;
}

Result<XmlElement> parse_xml(std::string_view text) { return Parser(text).document(); }

json::Value read_xml_members(const model::Shape& shape, const XmlElement& element) {
  json::ObjectBuilder out;
  for (const model::Member& member : shape.members) {
    if (member.location != model::Location::body) continue;
    json::Value value;
    if (member.xml_attribute) {
      const std::string_view name = local_name(member.xml_name);
      for (const auto& [attribute, text] : element.attributes) {
        if (local_name(attribute) == name) value = text;
      }
    } else if (member.flattened) {
      value = read_flattened(member, element);
    } else if (const XmlElement* child = element.child(member.xml_name)) {
      value = read_member(member, *child);
    }
    if (!value.is_null()) out.add(member.name, std::move(value));
  }
  return out.build();
}

}  // namespace codec
