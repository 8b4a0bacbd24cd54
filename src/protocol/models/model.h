#pragma once
// What AWS's service models say: operations, shapes, constraints, error codes.
//
// The tables of models/*.json are part of the binary. A service's table is read on its first use
// and then stays; everything below is immutable and may be used from any thread. Texts are views
// that live as long as their Service, which for the built-in ones is for ever.
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"

namespace model {

enum class Type : uint8_t {
  structure,
  list,
  map,
  string,
  boolean,
  integer,
  long_integer,
  float_number,
  double_number,
  timestamp,
  blob
};
enum class Location : uint8_t { body, header, headers, uri, querystring, status_code };
enum class TimeFormat : uint8_t { unset, epoch_seconds, iso8601, http_date };
enum class Protocol : uint8_t { json, query, ec2, rest_json, rest_xml, cbor };

struct Shape;

struct XmlNamespace {
  std::string_view uri;
  std::string_view prefix;
};

// A member of a structure, or what a list or a map holds.
struct Member {
  // What handlers see. A list's item is called "member", a map's parts "key" and "value".
  std::string_view name;
  std::string_view json_name;  // in JSON bodies, headers, queries and URIs
  std::string_view json_key;   // as a member of a JSON object begins: ,"name":
  std::string_view xml_name;   // in XML results
  std::string_view form_name;  // in query requests
  const Shape* shape = nullptr;
  Location location = Location::body;
  TimeFormat time_format = TimeFormat::unset;
  bool required = false;
  bool flattened = false;  // list or map without an element around it
  bool streaming = false;
  bool xml_attribute = false;
  bool json_text = false;  // JSON in a header, as base64
  bool idempotency_token = false;
  bool sensitive = false;  // never shown in messages
  bool named = false;      // the model gives it a name of its own on the wire
  XmlNamespace xml_namespace;
};

struct Shape {
  Type type = Type::string;
  std::string_view name;
  std::vector<Member> members;      // of a structure, in the model's order
  Member item;                      // of a list; the value of a map
  Member key;                       // of a map
  const Member* payload = nullptr;  // of a structure whose HTTP body is this member

  // Constraints. Lengths of texts, lists and maps; values of numbers.
  bool has_min = false;
  bool has_max = false;
  double min = 0;
  double max = 0;
  std::string_view pattern;
  std::vector<std::string_view> values;  // of an enum
  bool constrained = false;              // anything in it or below it can fail validation

  // Errors.
  bool exception = false;
  bool fault = false;           // the server's, not the sender's
  std::string_view error_code;  // on the wire of query services; else the name
  int error_status = 0;         // 0: the model does not say

  bool document = false;  // any JSON
  bool eventstream = false;
  bool sensitive = false;

  // The member of that name, or nullptr. `hint` is where to look first; it is moved on, since
  // members mostly come in order.
  const Member* find(std::string_view member_name) const;
  const Member* find_json(std::string_view wire_name, size_t& hint) const;
  const Member* find(std::string_view member_name, size_t& hint) const;
};

struct UriPart {
  std::string_view text;  // literal, or the label's name
  bool label = false;
  bool greedy = false;  // the label takes the rest, slashes included
};

struct Operation {
  std::string_view name;
  std::string_view method;    // "POST"
  std::string_view uri;       // "/2015-03-31/functions/{FunctionName}"
  std::vector<UriPart> path;  // its segments
  std::vector<std::pair<std::string_view, std::string_view>>
      query;  // literals it asks for: "?list-type=2"
  int status = 200;
  const Shape* input = nullptr;     // may be missing
  const Shape* output = nullptr;    // may be missing
  std::string_view result_wrapper;  // "PublishResult", of query services
  std::vector<const Shape*> errors;
  bool unsigned_call = false;  // credentials are never sent
};

struct Metadata {
  std::string signing_name;   // "states"
  std::string sdk_id;         // "SFN"
  std::string api_version;    // "2016-11-23"
  std::string target_prefix;  // "AWSStepFunctions"
  std::string json_version;   // "1.0"
  std::string xml_namespace;
  std::vector<Protocol> protocols;  // preferred first
  bool query_compatible = false;    // errors also carry the code that query clients know

  bool speaks(Protocol protocol) const;
};

class Service {
 public:
  // From {"metadata","operations","shapes"} in the form of models/*.json, which is botocore's.
  static Result<std::unique_ptr<Service>> parse(const json::Value& document);

  const Metadata& metadata() const { return metadata_; }
  std::string_view signing_name() const { return metadata_.signing_name; }
  const Operation* find(std::string_view operation) const;
  std::span<const Operation> operations() const { return operations_; }  // sorted by name
  const Shape* shape(std::string_view name) const;
  // The error whose shape, or else whose wire code, is named so.
  const Shape* error(std::string_view name_or_code) const;

 private:
  struct Builder;
  Metadata metadata_;
  std::string text_;  // all the names, in one piece
  std::deque<Shape> shapes_;
  std::unordered_map<std::string_view, Shape*> by_name_;
  std::vector<Operation> operations_;
  std::unordered_map<std::string_view, const Operation*> operation_of_name_;
};

// The services whose models are built in. Cheap: a table is not read for this.
std::span<const Metadata> all();
// The service of that signing name, or nullptr.
const Service* find(std::string_view signing_name);
// Its metadata alone, or nullptr.
const Metadata* find_metadata(std::string_view signing_name);
// By the part of X-Amz-Target before the dot.
const Metadata* find_by_target(std::string_view target_prefix);

std::string_view type_name(Type type);

}  // namespace model
