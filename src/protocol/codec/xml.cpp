#include "protocol/codec/xml.h"

#include "base/encoding.h"

namespace codec {
namespace {

std::string attributes_of(const model::Member& member, const json::Value& value) {
  std::string out;
  if (!member.xml_namespace.uri.empty()) {
    out += " xmlns";
    if (!member.xml_namespace.prefix.empty()) out.append(":").append(member.xml_namespace.prefix);
    out += "=\"";
    append_xml_text(member.xml_namespace.uri, out);
    out += '"';
  }
  if (member.shape->type == model::Type::structure && value.is_object()) {
    for (const model::Member& inner : member.shape->members) {
      if (!inner.xml_attribute || value[inner.name].is_null()) continue;
      out.append(" ").append(inner.xml_name).append("=\"");
      append_xml_text(scalar_text(inner, value[inner.name], model::TimeFormat::iso8601), out);
      out += '"';
    }
  }
  return out;
}

void write_member(XmlWriter& xml, const model::Member& member, std::string_view name,
                  const json::Value& value, const XmlStyle& style) {
  const model::Shape& shape = *member.shape;
  const std::string attributes = attributes_of(member, value);
  if (shape.type == model::Type::structure && value.is_object()) {
    if (shape.members.empty() || value.size() == 0) return xml.element(name, "", attributes);
    xml.open(name, attributes);
    write_xml_members(xml, shape, value, style);
    return xml.close();
  }
  if (shape.type == model::Type::list && value.is_array()) {
    if (!member.flattened) {
      if (value.size() == 0) return xml.element(name, "", attributes);
      xml.open(name, attributes);
    }
    for (const json::Value& item : value.items()) {
      if (!item.is_null())
        write_member(xml, shape.item, member.flattened ? name : shape.item.xml_name, item, style);
    }
    if (!member.flattened) xml.close();
    return;
  }
  if (shape.type == model::Type::map && value.is_object()) {
    if (!member.flattened) {
      if (value.size() == 0) return xml.element(name, "", attributes);
      xml.open(name, attributes);
    }
    for (const json::Member& entry : value.members()) {
      if (entry.value.is_null()) continue;
      xml.open(member.flattened ? name : "entry", member.flattened ? attributes : std::string());
      xml.element(shape.key.xml_name, entry.name, attributes_of(shape.key, entry.value));
      write_member(xml, shape.item, shape.item.xml_name, entry.value, style);
      xml.close();
    }
    if (!member.flattened) xml.close();
    return;
  }
  xml.element(name, scalar_text(member, value, model::TimeFormat::iso8601, style.milliseconds),
              attributes);
}
}  // namespace

void append_xml_text(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      case '\t':
      case '\n':
        out += c;
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          // Not to be had in XML 1.0 in any form.
          out += "\xEF\xBF\xBD";
        } else if (c == '\xED' && i + 2 < text.size() &&
                   static_cast<unsigned char>(text[i + 1]) >= 0xA0) {
          out += "\xEF\xBF\xBD";  // a lone surrogate
          i += 2;
        } else {
          out += c;
        }
    }
  }
}

void XmlWriter::begin_line() {
  if (indent_ == 0) return;
  if (!open_.empty()) out_.push_back('\n');
  out_.append(open_.size() * static_cast<size_t>(indent_), ' ');
}

void XmlWriter::open(std::string_view name, std::string_view attributes) {
  begin_line();
  out_.append("<").append(name).append(attributes).append(">");
  open_.emplace_back(name);
}

void XmlWriter::close() {
  const std::string name = std::move(open_.back());
  open_.pop_back();
  if (indent_ != 0) {
    out_.push_back('\n');
    out_.append(open_.size() * static_cast<size_t>(indent_), ' ');
  }
  out_.append("</").append(name).append(">");
}

void XmlWriter::element(std::string_view name, std::string_view text, std::string_view attributes) {
  begin_line();
  out_.append("<").append(name).append(attributes);
  if (text.empty()) {
    out_.append("/>");
    return;
  }
  out_.append(">");
  append_xml_text(text, out_);
  out_.append("</").append(name).append(">");
}

void write_xml_members(XmlWriter& xml, const model::Shape& shape, const json::Value& value,
                       const XmlStyle& style) {
  size_t hint = 0;
  for (const json::Member& one : value.members()) {
    if (one.value.is_null()) continue;
    const model::Member* member = shape.find(one.name, hint);
    if (!member || member->location != model::Location::body || member->xml_attribute) continue;
    write_member(xml, *member, member->xml_name, one.value, style);
  }
}

}  // namespace codec
