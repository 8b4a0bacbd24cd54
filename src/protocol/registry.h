#pragma once
// The one registry of operations: see operation.h.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/loop.h"
#include "base/random.h"
#include "protocol/operation.h"
#include "protocol/throttle.h"

namespace protocol {

// Checks parameters against a service's model; made by models/validate.h. Null: not checked.
using Validator = std::function<Status(const Call&)>;

// Whether an operation of that name only looks: what does not is refused while there is no room for it.
bool only_looks(std::string_view operation);
// Whether one of that name ends, takes away or hands out what there is, so that less of it is kept behind it.
bool makes_room(std::string_view operation);
// What there is none of for the moment, so that nothing new may be made: the disk takes nothing, the memory is used up.
enum class Lack : uint8_t { none, disk, memory };
// The refusal of a call that there is no room for: SDKs try again. It tells nothing, so it need not wait for the device.
Error no_room(Lack lack);
bool is_no_room(const Error& error);

class Registry {
 public:
  Registry(Loop& loop, Random& random);

  // `service` is the signing name. An operation may be added once.
  void add(std::string_view service, std::string_view operation, Operation what);
  bool has_service(std::string_view service) const;
  bool has(std::string_view service, std::string_view operation) const;
  // Whether calls of it are answered, here or upstream.
  bool reaches(std::string_view service, std::string_view operation) const;

  void set_authoriser(Authoriser* authoriser) { authoriser_ = authoriser; }
  void set_validator(Validator validator) { validator_ = std::move(validator); }
  // From now on requests beyond AWS's quotas are refused (--quotas aws).
  void keep_quotas() { throttle_.emplace(); }
  // Whether calls of it are answered upstream.
  bool lives_elsewhere(std::string_view service, std::string_view operation) const { return upstream_has_ && upstream_has_(service, operation); }

  // Takes the calls of services that are configured to live elsewhere (--upstream). Returns false for a
  // service that it does not have either.
  using Upstream = std::function<bool(const Call&, Reply&)>;
  void set_upstream(Upstream upstream) { upstream_ = std::move(upstream); }
  // Whether that one would take an operation's calls.
  using UpstreamHas = std::function<bool(std::string_view service, std::string_view operation)>;
  void set_upstream_has(UpstreamHas has) { upstream_has_ = std::move(has); }

  // Asked before a client's call that does not only look. On a disk that takes nothing nothing can be taken away either.
  void set_room(std::function<Lack()> room) { room_ = std::move(room); }

  // A call that the wire has decoded and authenticated, or that internal() made: authorise, count, validate, run.
  void call(const Call& call, Reply reply);

  // Only whether the caller may make the call; an operation that there is not may be called by anyone.
  Status allowed(const Call& call);

  // A call of one service of ours by another, as `caller`.
  Call internal(Principal caller, std::string_view region, std::string_view service,
                std::string_view operation, json::Value params);

  // Passes iff every need is met; for operations that find out later what they touch.
  Status authorise(const Call& call, const Need& need);

 private:
  const Operation* find(std::string_view service, std::string_view operation) const;
  Status authorise(const Call& call, const Operation& operation);
  // The one place that says whether a client's call may be made now.
  Status room_for(const Call& call) const;

  Loop& loop_;
  Random& random_;
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <typename T>
  using ByName = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
  ByName<ByName<Operation>> services_;
  Authoriser* authoriser_ = nullptr;
  Validator validator_;
  std::optional<Throttle> throttle_;
  Upstream upstream_;
  UpstreamHas upstream_has_;
  std::function<Lack()> room_;
};

}  // namespace protocol
