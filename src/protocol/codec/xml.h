#pragma once
// XML as query, EC2 and REST-XML services answer it.
#include <string>
#include <string_view>
#include <vector>

#include "language/json/value.h"
#include "protocol/codec/scalar.h"
#include "protocol/models/model.h"

namespace codec {

// Writes elements one after another. AWS's services differ in their white space, and Content-Length
// shows it.
class XmlWriter {
 public:
  // `indent`: spaces a level, each element on a line of its own; 0: all on one line.
  XmlWriter(std::string& out, int indent) : out_(out), indent_(indent) {}

  void open(std::string_view name, std::string_view attributes = "");
  void close();
  void element(std::string_view name, std::string_view text, std::string_view attributes = "");

 private:
  void begin_line();

  std::string& out_;
  int indent_;
  std::vector<std::string> open_;
};

void append_xml_text(std::string_view text, std::string& out);

struct XmlStyle {
  Milliseconds milliseconds = Milliseconds::when_there;
};

// The members of a structure, each as an element; nulls and unknown members are left out.
void write_xml_members(XmlWriter& xml, const model::Shape& shape, const json::Value& value,
                       const XmlStyle& style);

}  // namespace codec
