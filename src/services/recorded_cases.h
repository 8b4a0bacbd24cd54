#pragma once
// For tests: runs what AWS was recorded to answer (shared/conformance/recorded) against services
// that hang on a registry, without HTTP.
//
//   for (const json::Value& one : recorded::load("sns")) {
//     recorded::World world{.registry = registry, .loop = loop};     // a fresh one for each case
//     const recorded::Outcome outcome = recorded::run_case(world, one);
//     EXPECT_TRUE(outcome.passed()) << outcome.text();
//   }
//
// The recording's README tells how its values were normalised. Here every <placeholder> matches any
// text, the same numbered one (<resource:1>) the same text everywhere in a case. A result is
// compared whole: a member too many is a mismatch too. Expected values that no call is matched with
// are not looked at.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"
#include "base/loop.h"
#include "language/json/parse.h"
#include "protocol/codec/errors.h"
#include "protocol/conformance_data.h"
#include "protocol/registry.h"
#include "services/recorded_times.h"

namespace recorded {

struct World {
  protocol::Registry& registry;
  ManualLoop& loop;
  std::string account = "000000000000";
  std::string region = "us-east-1";
  // Who signs with this key. Left empty: a key of 12 digits is the root of that account.
  std::function<std::optional<protocol::Principal>(std::string_view access_key)> principal_of =
      nullptr;
  // Who makes a call without an `account` of its own; the root of `account` when left empty.
  std::optional<protocol::Principal> caller = std::nullopt;
};

struct Outcome {
  std::string id;
  std::vector<std::string> mismatches;
  // The service or operation at which the case had to stop since the registry has none:
  // "lambda:Invoke".
  std::string unsupported;
  int compared = 0;  // results that were compared

  bool passed() const { return mismatches.empty() && unsupported.empty(); }
  std::string text() const {
    std::string out = id;
    if (!unsupported.empty()) out += "\n  stopped at " + unsupported;
    for (const std::string& mismatch : mismatches) out += "\n  " + mismatch;
    return out;
  }
};

// The cases of a folder ("sns"), in the order of its index; none when the recordings are not there.
inline std::vector<json::Value> load(const std::string& service) {
  std::vector<json::Value> cases;
  const auto shared = protocol::shared_folder();
  if (!shared) return cases;
  const auto folder = *shared / "conformance" / "recorded" / service;
  const auto read = [](const std::filesystem::path& file) {
    std::ifstream in(file);
    return json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
  };
  const auto index = read(folder / "index.json");
  if (!index) return cases;
  for (const json::Value& entry : (*index)["cases"].items()) {
    if (auto one = read(folder / entry.text("file"))) cases.push_back(*std::move(one));
  }
  return cases;
}

namespace detail {

inline std::string signing_name(std::string_view boto_name) {
  if (boto_name == "stepfunctions") return "states";
  if (boto_name == "cloudwatch") return "monitoring";
  return std::string(boto_name);
}

// A text that is a JSON object, also percent-encoded as IAM does, as the object that it is.
inline std::optional<json::Value> object_in(std::string_view text) {
  std::optional<std::string> decoded;
  if (text.starts_with("%7B")) decoded = percent_decode(text);
  if (decoded) text = *decoded;
  if (!text.starts_with("{")) return std::nullopt;
  auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return *std::move(parsed);
}

// "a.b[2].c#d" in a value; `#` and any text that must be entered are JSON texts.
inline std::optional<json::Value> at_path(json::Value value, std::string_view path) {
  while (!path.empty()) {
    if (value.is_string()) {
      auto inside = json::parse(value.as_string());
      if (auto object = object_in(value.as_string()))
        value = *std::move(object);
      else if (inside)
        value = *std::move(inside);
    }
    if (path.front() == '.' || path.front() == '#') {
      path.remove_prefix(1);
    } else if (path.front() == '[') {
      const size_t index = std::strtoul(std::string(path.substr(1)).c_str(), nullptr, 10);
      if (!value.is_array() || index >= value.size()) return std::nullopt;
      value = json::Value(value[index]);
      path.remove_prefix(std::min(path.find(']') + 1, path.size()));
    } else {
      // The longest member name that fits, since names may hold dots themselves.
      const size_t limit = std::min(path.find_first_of("[#"), path.size());
      std::string_view name = path.substr(0, limit);
      while (!value.find(name)) {
        const size_t dot = name.rfind('.');
        if (dot == name.npos) return std::nullopt;
        name = name.substr(0, dot);
      }
      path.remove_prefix(name.size());
      value = json::Value(value[name]);
    }
  }
  return value;
}

class Run {
 public:
  Run(World& world, const json::Value& one) : world_(world), case_(one) {
    outcome_.id = one.text("id");
    bound_["<region>"] = world.region, bound_["<partition>"] = "aws";
    for (const json::Value& replacement : one["replacements"].items()) {
      const std::string_view kind = replacement.text("kind"), by = replacement.text("by");
      if (kind == "SortingTransformer") {
        for (const json::Member& member : replacement.members()) {
          if (member.name != "kind" && member.value.is_string())
            unordered_.insert(std::string(member.value.as_string()));
        }
      } else if (by.starts_with("<")) {
        if (kind == "regex") hints_.emplace(by, replacement.text("pattern"));
      } else if (kind == "key" && replacement["everywhere"] == json::Value(false)) {
        constant_members_.emplace(replacement.text("key"), by);
      } else if (kind == "regex") {
        words_.emplace_back(replacement.text("pattern"), by);
      }
    }
  }

