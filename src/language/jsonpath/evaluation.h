#pragma once
// One run of a path over a document. Internal.
#include <string>
#include <utility>
#include <vector>

#include "language/jsonpath/code.h"

namespace jsonpath {

// What can go wrong, as Jayway's exceptions: a filter swallows the first two, an array step the last.
enum class Trouble : uint8_t { none, not_found, invalid, function, overrun };

// Shared by a run and the runs inside its filters and arguments.
struct Run {
  explicit Run(const json::Value& document) : root(document) {}

  bool stop(Trouble kind, std::string text) {
    trouble = kind;
    message = std::move(text);
    return false;
  }
  // Counts a visit; false when there were too many.
  bool spend() {
    if (++visits <= kVisitsMax) return true;
    return stop(Trouble::function, "The path takes too many steps to evaluate");
  }

  static constexpr size_t kVisitsMax = 4'000'000;
  static constexpr int kDepthMax = 4'000;

  const json::Value& root;
  size_t visits = 0;
  int depth = 0;  // of recursion
  Trouble trouble = Trouble::none;
  std::string message;
  bool past_end = false;
  // What `$` paths inside filters have led to; Trouble::not_found with null for those that led nowhere.
  struct Cached {
    const Path::Code* path;
    Trouble trouble;
    json::Value value;
  };
  std::vector<Cached> cache;
};

// The node of a simple path, or nullptr.
const json::Value* look_up(const Path::Code& code, const json::Value& start);

class Evaluation {
 public:
  // `require`: a missing property is an error everywhere, as in a filter that asks whether a path exists.
  Evaluation(const Path::Code& code, Run& run, bool require = false) : code_(code), run_(run), require_(require) {}

  // The path's value from `start`; false when the run has trouble.
  bool evaluate(const json::Value& start, json::Value& out);

 private:
  bool walk(size_t step, const json::Value& model);
  bool chain(size_t step, const json::Value* model, int& entered);
  bool enter(size_t step, const json::Value& element);
  bool check_array(size_t step, const json::Value& model, bool& go_on);
  bool missing_object(size_t step, const json::Value& model);
  const json::Value* find(size_t step, const json::Value& object);
  bool properties(size_t step, const json::Value& model);
  bool indexes(size_t step, const json::Value& model);
  bool slice(size_t step, const json::Value& model);
  bool wildcard(size_t step, const json::Value& model);
  bool filter(size_t step, const json::Value& model);
  bool scan(size_t target, const json::Value& model);
  bool scan_matches(size_t target, const json::Value& model, bool& matches);
  bool accept(const Step& step, const json::Value& item, bool& accepted);
  bool call(const Step& step, const json::Value& model, json::Value& out);
  bool leaf(size_t step) const { return step + 1 == code_.steps.size(); }
  bool hidden_by_scan(size_t step) const;
  std::string canonical(size_t count) const { return code_.canonical(count, false); }

  const Path::Code& code_;
  Run& run_;
  const bool require_;
  std::vector<json::Value> results_;
  int entered_ = 0;  // array elements that the walk has stepped into
  // Jayway marks the last step with the element from which a deep scan last came to it.
  int scanned_element_ = -1;
  // Where the last object had the property of each step: its siblings mostly have it there too.
  static constexpr size_t kHinted = 16;
  uint32_t hints_[kHinted] = {};
};

// Whether `item` fulfils the condition. False when the run has trouble; Trouble::invalid then means
// that Jayway takes the item for refused.
bool fulfils(const Condition& condition, const json::Value& item, Run& run, bool& out);

// Calls length(), sum() ...; false when the run has trouble.
bool call_function(const Step& step, const json::Value& model, Run& run, json::Value& out);

}  // namespace jsonpath
