#pragma once
// XML that other servers answer, and what it says by a shape.
//
// Elements, attributes, text, CDATA and the five entities; prefixes of names are dropped; document
// types are refused. Bounds: 100 levels, a million elements.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"
#include "protocol/models/model.h"

namespace codec {

struct XmlElement {
  std::string name;
  std::string text;  // of an element without children
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<XmlElement> children;

  const XmlElement* child(std::string_view child_name) const;
};

// The document's root. Fails with "MalformedXml".
Result<XmlElement> parse_xml(std::string_view text);

// The members of a structure that stand in an element, under their model names. What cannot be
// read as its member's type is left out.
json::Value read_xml_members(const model::Shape& shape, const XmlElement& element);

}  // namespace codec