  Outcome run() {
    for (const json::Value& call : case_["calls"].items()) {
      if (!make(call)) break;
    }
    return std::move(outcome_);
  }

 private:
  // A call's parameter, with the recording's own notations resolved.
  json::Value resolve(const json::Value& value) {
    if (value.is_string()) return resolve_text(value.as_string());
    if (value.is_array()) {
      std::vector<json::Value> items;
      for (const json::Value& item : value.items()) items.push_back(resolve(item));
      return json::Value::array(std::move(items));
    }
    if (!value.is_object()) return value;
    if (const json::Value* text = value.find("$json"); text && value.size() == 1)
      return json::write(resolve(*text));
    if (const json::Value* blob = value.find("$base64"); blob && value.size() == 1) return *blob;
    if (const json::Value* unit = value.find("$repeat"); unit && unit->is_string()) {
      std::string out;
      const auto length = static_cast<size_t>(value["length"].as_int64().value_or(0));
      while (out.size() < length && !unit->as_string().empty()) out += unit->as_string();
      return out.substr(0, length);
    }
    std::vector<json::Member> members;
    for (const json::Member& member : value.members()) {
      const json::Value name = resolve_text(member.name);
      members.push_back(
          {name.is_string() ? json::Name(name.as_string()) : member.name, resolve(member.value)});
    }
    return json::Value::object(std::move(members));
  }

  json::Value resolve_text(std::string_view text) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
      const size_t open = text.find("{{", at),
                   close = open == text.npos ? open : text.find("}}", open);
      if (close == text.npos) {
        out.append(text.substr(at));
        break;
      }
      out.append(text.substr(at, open - at));
      const std::string_view name = text.substr(open + 2, close - open - 2);
      const std::optional<json::Value> value = reference(name);
      if (value && open == 0 && close + 2 == text.size()) return *value;
      if (value)
        out.append(value->is_string() ? std::string(value->as_string()) : json::write(*value));
      else
        out.append(text.substr(open, close + 2 - open));
      at = close + 2;
    }
    return out;
  }

