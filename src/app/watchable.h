#pragma once
// What can be watched by push, by the names that /_gantry/api/changes knows (docs/api.md): "tasks", "task:ID",
// "executions:ARN". A name says which changes are meant and which right it takes to hear of them: that of the operation
// that shows the thing itself.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace app {

struct Watchable {
  std::string name;
  std::vector<std::string> keys;  // of store::Changes
  std::string_view service, action;
  std::string resource;
  bool elsewhere = false;  // nothing that happens to it is heard of here
};

// In that account and region; of a name with an ARN of another account, or that is none, an error.
Result<Watchable> watchable(std::string_view name, std::string_view account, std::string_view region);

}  // namespace app
