#pragma once
// An operation is something a service offers: "states" offers "StartExecution".
//
// The registry holds every operation of every service. A client's request and a call that one service makes
// of another take the same way through it: authentication has named the caller, then the caller's right is
// decided, then the parameters are checked against the service's model, then the operation runs. So a state
// machine's role decides whether its sns:Publish is allowed, exactly as on AWS.
//
// Parameters and results are JSON in the model's own member names, whatever the wire: a time is a number of
// seconds since 1970 (with milliseconds as its fraction), a blob is base64 text, an enum its text.
//
// An operation fails with an Error whose code is the *name of the error's shape* in the model
// ("NotFoundException"); the wire codecs know the code and status that go with it ("NotFound", 404). Codes
// that no model has ("ValidationException", "AccessDenied") go out as they are, with Error::http_status.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/function.h"
#include "base/result.h"
#include "language/json/value.h"

namespace net {
class Client;
}

namespace protocol {

// Who makes a call.
struct Principal {
  enum class Type : uint8_t { anonymous, root, user, assumed_role, service, federated_user };
  Type type = Type::anonymous;
  std::string account;        // 12 digits
  std::string arn;            // "arn:aws:iam::...:user/x", "arn:aws:sts::...:assumed-role/r/session", ...
  std::string user_id;        // "AIDA...", "AROA...:session"
  std::string access_key_id;  // what the request was signed with, or empty
  std::string role_arn;       // of an assumed role; of a federated user: the user who vouches for it
  std::string session_name;   // of an assumed role
  std::string service;        // "states.amazonaws.com" of a service
  std::string source_arn;     // of a service: for which resource it calls (aws:SourceArn, aws:SourceAccount)
  json::Value session_policy;                       // null or a policy document (of an assumed role)
  std::vector<json::Member> session_tags;           // text values
  Instant token_issued;                             // when the session began

  static Principal root(std::string account);
  // A session of a role, as a service of ours makes one when it acts for it. The role need not exist.
  static Principal role_session(std::string_view role_arn, std::string_view session_name);
  static Principal aws_service(std::string_view service, std::string_view account, std::string_view source_arn = {});
};

// One call of one operation.
struct Call {
  Principal caller;
  std::string account;    // whose resources: the caller's account
  std::string region;     // "us-east-1"
  std::string partition = "aws";
  std::string service;    // signing name: "states", "sns", "ecs", "events", "iam", "sts", "cloudformation",
                          // "logs", "monitoring", "ec2", "sqs", "ssm" ...
  std::string operation;  // "StartExecution"
  json::Value params;     // an object
  std::string request_id;
  Instant at;
  std::string source_ip;
  std::string user_agent;
  std::string endpoint;   // the URL under which the client reached us, "http://127.0.0.1:4566"
  std::weak_ptr<net::Client> client;  // whoever waits for a slow answer; of a call over the wire
  std::string trace_header;  // of X-Ray: goes on to whoever is called elsewhere
  // True when a service of ours makes the call on someone's behalf.
  bool internal = false;

  // CloudFormation makes it for a stack: it alone may set tags whose keys begin with "aws:".
  bool for_stack() const { return internal && user_agent == "cloudformation.amazonaws.com"; }
  // "arn:aws:sns:us-east-1:000000000000:" + resource, for this call's service, region and account.
  std::string arn(std::string_view resource) const;
};

// One right that a call must have: an action on resources, under a context.
struct Need {
  std::string action;                  // "sns:Publish"
  std::vector<std::string> resources;  // ARNs; "*" where the action has none. All must be allowed.
  // Condition keys beyond those that every request has: {"iam:PassedToService": "states.amazonaws.com"}.
  std::vector<json::Member> context;
  // The resource's own policy (a topic's, a queue's, a role's trust policy), null when it has none.
  json::Value resource_policy;
};

using Reply = Function<void(Result<json::Value>)>;

struct Operation {
  // Runs the operation: replies exactly once, at once or later, on the loop's thread.
  std::function<void(const Call&, Reply)> handle;
  // The rights it takes. Left empty: the action of its own name on "*". An empty list: no right at all
  // (sts:GetCallerIdentity). It runs before the parameters are checked, so it takes them as they come.
  std::function<std::vector<Need>(const Call&)> needs;
};

// Makes an operation of a function that answers at once.
Operation immediate(std::function<Result<json::Value>(const Call&)> answer,
                    std::function<std::vector<Need>(const Call&)> needs = nullptr);

// Decides whether a caller may; implemented by services/iam over policy/evaluate.h.
class Authoriser {
 public:
  virtual ~Authoriser() = default;
  // The Error's message is AWS's ("User: ... is not authorized to perform: ..."); its code is left to the
  // registry, which knows how the service words it. In the modes off and audit nothing is refused.
  virtual Status authorise(const Call& call, const Need& need) = 0;
};

}  // namespace protocol