  std::optional<json::Value> reference(std::string_view name) {
    if (name == "account") return json::Value(world_.account);
    if (name == "region") return json::Value(world_.region);
    if (name == "endpoint") return json::Value(kEndpoint);
    if (name == "endpoint-host") return json::Value("127.0.0.1:4566");
    if (name.starts_with("role:"))
      return json::Value(
          fmt::format("arn:aws:iam::{}:role/role-{}", world_.account, name.substr(5)));
    if (name.starts_with("lambda:")) {
      return json::Value(fmt::format("arn:aws:lambda:{}:{}:function:lambda-{}", world_.region,
                                     world_.account, name.substr(7)));
    }
    const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    if (digits == 0 || digits > 6) return std::nullopt;
    const auto answer = answers_.find(std::stoi(std::string(name.substr(0, digits))));
    if (answer == answers_.end()) return std::nullopt;
    return at_path(answer->second, name.substr(digits));
  }

  protocol::Principal caller_of(const json::Value& call) {
    const json::Value key = resolve(call["account"]);
    if (!key.is_string()) return world_.caller.value_or(protocol::Principal::root(world_.account));
    if (world_.principal_of) {
      if (auto principal = world_.principal_of(key.as_string())) return *std::move(principal);
    }
    return protocol::Principal::root(std::string(key.as_string()));
  }

  // The answer that a client would see, or nothing when there was none within minutes.
  std::optional<Result<json::Value>> answer_to(const json::Value& call,
                                               const std::string& service) {
    const json::Value region = resolve(call["region"]);
    protocol::Call made = world_.registry.internal(
        caller_of(call), region.is_string() ? region.as_string() : world_.region, service,
        call.text("operation"), resolve(call["params"]));
    made.params = with_times(service, call.text("operation"), made.params);
    made.internal = false;
    made.endpoint = kEndpoint, made.source_ip = "127.0.0.1";
    auto answer = std::make_shared<std::optional<Result<json::Value>>>();
    world_.registry.call(made,
                         [answer](Result<json::Value> result) { *answer = std::move(result); });
    world_.loop.run_ready();
    for (int second = 0; !*answer && second < 180; ++second) world_.loop.run_for(1000);
    return *answer;
  }

  // Makes one call and compares its answer; false when the case cannot go on.
  bool make(const json::Value& call) {
    const std::string service = signing_name(call.text("service"));
    const std::string name = fmt::format("{}:{}", call.text("service"), call.text("operation"));
    if (!world_.registry.has(service, call.text("operation"))) {
      outcome_.unsupported = name;
      return false;
    }
    const std::string step = fmt::format("call {} {}", call["n"].as_int64().value_or(0), name);
    const int attempts = call["polled"] == json::Value(true) ? 120 : 1;
    for (int attempt = 1;; ++attempt) {
      const auto answer = answer_to(call, service);
      if (!answer) {
        outcome_.mismatches.push_back(step + ": no answer");
        return false;
      }
      const bool waits = attempt < attempts && *answer && pending(**answer);
      const auto bound = bound_;
      std::vector<std::string> mismatches;
      if (!waits) mismatches = judge(call, service, step, *answer);
      if (attempt == attempts || (!waits && mismatches.empty())) {
        std::ranges::move(mismatches, std::back_inserter(outcome_.mismatches));
        return true;
      }
      bound_ = bound;
      world_.loop.run_for(1000);
    }
  }

  // Whether an answer tells of something under way, which a polling client waits for.
  static bool pending(const json::Value& value) {
    static const std::set<std::string_view> kUnderWay = {"RUNNING",   "PENDING",  "CREATING",
                                                         "DELETING",  "UPDATING", "STARTING",
                                                         "Scheduled", "Running",  "CREATE_PENDING"};
    if (value.is_array()) return std::ranges::any_of(value.items(), pending);
    return std::ranges::any_of(
        value.is_object() ? value.members() : std::span<const json::Member>(),
        [](const json::Member& member) {
          if (!member.value.is_string()) return pending(member.value);
          const std::string_view text = member.value.as_string();
          const bool status =
              member.name.ends_with("Status") || member.name == "status" || member.name == "State";
          return status && (kUnderWay.contains(text) || text.ends_with("_IN_PROGRESS"));
        });
  }

