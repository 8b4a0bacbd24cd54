#pragma once
// A policy document, read: what a policy says, as evaluate() needs it.
//
// parse() takes what a client sent and refuses what AWS refuses, in AWS's words
// (MalformedPolicyDocument); read() takes what was accepted before, or comes from another service
// as JSON, and only asks that it can be understood. Both are bounded by the text's size and by a
// depth of 32.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "language/json/value.h"
#include "protocol/policy/condition.h"
#include "protocol/policy/pattern.h"

namespace policy {

enum class Effect : uint8_t { allow, deny };

// In the policy's text, both from 1, in bytes.
struct Position {
  int line = 0;
  int column = 0;
};

// Of a statement in a resource's or a role's trust policy. "*" among the AWS principals is
// everyone.
struct Principals {
  std::vector<std::string> aws;       // ARNs, account ids, unique ids, "*"
  std::vector<std::string> services;  // "states.amazonaws.com"
  std::vector<std::string> federated;
  std::vector<std::string> canonical_users;
};

struct Statement {
  std::string sid;
  Effect effect = Effect::allow;
  std::vector<Pattern> actions;
  bool not_actions = false;
  std::vector<Pattern> resources;  // none: whatever the policy is attached to
  bool not_resources = false;
  bool has_resources = false;
  std::optional<Principals> principals;
  bool not_principals = false;
  std::vector<Condition> conditions;
  bool needs_context = false;  // has conditions, or variables in its resources
  // Where it stands, as AWS's simulator tells it; zeros when read from JSON values.
  Position start, end;
};

struct Document {
  std::string version;  // "2012-10-17", "2008-10-17" or ""
  std::string id;
  std::vector<Statement> statements;
};

// Where a policy is to be used decides what it may hold.
enum class Kind : uint8_t {
  managed,   // of the account: version 2012-10-17 alone
  identity,  // inline in a user, group or role; of a session; simulated
  trust,     // a role's: principals, no resources
  resource,  // a topic's, a queue's
};

// Fails with MalformedPolicyDocumentException.
Result<std::shared_ptr<const Document>> parse(std::string_view text, Kind kind);
// Fails with MalformedPolicyDocumentException when the document cannot be understood at all.
Result<std::shared_ptr<const Document>> read(const json::Value& document);

// The condition keys that conditions and variables name, in order, each once.
std::vector<std::string> context_keys(const Document& document);

namespace detail {

// The members' texts: of "x" or ["x", "y"].
std::vector<std::string_view> texts(const json::Value& scalar_or_list);

// The rules beyond the grammar, in AWS's order; see validate.cpp.
Status validate_identity(const json::Value& document, Kind kind);
Status validate_trust(const json::Value& document);
Status validate_resource(const json::Value& document);

// Of the text of a JSON object: whether an object in it has two members of one name, and where the
// items of its Statement stand.
struct Outline {
  bool duplicate_names = false;
  std::vector<std::pair<Position, Position>> statements;
};
Outline outline(std::string_view text);

}  // namespace detail

}  // namespace policy
