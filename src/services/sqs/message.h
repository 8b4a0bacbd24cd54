#pragma once
// A message as the store keeps it, and what is checked and counted of it.
//
// Three records belong to a queue, each under its id and a sequence number: the message itself,
// written once; its state, written when it is received; and a deduplication id, until it is
// forgotten.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "language/json/value.h"
#include "services/sqs/backlog.h"

namespace sqs {

struct Message {
  std::string id, body;
  json::Value attributes;         // MessageAttributes, or null
  json::Value system_attributes;  // MessageSystemAttributes, or null
  std::string sender;
  std::string deduplication;
  std::string source_arn;  // of a dead letter: the queue that gave it up
};

// A remembered deduplication id.
struct Seen {
  Instant at;
  std::string key;
  uint64_t sequence = 0;
  std::string message_id;
};

enum class Record : char { message = 'm', state = 's', deduplication = 'd' };
std::string record_key(std::string_view queue_id, Record kind, uint64_t sequence);
// What every key of a queue's messages begins with.
std::string records_prefix(std::string_view queue_id);
struct RecordKey {
  std::string_view queue_id;
  Record kind;
  uint64_t sequence;
};
std::optional<RecordKey> parse_record_key(std::string_view key);

// The message's record; what Backlog needs of it stands in front, so that a start reads no bodies.
std::string write_message(const Held& held, const Message& message);
std::optional<Held> read_held(std::string_view record);
std::optional<Message> read_message(std::string_view record);
std::string write_state(const Held& held);
bool read_state(std::string_view record, Held& held);
std::string write_seen(const Seen& seen);
std::optional<Seen> read_seen(std::string_view record);

// Letters that AWS takes in a body: InvalidMessageContents.
Status check_body(std::string_view body);
// Names, types and values of MessageAttributes: InvalidParameterValueException.
Status check_attributes(const json::Value& attributes);
// What counts against the size limits: body, and of each attribute name, type and value.
size_t message_bytes(std::string_view body, const json::Value& attributes);
// The MD5 that AWS gives of message attributes, in hexadecimal; "" of none.
std::string attributes_md5(const json::Value& attributes);

}  // namespace sqs