  std::vector<std::string> judge(const json::Value& call, const std::string& service,
                                 const std::string& step, const Result<json::Value>& answer) {
    mismatches_.clear();
    const bool expects_error = call["expects_error"] == json::Value(true);
    if (answer && expects_error) mismatches_.push_back(step + ": an error was expected");
    if (!answer && !expects_error && call["matched"].size() > 0) {
      mismatches_.push_back(
          fmt::format("{}: {} {}", step, answer.error().code, answer.error().message));
    }
    if (answer) answers_[static_cast<int>(call["n"].as_int64().value_or(0))] = *answer;
    if (mismatches_.empty()) {
      for (const json::Value& key :
           call["matched"].is_array() ? call["matched"].items() : std::span<const json::Value>()) {
        const json::Value* expected = case_["expected"].find(key.as_string());
        if (!expected) continue;
        ++outcome_.compared;
        const json::Value seen = answer ? whole(*answer, service, call)
                                        : error_answer(answer.error(), service, call, *expected);
        compare(seen, *expected, fmt::format("{} [{}]", step, key.as_string()));
      }
    }
    return std::move(mismatches_);
  }

  static json::Value metadata(int status) {
    return json::object({{"HTTPHeaders", json::Value::object()}, {"HTTPStatusCode", status}});
  }

  static json::Value whole(const json::Value& result, const std::string& service,
                           const json::Value& call) {
    const model::Service* model = model::find(service);
    const model::Operation* operation = model ? model->find(call.text("operation")) : nullptr;
    const json::Value members = result.is_object() ? result : json::Value::object();
    return members.with("ResponseMetadata", metadata(operation ? operation->status : 200));
  }

  // An error as boto3's ClientError.response shows it.
  static json::Value error_answer(const Error& error, const std::string& service,
                                  const json::Value& call, const json::Value& expected) {
    const model::Service* model = model::find(service);
    codec::Dialect dialect{.service = model};
    const std::string_view protocol = call.text("protocol");
    const bool query_compatible = expected["Error"].find("QueryErrorCode");
    if (protocol == "query" || (expected["Error"].find("Type") && !query_compatible))
      dialect.protocol = model::Protocol::query;
    const codec::WireError wire = codec::wire_error(dialect, error);
    json::ObjectBuilder shown;
    const bool query = dialect.protocol == model::Protocol::query;
    shown.add("Code", query || query_compatible ? wire.code : wire.name);
    if (!error.message.empty() || !query) shown.add("Message", error.message);
    if (query_compatible) shown.add("QueryErrorCode", wire.name);
    if (query || query_compatible) shown.add("Type", wire.sender ? "Sender" : "Receiver");
    json::ObjectBuilder out;
    out.add("Error", shown.build());
    for (const auto& [name, text] : error.members) out.set(name, text);
    return out.add("ResponseMetadata", metadata(wire.status)).build();
  }

  // Of an error some members depend on the client's library alone.
  static bool ignored(std::string_view path, std::string_view name) {
    if (name == "HTTPHeaders" || name.starts_with("_")) return true;
    return (name == "message" && path.ends_with("]")) ||
           (name == "Detail" && path.ends_with(".Error"));
  }

  void compare(const json::Value& actual, const json::Value& expected, const std::string& path) {
    if (expected.is_object()) {
      if (actual.is_string()) {
        if (const auto object = object_in(actual.as_string()))
          return compare_members(*object, expected, path);
      }
      if (actual.is_object()) return compare_members(actual, expected, path);
    } else if (expected.is_array() && actual.is_array()) {
      return compare_items(actual, expected, path);
    } else if (expected.is_string()) {
      if (text_matches(actual, expected.as_string())) return;
    } else if (actual == expected) {
      return;
    }
    mismatches_.push_back(fmt::format("{}: expected {} but got {}", path, json::write(expected),
                                      json::write(actual)));
  }

  void compare_members(const json::Value& actual, const json::Value& expected,
                       const std::string& path) {
    std::set<std::string_view> seen;
    for (const json::Member& member : expected.members()) {
      if (ignored(path, member.name)) continue;
      const json::Member* found = nullptr;
      for (const json::Member& candidate : actual.members()) {
        if (candidate.value.is_null() && !member.value.is_null()) continue;
        if (candidate.name == member.name) found = &candidate;
      }
      for (const json::Member& candidate : actual.members()) {
        if (!found && !seen.contains(candidate.name) && member.name.view().contains('<') &&
            matches(member.name, candidate.name))
          found = &candidate;
      }
      const std::string at = path + "." + member.name;
      if (!found) {
        mismatches_.push_back(
            fmt::format("{}: missing, expected {}", at, json::write(member.value)));
        continue;
      }
      seen.insert(found->name);
      const auto constant = constant_members_.find(member.name);
      if (constant != constant_members_.end() && member.value == json::Value(constant->second))
        continue;
      if (member.name.view().contains("imestamp") && member.value == json::Value("timestamp")) continue;
      compare(found->value, member.value, at);
    }
    for (const json::Member& member : actual.members()) {
      if (seen.contains(member.name) || member.value.is_null() || ignored(path, member.name))
        continue;
      mismatches_.push_back(
          fmt::format("{}.{}: not expected, but {}", path, member.name, json::write(member.value)));
    }
  }

  void compare_items(const json::Value& actual, const json::Value& expected,
                     const std::string& path) {
    if (actual.size() != expected.size()) {
      mismatches_.push_back(fmt::format("{}: expected {} but got {}", path, json::write(expected),
                                        json::write(actual)));
      return;
    }
    const bool any_order = unordered_.contains(path.substr(path.rfind('.') + 1));
    std::vector<bool> used(actual.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      if (!any_order) {
        compare(actual[i], expected[i], fmt::format("{}[{}]", path, i));
        continue;
      }
      bool found = false;
      for (size_t j = 0; j < actual.size() && !found; ++j) {
        if (used[j]) continue;
        const auto bound = bound_;
        const size_t mismatches = mismatches_.size();
        compare(actual[j], expected[i], path);
        found = mismatches_.size() == mismatches;
        if (found)
          used[j] = true;
        else
          mismatches_.resize(mismatches), bound_ = bound;
      }
      if (!found)
        mismatches_.push_back(
            fmt::format("{}[{}]: nothing matches {}", path, i, json::write(expected[i])));
    }
  }

  bool text_matches(const json::Value& actual, std::string_view expected) {
    static const std::set<std::string_view> kTimes = {"datetime", "timestamp", "date",
                                                      "<datetime>"};
    if (!actual.is_string()) {
      if (!actual.is_number()) return false;
      return kTimes.contains(expected) || (expected.starts_with("<") && expected.ends_with(">"));
    }
    std::string text(actual.as_string());
    if (kTimes.contains(expected) && looks_like_time(text)) return true;
    for (const auto& [word, by] : words_) {
      const json::Value literal = resolve_text(word);
      if (!literal.is_string() || literal.as_string().empty()) continue;
      for (size_t at = 0; (at = text.find(literal.as_string(), at)) != text.npos; at += by.size()) {
        text.replace(at, literal.as_string().size(), by);
      }
    }
    std::string wanted(expected);
    for (size_t at = 0; (at = wanted.find("111111111111", at)) != wanted.npos;
         at += world_.account.size()) {
      wanted.replace(at, 12, world_.account);
    }
    if (matches(wanted, text)) return true;
    static const std::regex kTime(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d))");
    return wanted.contains("date") && matches(wanted, std::regex_replace(text, kTime, "date"));
  }

  static bool looks_like_time(std::string_view text) {
    return text.size() >= 10 && text.find_first_not_of("0123456789-:.TZ+") == text.npos;
  }

  // The length of the placeholder that `text` starts with ("<resource:1>", "<<next-token>:1>"), or
  // 0.
  static size_t placeholder(std::string_view text) {
    int depth = 0;
    for (size_t i = 0; i < text.size() && i < 120; ++i) {
      const char c = text[i];
      if (c == '<')
        ++depth;
      else if (c == '>' && --depth == 0)
        return i > 1 ? i + 1 : 0;
      else if (c != '>' && !std::isalnum(static_cast<unsigned char>(c)) &&
               !std::string_view("_:.-").contains(c))
        return 0;
    }
    return 0;
  }

  bool matches(std::string_view pattern, std::string_view text) {
    size_t length = 0;
    while (!pattern.empty() && (pattern.front() != '<' || (length = placeholder(pattern)) == 0)) {
      if (text.empty() || text.front() != pattern.front()) return false;
      pattern.remove_prefix(1), text.remove_prefix(1);
    }
    if (pattern.empty()) return text.empty();
    const std::string name(pattern.substr(0, length));
    const std::string_view rest = pattern.substr(length);
    if (const auto it = bound_.find(name); it != bound_.end()) {
      return text.starts_with(it->second) && matches(rest, text.substr(it->second.size()));
    }
    const size_t colon = name.rfind(':');
    const bool numbered =
        colon != name.npos && name.find_first_not_of("0123456789", colon + 1) == name.size() - 1;
    // What the recording replaced by this placeholder, when it stands here.
    if (const auto hint = hints_.find(name); hint != hints_.end()) {
      const json::Value literal = resolve_text(hint->second);
      if (literal.is_string() && text.starts_with(literal.as_string()) &&
          matches(rest, text.substr(literal.as_string().size())))
        return true;
    }
    for (size_t take = rest.empty() ? text.size() : 0; take <= text.size(); ++take) {
      if (numbered) bound_[name] = text.substr(0, take);
      if (matches(rest, text.substr(take))) return true;
      bound_.erase(name);
    }
    return false;
  }

  static constexpr std::string_view kEndpoint = "http://127.0.0.1:4566";

  World& world_;
  const json::Value& case_;
  Outcome outcome_;
  std::vector<std::string> mismatches_;
  std::map<int, json::Value> answers_;
  std::map<std::string, std::string> bound_;      // what a placeholder stands for
  std::map<std::string, std::string> hints_;      // what the recording replaced by a placeholder
  std::set<std::string, std::less<>> unordered_;  // members whose items come in any order
  std::map<std::string, std::string, std::less<>>
      constant_members_;                                    // members that the recording blanked
  std::vector<std::pair<std::string, std::string>> words_;  // texts that the recording replaced
};

}  // namespace detail

// Runs one case from its first call to its last.
inline Outcome run_case(World& world, const json::Value& one) {
  return detail::Run(world, one).run();
}

// The same for a world without settings of its own.
inline Outcome run_case(protocol::Registry& registry, ManualLoop& loop, const json::Value& one) {
  World world{.registry = registry, .loop = loop};
  return run_case(world, one);
}

// How the service's answers differ from AWS's, where it is known and why: known_differences.json beside the
// service's tests, {"case id": "reason"}.
inline std::map<std::string, std::string> known_differences(const std::string& service) {
  std::map<std::string, std::string> known;
  for (auto at = std::filesystem::current_path(); at.has_relative_path(); at = at.parent_path()) {
    std::ifstream in(at / "src/services" / service / "known_differences.json");
    if (!in) continue;
    const auto parsed = json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    CHECK(parsed && parsed->is_object(), "known_differences.json is an object");
    for (const auto& [id, reason] : parsed->members()) known.emplace(id, reason.as_string());
    break;
  }
  return known;
}

// Gathers the outcomes of a service's cases; tells what differs that is not known, and what is known and agrees.
class Report {
 public:
  explicit Report(const std::string& service) : known_(known_differences(service)) {}

  void add(const Outcome& outcome) {
    const auto it = known_.find(outcome.id);
    if (it == known_.end()) {
      if (!outcome.passed()) news_.push_back(outcome.text());
      return;
    }
    if (outcome.passed()) news_.push_back(outcome.id + ": agrees by now, take it from known_differences.json");
  }
  const std::vector<std::string>& news() const { return news_; }

 private:
  std::map<std::string, std::string> known_;
  std::vector<std::string> news_;
};

}  // namespace recorded
